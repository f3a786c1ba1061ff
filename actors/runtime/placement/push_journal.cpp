#include "actors/runtime/placement/push_journal.hpp"

#include "protocols/core/planted.hpp"

namespace nova::runtime {

push_journal::push_journal(services& s, limits l, send_fn send)
    : services_(s), limits_(l), send_(std::move(send)) {}

void push_journal::trim(gateway& g, steady_time now) const {
  while (!g.pushes.empty() &&
         (g.bytes > limits_.bytes || now - g.pushes.front().at > limits_.kept)) {
    g.bytes -= g.pushes.front().bytes;
    g.pushes.pop_front();
  }
}

void push_journal::push(link::peer_number to, link::Push p) {
  const auto now = services_.now();
  std::lock_guard lock(mutex_);
  auto& g = gateways_[to];
  p.set_number(++g.last);
  kept k;
  k.number = g.last;
  k.at = now;
  *k.envelope.mutable_push() = std::move(p);
  k.bytes = k.envelope.ByteSizeLong();
  // Not taken by a full link: its end is near, and then it is sent again.
  if (g.linked && !send_(to, k.envelope)) g.linked = false;
  g.bytes += k.bytes;
  g.pushes.push_back(std::move(k));
  trim(g, now);
}

bool push_journal::up(link::peer_number to, std::uint64_t last) {
  std::lock_guard lock(mutex_);
  auto& g = gateways_[to];
  trim(g, services_.now());
  g.linked = true;
  // It was forgotten here. It drops numbers that it has had, so these go on behind them. One is left out for what it has missed: should
  // the link break before the gateway hears of that, the next link tells it again.
  if (last > g.last) {
    for (auto& k : g.pushes) k.envelope.mutable_push()->set_number(k.number += last + 1);
    g.last += last + 1;
  }
  const auto first = g.pushes.empty() ? g.last + 1 : g.pushes.front().number;
  for (const auto& k : g.pushes)
    if (k.number > last && !planted(planted_fault::relink_loses_push))
      g.linked = send_(to, k.envelope) && g.linked;
  return last + 1 >= first && g.linked;
}

void push_journal::down(link::peer_number from) {
  std::lock_guard lock(mutex_);
  const auto i = gateways_.find(from);
  if (i == gateways_.end()) return;
  i->second.linked = false;
  i->second.gone = services_.now();
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
