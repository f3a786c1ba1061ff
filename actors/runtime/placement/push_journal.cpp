#include "actors/runtime/placement/push_journal.hpp"

#include "actors/runtime/placement/envelopes.hpp"
#include "protocols/core/planted.hpp"

#include <algorithm>

namespace nova::runtime {

namespace {

constexpr std::size_t bytes_of_a_list = 64;  ///< kept with a push; the accounts are shared

}  // namespace

bool takes_lists(const std::vector<link::member_view>& all, link::peer_number gateway,
                 const link::Interest& told) {
  const auto m = std::ranges::find(all, gateway, &link::member_view::peer);
  return told.takes_lists() || (m != all.end() && m->has(link::capability::lists));
}

push_journal::push_journal(services& s, limits l, send_fn send)
    : services_(s), limits_(l), send_(std::move(send)) {}

void push_journal::trim(gateway& g, steady_time now) const {
  while (!g.pushes.empty() &&
         (g.bytes > limits_.bytes || now - g.pushes.front().at > limits_.kept)) {
    g.bytes -= g.pushes.front().bytes;
    g.pushes.pop_front();
  }
}

void push_journal::push(link::peer_number to, link::Push p, std::vector<account_list> lists) {
  const auto now = services_.now();
  std::lock_guard lock(mutex_);
  auto& g = gateways_[to];
  kept k{++g.last, now, 0, std::move(p), std::move(lists)};
  k.bytes = k.push.ByteSizeLong() + k.lists.size() * bytes_of_a_list;
  // Not taken by a full link: its end is near, and then it is sent again.
  if (g.linked && !send(to, g, k)) g.linked = false;
  g.bytes += k.bytes;
  g.pushes.push_back(std::move(k));
  trim(g, now);
}

bool push_journal::send(link::peer_number to, gateway& g, const kept& k) {
  link::Envelope e;
  auto& p = *e.mutable_push();
  p = k.push;
  p.set_number(k.number);
  if (g.takes_lists) {
    name_lists(g, k, p);
  } else {
    for (const auto& list : k.lists)
      for (const auto& account : *list.accounts) append_id(*p.mutable_accounts(), account);
  }
  return send_(to, e);
}

/// Lists that the gateway does not know are told with the push.
void push_journal::name_lists(gateway& g, const kept& k, link::Push& out) const {
  for (const auto& list : k.lists) {
    auto [at, fresh] = g.told.try_emplace(list.accounts);
    auto& t = at->second;
    if (fresh) {
      t.list = list;
      t.number = ++g.last_list;
      g.told_accounts += list.accounts->size();
      auto& told = *out.add_told();
      told.set_number(t.number);
      told.set_of_set(list.of_set);
      for (const auto& account : *list.accounts) append_id(*told.mutable_accounts(), account);
    }
    t.used = k.number;
    out.add_lists(t.number);
  }
  if (g.told_accounts > limits_.listed_accounts) drop_lists(g, out);
}

/// The gateway forgets the lists that were not used for longest, so many that this is not done often.
void push_journal::drop_lists(gateway& g, link::Push& out) const {
  std::vector<std::pair<std::uint64_t, const void*>> by_use;
  by_use.reserve(g.told.size());
  for (const auto& [key, t] : g.told) by_use.emplace_back(t.used, key);
  std::ranges::sort(by_use);
  for (const auto& [used, key] : by_use) {
    if (g.told_accounts <= limits_.listed_accounts / 2) return;
    const auto at = g.told.find(key);
    out.add_dropped(at->second.number);
    g.told_accounts -= at->second.list.accounts->size();
    g.told.erase(at);
  }
}

bool push_journal::up(link::peer_number to, std::uint64_t last, bool lists) {
  std::lock_guard lock(mutex_);
  auto& g = gateways_[to];
  trim(g, services_.now());
  g.linked = true;
  g.takes_lists = lists;
  // It was forgotten here. It drops numbers that it has had, so these go on behind them. One is left out for what it has missed: should
  // the link break before the gateway hears of that, the next link tells it again.
  if (last > g.last) {
    for (auto& k : g.pushes) k.number += last + 1;
    g.last += last + 1;
  }
  const auto first = g.pushes.empty() ? g.last + 1 : g.pushes.front().number;
  for (const auto& k : g.pushes)
    if (k.number > last && !planted(planted_fault::relink_loses_push))
      g.linked = send(to, g, k) && g.linked;
  return last + 1 >= first && g.linked;
}

void push_journal::down(link::peer_number from) {
  std::lock_guard lock(mutex_);
  const auto i = gateways_.find(from);
  if (i == gateways_.end()) return;
  auto& g = i->second;
  g.linked = false;
  g.gone = services_.now();
  g.told.clear();
  g.told_accounts = 0;
}

bool push_journal::behind(link::peer_number to) const {
  std::lock_guard lock(mutex_);
  const auto i = gateways_.find(to);
  return i != gateways_.end() && !i->second.linked && !i->second.pushes.empty();
}

/// Their place is a number that no push has, with none before it.
void push_journal::lose() {
  std::lock_guard lock(mutex_);
  for (auto& [to, g] : gateways_) {
    g.pushes.clear();
    g.bytes = 0;
    ++g.last;
  }
}

std::vector<link::peer_number> push_journal::forget_gone() {
  std::vector<link::peer_number> gone;
  const auto now = services_.now();
  std::lock_guard lock(mutex_);
  for (auto i = gateways_.begin(); i != gateways_.end();) {
    const auto& g = i->second;
    const bool over = !g.linked && g.gone != steady_time{} && now - g.gone > limits_.kept;
    if (over) gone.push_back(i->first);
    i = over ? gateways_.erase(i) : std::next(i);
  }
  return gone;
}

}  // namespace nova::runtime
