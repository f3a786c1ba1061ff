// Which node owns which part: who may claim, planned moves, and the balance among the nodes that are there.
#include "actors/runtime/placement/cluster_router.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "protocols/core/log.hpp"

#include <algorithm>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// A part that its best node does not take is claimed by any node with the role after so many settle times.
constexpr int patience_for_best = 2;
/// After a planned move only its receiver claims for so long.
constexpr milliseconds reserved_for{3000};
constexpr milliseconds balance_interval{1000};
/// How often owners of consumers tell how far they have read: events are kept for days.
constexpr std::uint32_t balances_a_report = 10;
/// How often the other nodes are told this one's load, if it is another one than before.
constexpr std::uint32_t balances_a_load = 2;
/// A move to where a part belongs that was taken back is tried again then: calls have waited for nothing, and may again.
constexpr std::uint32_t balances_a_try = 5;
/// The end of a move that cannot be told yet is tried again.
constexpr milliseconds retry_end{10};

std::string names_of(const std::vector<std::pair<std::string, double>>& nodes) {
  std::string out;
  for (const auto& [name, weight] : nodes) out += name + ' ' + std::to_string(weight) + ' ';
  return out;
}

/// Where the part belongs.
template <class Place, class Nodes>
std::string_view best_of(const Place& p, const Nodes& nodes) {
  return rendezvous(std::string(p.domain.name) + '/' + std::to_string(p.part), nodes);
}

}  // namespace

// A node counts from its settle time on, so that a start of the whole cluster is shared out and a flapping node moves nothing.
// Releases without weights take all nodes for equal. While one of them is among the nodes, all do: so they place alike.
std::vector<std::pair<std::string, double>> cluster_router::candidates(
    std::string_view domain) const {
  std::vector<std::pair<std::string, double>> nodes;
  if (!leaving_) nodes.emplace_back(options_.settings.node, options_.settings.weight);
  const auto now = services_.now();
  const auto all = links_->members();
  for (const auto& m : *all) {
    const bool counts = m.peer != 0 && m.linked && !m.record.leaving() &&
                        now - m.since >= milliseconds(options_.settings.settle_ms);
    if (counts && std::ranges::any_of(m.record.domains(), [&](const auto& d) {
          return d.name() == domain && d.parts() == find(domain)->parts.size();
        }))
      nodes.emplace_back(m.record.node(), m.record.weight());
  }
  if (!std::ranges::all_of(nodes, [](const auto& n) { return n.second > 0; }))
    for (auto& [node, weight] : nodes) weight = 1;
  return nodes;
}

bool cluster_router::may_claim(const domain_part& part) const {
  if (leaving_ || gives_all_) return false;
  const auto& p = place_of(part);
  if (p.owner != 0 || p.moving) return false;
  if (p.claim_now) return true;
  const auto now = services_.now();
  const milliseconds settle(options_.settings.settle_ms);
  if (now - started_ < settle || now.time_since_epoch().count() < p.reserved_ns) return false;
  if (best_of(p, candidates(p.domain.name)) == options_.settings.node) return true;
  const auto seen = steady_time(steady_time::duration(p.seen_ns.load()));
  return now - seen > settle * patience_for_best + milliseconds(options_.settings.silence_ms);
}

void cluster_router::owns(domain_part& part, std::function<void()> told) {
  links_->post([this, &part, told = std::move(told)] {
    tell_place(place_of(part), true);
    told();
  });
}

void cluster_router::served(domain_part& part, bool serving) {
  links_->post([this, &part, serving] {
    auto& p = place_of(part);
    if (!serving && p.moving) return end_move(p, services_.now() + reserved_for);
    if (serving) {
      p.opens = false;
      recount();
      owner_known();
    } else {
      tell_place(p, false);
    }
    look_for_events(p);
    if (serving && options_.owner_changed) options_.owner_changed(p.domain.name);
  });
}

/// Behind the last pushes. Of a link that has just come back these may not be sent yet; at `latest` its end is told all the same.
void cluster_router::end_move(place& p, steady_time latest) {
  if (any_gateway_behind() && services_.now() < latest)
    return services_.timers.after(retry_end, [this, &p, latest] {
      links_->post([this, &p, latest] { end_move(p, latest); });
    });
  tell_place(p, false);
  look_for_events(p);
}

/// Readers here looked for events at the part's last owner until now, or here: a next owner may have committed some meanwhile.
void cluster_router::look_for_events(const place& p) {
  for (auto s = p.part; s < p.domain.shards; s += p.domain.parts.size())
    local_.announce({p.domain.name, s});
}

bool cluster_router::any_gateway_behind() const {
  const auto all = links_->members();
  return std::ranges::any_of(*all, [this](const auto& m) {
    return m.peer != 0 && m.linked && m.record.gateway() && journal_.behind(m.peer);
  });
}

/// To all linked nodes: this node owns the part, or does so no longer.
void cluster_router::tell_place(place& p, bool serving) {
  const auto now = services_.now();
  auto e = owned(p, serving);
  auto on = link::lane::control;
  p.opens = serving;
  p.seen_ns = now.time_since_epoch().count();
  const bool moves = !serving && p.moving;
  if (moves) {
    // After the last pushes, and so on their lane.
    on = link::lane::bulk;
    e.mutable_owned()->set_next(std::exchange(p.next, {}));
    p.planned = true;
    p.reserved_ns = (now + reserved_for).time_since_epoch().count();
  }
  const bool given = serving && p.claim_now.exchange(false);
  if (given) e.mutable_owned()->set_given(true);
  const auto all = links_->members();
  for (const auto& m : *all)
    if (m.peer != 0 && m.linked) send(m.peer, e, on);
  if (moves) p.moving = false;  // told: a node that ends may close its links behind it
  if (!serving) return;
  if (p.parting != 0) parted(p, false);
  // A part that was given stays; where one that was claimed belongs is looked at.
  p.settled_for = given ? names_of(candidates(p.domain.name)) : std::string();
  const bool follows = p.here->epoch <= p.epoch + 1;
  p.epoch = std::max(p.epoch.load(), p.here->epoch.load());
  log::info("cluster.owner", {{"domain", p.domain.name}, {"part", p.part}});
  p.owner = 0;
  const bool planned = (std::exchange(p.planned, false) && follows) || given;
  if (!planned) end_pushes(p, p.last_owner.first);
  if (p.here->link.domain.pushes && !planned) resume_sockets(p.domain.name);
}

void cluster_router::owner_known() {
  calls_.owner_known();
  effects_.owner_known();
}

void cluster_router::kept(domain_part& part) {
  place_of(part).moving = false;
  links_->post([this] { calls_.owner_known(); });
  if (gives_all_) give_all();
}

void cluster_router::begin_to_give(place& p, std::string node) {
  p.next = std::move(node);
  p.moving = true;
  p.domain.here->heads[p.part]->post([](domain_head& h) { h.give(); });
}

result<void> cluster_router::give(const std::string& domain, std::optional<std::uint32_t> part,
                                  const std::string& node) {
  const auto* d = find(domain);
  if (d == nullptr) return make_error(errc::not_found, "There is no such domain.");
  if (part && *part >= d->parts.size())
    return make_error(errc::not_found, "The domain has no such part.");
  const auto all = candidates(domain);
  if (node == options_.settings.node ||
      std::ranges::none_of(all, [&](const auto& x) { return x.first == node; }))
    return make_error(errc::not_found, "No linked node of this name may own the domain.");
  std::vector<place*> moves;
  for (const auto& p : d->parts)
    if (p->served() && (!part || p->part == *part)) moves.push_back(p.get());
  if (moves.empty())
    return make_error(errc::conflict, part ? "This node does not own the part."
                                           : "This node does not own a part of the domain.");
  if (std::ranges::any_of(moves, [](const place* p) { return p->moving.load(); }))
    return make_error(errc::conflict, "The part is moving.");
  links_->post([this, moves, node] {
    for (auto* p : moves)
      if (p->takes_calls()) begin_to_give(*p, node);
  });
  return {};
}

void cluster_router::give_all() {
  gives_all_ = true;
  links_->post([this] {
    each_place([this](place& p) {
      if (!p.takes_calls()) return;
      auto others = candidates(p.domain.name);
      std::erase_if(others, [&](const auto& x) { return x.first == options_.settings.node; });
      if (!others.empty()) begin_to_give(p, std::string(best_of(p, others)));
    });
  });
}

bool cluster_router::owns_any() const {
  bool any = false;
  each_place([&](const place& p) { any |= p.moving || p.served(); });
  return any;
}

void cluster_router::tell_load() {
  if (!options_.processor_seconds) return;
  load_.note(services_.now(), options_.processor_seconds());
  if (balances_ % balances_a_load != 0) return;
  std::int64_t waiting = static_cast<std::int64_t>(calls_.counted().waiting);
  each_place([&](const place& p) {
    if (p.here != nullptr) waiting += p.here->under_way;
  });
  const member_load now{load_.percent(),
                        static_cast<std::uint32_t>(std::max<std::int64_t>(0, waiting))};
  if (told_load_ == now) return;
  told_load_ = now;
  links_->update_self([now](link::Member& m) {
    m.mutable_load()->set_processor_percent(now.processor_percent);
    m.mutable_load()->set_waiting_calls(now.waiting_calls);
  });
}

/// A few moves at a time take parts to the nodes where they belong.
void cluster_router::balance() {
  if (leaving_) return;
  balance_alarm_->set(balance_interval);
  std::uint32_t moving = 0;  // begun and not ended
  each_place([&](place& p) {
    if (p.owner != 0 || p.served()) p.seen_ns = services_.now().time_since_epoch().count();
    moving += p.moving ? 1 : 0;
  });
  forget_gateways();
  each_place([this](place& p) {
    if (p.parting != 0 && services_.now() > p.parting_until) parted(p, false);
  });
  if (++balances_ % balances_a_report == 0) tell_read();
  tell_load();
  const bool again = balances_ % balances_a_try == 0;
  each_place([&](place& p) {
    if (gives_all_ || moving >= options_.settings.moves_at_once || !p.takes_calls()) return;
    const auto nodes = candidates(p.domain.name);
    const auto best = best_of(p, nodes);
    const bool taken_back = again && std::exchange(p.next, {}) == best && !best.empty();
    if (auto names = names_of(nodes); p.settled_for == names && !taken_back) return;
    else p.settled_for = std::move(names);
    if (best.empty() || best == options_.settings.node) return;
    ++moving;
    begin_to_give(p, std::string(best));
  });
}

}  // namespace nova::runtime
