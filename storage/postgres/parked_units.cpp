#include "storage/postgres/parked_units.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nova::storage {

namespace {

bool needs(const pending_unit& u, const query* what) {
  if (what == nullptr) return !u.unit.events.empty();
  return std::any_of(u.unit.statements.begin(), u.unit.statements.end(),
                     [&](const auto& s) { return s.query == what; });
}

std::vector<pending_unit> moved(std::deque<pending_unit>& units) {
  std::vector<pending_unit> out(std::make_move_iterator(units.begin()),
                                std::make_move_iterator(units.end()));
  units.clear();
  return out;
}

}  // namespace

bool parked_units::take(pending_unit& u, time_point now) {
  if (groups_.empty()) return false;
  if (auto at = groups_.find(u.order); at != groups_.end()) {
    at->second.units.push_back(std::move(u));
    ++units_;
    return true;
  }
  const auto what = closed_for(u);
  if (!what) return false;
  auto& g = groups_[u.order];
  g.since = now;
  g.units.push_back(std::move(u));
  ++units_;
  enter(g, *what, now);
  return true;
}

std::optional<const query*> parked_units::closed_for(const pending_unit& u) const {
  for (const auto& [what, d] : doors_)
    if (d.closed && needs(u, what)) return what;
  return std::nullopt;
}

void parked_units::shut_out(std::vector<pending_unit>& units, time_point now) {
  std::map<std::uint64_t, const query*> out;
  for (const auto& u : units)
    if (const auto what = closed_for(u)) out.emplace(u.order, *what);
  std::map<std::uint64_t, std::vector<pending_unit>> leaving;
  std::erase_if(units, [&](auto& u) {
    if (!out.contains(u.order)) return false;
    leaving[u.order].push_back(std::move(u));
    return true;
  });
  for (auto& [order, list] : leaving) {
    auto& g = groups_.at(order);
    units_ += list.size();
    g.units.insert(g.units.begin(), std::make_move_iterator(list.begin()),
                   std::make_move_iterator(list.end()));
    enter(g, out.at(order), now);
  }
}

void parked_units::hold(const std::vector<pending_unit>& units, time_point now) {
  for (const auto& u : units) groups_.try_emplace(u.order).first->second.since = now;
}

void parked_units::enter(group& g, const query* what, time_point now) {
  g.parked = g.blamed = true;
  g.what = what;
  g.retry_at = now + std::min(longest_pause, first_pause * (1u << std::min(g.attempts, 4u)));
  auto& d = doors_[what];
  if (++d.parked < closing || d.closed) return;
  d.closed = true;
  d.retry_at = now + d.pause;
}

void parked_units::leave(group& g) {
  if (!std::exchange(g.parked, false)) return;
  auto at = doors_.find(g.what);
  if (--at->second.parked == 0 && !at->second.closed) doors_.erase(at);
}

unsigned parked_units::park(std::vector<pending_unit> units, const query* what, time_point now) {
  auto& g = groups_.at(units.front().order);
  units_ += units.size();
  g.units.insert(g.units.begin(), std::make_move_iterator(units.begin()),
                 std::make_move_iterator(units.end()));
  enter(g, what, now);
  return ++g.attempts;
}

parked_units::time_point parked_units::due_at(const group& g) const {
  const auto& d = doors_.at(g.what);
  return d.closed ? d.retry_at : g.retry_at;
}

std::optional<parked_units::time_point> parked_units::next() const {
  std::optional<time_point> out;
  for (const auto& [order, g] : groups_)
    if (g.parked && (!out || due_at(g) < *out)) out = due_at(g);
  return out;
}

std::vector<pending_unit> parked_units::due(time_point now) {
  std::vector<group*> picked;
  std::map<const query*, group*> asking;  // of a closed statement, the one that was tried least
  for (auto& [order, g] : groups_) {
    if (!g.parked || due_at(g) > now) continue;
    if (!doors_.at(g.what).closed) {
      picked.push_back(&g);
      continue;
    }
    auto& one = asking[g.what];
    if (one == nullptr || g.attempts < one->attempts) one = &g;
  }
  for (auto [what, g] : asking) {
    auto& d = doors_.at(what);
    d.pause = std::min(longest_pause, d.pause * 2);
    d.retry_at = now + d.pause;
    picked.push_back(g);
  }
  std::vector<pending_unit> out;
  for (auto* g : picked) {
    const auto n = g->attempts > 0 ? 1 : g->units.size();
    for (std::size_t i = 0; i < n; ++i) {
      out.push_back(std::move(g->units.front()));
      g->units.pop_front();
    }
    units_ -= n;
    leave(*g);
  }
  return out;
}

parked_units::released parked_units::release(std::uint64_t order, bool passed) {
  auto at = groups_.find(order);
  if (at == groups_.end()) return {};
  auto& g = at->second;
  const auto* what = g.what;
  const bool was_parked = g.attempts > 0, blamed = g.blamed;
  leave(g);
  units_ -= g.units.size();
  released out{moved(g.units), was_parked};
  groups_.erase(at);
  if (!passed || !blamed) return out;
  if (auto d = doors_.find(what); d != doors_.end() && d->second.closed) {
    d->second.closed = false;
    d->second.pause = first_pause;
    for (auto& [other, waiting] : groups_)
      if (waiting.parked && waiting.what == what) waiting.retry_at = {};
    if (d->second.parked == 0) doors_.erase(d);
  }
  return out;
}

std::optional<parked_units::late> parked_units::overdue(time_point now, milliseconds limit,
                                                        std::size_t most) {
  auto oldest = groups_.end();
  for (auto at = groups_.begin(); at != groups_.end(); ++at)
    if (at->second.parked && (oldest == groups_.end() || at->second.since < oldest->second.since))
      oldest = at;
  if (oldest == groups_.end() || (now - oldest->second.since < limit && units_ <= most))
    return std::nullopt;
  auto& g = oldest->second;
  late out{std::move(g.units.front()), g.what == nullptr ? "outbox" : g.what->name};
  g.units.pop_front();
  --units_;
  if (g.units.empty()) {
    leave(g);
    groups_.erase(oldest);
  }
  return out;
}

std::vector<pending_unit> parked_units::sweep(std::uint64_t activation) {
  return activation == 0 ? std::vector<pending_unit>{} : release(activation, false).behind;
}

std::vector<pending_unit> parked_units::clear() {
  std::vector<pending_unit> out;
  for (auto& [order, g] : std::exchange(groups_, {}))
    for (auto& u : g.units) out.push_back(std::move(u));
  doors_.clear();
  units_ = 0;
  return out;
}

}  // namespace nova::storage
