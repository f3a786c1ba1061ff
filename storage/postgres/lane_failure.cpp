// What becomes of a batch that was not committed: sent again, split until its poison is alone, refused.
#include "storage/postgres/lane.hpp"

#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "storage/postgres/lane_sql.hpp"
#include "storage/postgres/lane_verdict.hpp"

#include <algorithm>
#include <unordered_set>

namespace nova::storage {

using boost::system::error_code;

verdict judge(const std::string& state, session_tag tag) {
  if (state == "NOVF1") return verdict::fenced;
  if ((tag == lane_tag::outbox || tag == lane_tag::fence) && state == "23505")
    return verdict::fenced;
  for (std::string_view x : {"40001", "40P01", "55P03", "57014", "0A000", "26000"})
    if (state == x) return verdict::again;
  for (std::string_view x : {"08", "53", "57", "58"})
    if (state.starts_with(x)) return verdict::away;
  return state == "25006" ? verdict::away : verdict::refused;
}

bool is_conflict(const std::string& state) {
  return state == "23505" || state == "23P01" || state == "NOVX1";
}

namespace {

/// One that a lock of somebody else causes; the others of `again` come from the statement or the session.
bool is_lock(const std::string& state) { return state == "55P03" || state == "40P01"; }

/// A prepared statement that a migration has made invalid: it is prepared anew.
bool is_stale(const std::string& state) { return state == "0A000" || state == "26000"; }

std::size_t count_orders(const std::vector<pending_unit>& units) {
  std::unordered_set<std::uint64_t> orders;
  for (const auto& u : units) orders.insert(u.order);
  return orders.size();
}

bool needs(const pending_unit& u, const query* what) {
  if (what == nullptr) return !u.unit.events.empty();
  return std::any_of(u.unit.statements.begin(), u.unit.statements.end(),
                     [&](const auto& s) { return s.query == what; });
}

/// A statement of the lane itself; nothing in the batch is to blame.
bool is_own(session_tag tag) {
  return tag >= lane_tag::other && tag != lane_tag::outbox && tag != lane_tag::commit;
}

}  // namespace

void postgres_lane::rolled_back() {
  in_transaction_ = true;
  ++metrics_.batches_failed;
  auto& t = *under_way_;
  const auto kind = judge(t.failed.state, t.failed.tag);
  if (kind == verdict::fenced) {
    // A duplicate number in the outbox means that somebody else writes this shard's events.
    if (t.failed.tag == lane_tag::outbox) return become_fenced();
    return resolve();
  }
  if (t.doubtful && !planted(planted_fault::number_given_up)) return send_again(kind);
  auto failed = std::move(t.failed);
  auto content = std::move(t.content);
  under_way_.reset();
  go_on(std::move(content), std::move(failed));
}

// An earlier attempt may still come: the same is sent under the same number, or the number is burnt before the content gets
// another one.
void postgres_lane::send_again(verdict kind) {
  auto& t = *under_way_;
  if (t.burning || kind == verdict::away || is_own(t.failed.tag))
    return retry_later(kind == verdict::away, t.failed, &postgres_lane::send_statements);
  t.refusal = std::move(t.failed);
  t.burning = true;
  send_statements();
}

void postgres_lane::burnt() {
  auto content = std::move(under_way_->content);
  auto refusal = std::move(under_way_->refusal);
  under_way_.reset();
  last_renewal_ = {};  // the newest row is no lease
  go_on(std::move(content), std::move(refusal));
}

void postgres_lane::go_on(segment content, failure failed) {
  const auto kind = judge(failed.state, failed.tag);
  stage_ = stage::idle;
  if (kind == verdict::away || (is_own(failed.tag) && kind == verdict::again) ||
      content.units.empty() || (is_lock(failed.state) && planted(planted_fault::lock_stops_all))) {
    put_back(std::move(content));
    return retry_later(kind == verdict::away, failed);
  }
  if (kind == verdict::again) {
    suspect(std::move(content), failed);
  } else {
    if (content.cautious) dissolve(content);
    content.cautious = false;
    split(std::move(content), failed);
  }
  proceed();
}

void postgres_lane::put_back(segment content) {
  if (content.units.empty()) return;
  (content.cautious ? suspects_ : retry_).push_front(std::move(content));
}

// The batch without those that may need what is locked goes first. Units of an order stay together.
void postgres_lane::suspect(segment content, const failure& f) {
  if (content.cautious) return suspect_again(std::move(content), f);
  if (is_stale(f.state) && ++content.attempts < settings_.unit_attempts)
    return put_back(std::move(content));
  std::unordered_set<std::uint64_t> orders;
  for (std::size_t i = 0; i < content.units.size(); ++i) {
    const auto& u = content.units[i];
    const bool alone = f.unit >= 0;
    if (alone ? static_cast<std::size_t>(f.unit) == i
              : f.tag == lane_tag::commit || needs(u, f.query))
      orders.insert(u.order);
  }
  segment rest, held;
  held.cautious = true;
  for (auto& u : content.units)
    (orders.contains(u.order) ? held : rest).units.push_back(std::move(u));
  parked_.hold(held.units, clock::now());
  suspects_.push_back(std::move(held));
  put_back(std::move(rest));
}

void postgres_lane::suspect_again(segment content, const failure& f) {
  if (count_orders(content.units) > 1) return bisect(std::move(content));
  const auto order = content.units.front().order;
  const auto attempts = parked_.park(std::move(content.units), f.query, clock::now());
  ++metrics_.units_parked;
  constexpr auto wary = std::chrono::seconds(10);
  wary_until_ = clock::now() + wary;
  if (attempts == 1)
    log::warn("storage.unit_parked",
              {{"domain", options_.domain},
               {"query", f.query ? f.query->name : std::string_view("outbox")},
               {"sqlstate", f.state}});
  if (is_lock(f.state) || attempts < settings_.unit_attempts) return;
  auto units = parked_.release(order, false).behind;
  refuse(units.front(), commit_status::rejected, f.detail);
  for (std::size_t i = 1; i < units.size(); ++i) finish(units[i], commit_status::aborted, "");
}

void postgres_lane::bisect(segment content) {
  const auto half = count_orders(content.units) / 2;
  std::unordered_set<std::uint64_t> first;
  segment a, b;
  a.cautious = b.cautious = true;
  for (auto& u : content.units) {
    if (first.size() < half) first.insert(u.order);
    (first.contains(u.order) ? a : b).units.push_back(std::move(u));
  }
  suspects_.push_front(std::move(b));
  suspects_.push_front(std::move(a));
}

// The suspects of a batch are no suspects any more: another failure has ended their try.
void postgres_lane::dissolve(const segment& content) {
  segment behind;
  for (const auto& u : content.units)
    for (auto& later : parked_.release(u.order, false).behind)
      behind.units.push_back(std::move(later));
  put_back(std::move(behind));
}

// What came behind them was held back. Where there was a locked row before there may be another.
void postgres_lane::release_parked(const std::vector<std::uint64_t>& orders) {
  for (auto order : orders) {
    auto [behind, was_parked] = parked_.release(order, true);
    if (behind.empty()) continue;
    if (was_parked) parked_.hold(behind, clock::now());
    auto& list = was_parked ? suspects_ : retry_;
    list.push_back({std::move(behind), 0, was_parked});
  }
}

bool postgres_lane::take_suspects(segment& out) {
  const auto now = clock::now();
  while (!suspects_.empty() && out.units.empty()) {
    out = std::move(suspects_.front());
    suspects_.pop_front();
    parked_.shut_out(out.units, now);
  }
  if (out.units.empty() && !parked_.empty()) out = {parked_.due(now), 0, true};
  if (out.units.empty()) {
    out = {};
    return false;
  }
  const auto defective = [&](const auto& u) {
    return !unit_defect(u.unit, counters_, settings_.max_unit_bytes).empty();
  };
  if (std::none_of(out.units.begin(), out.units.end(), defective)) return true;
  dissolve(out);
  out.cautious = false;
  put_back(std::exchange(out, {}));
  return take_segment(out);
}

void postgres_lane::refuse_overdue() {
  if (parked_.empty()) return;
  const auto limit = milliseconds(settings_.unit_lock_wait_ms);
  while (auto late = parked_.overdue(clock::now(), limit, settings_.max_parked_units))
    refuse(late->unit, commit_status::blocked, "locked: " + std::string(late->waits_for));
}

void postgres_lane::arm_parked() {
  metrics_.units_waiting_for_locks +=
      parked_.units() - std::exchange(told_parked_, parked_.units());
  const auto next = parked_.next();
  if (!next) return;
  parked_timer_.expires_at(std::max(*next, clock::now() + milliseconds(1)));
  parked_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (!e) self->proceed();
  });
}

void postgres_lane::retry_later(bool away, const failure& f, void (postgres_lane::*next)()) {
  if (away) serving_ = false;
  if (failed_connects_ % 16 == 0)
    log::warn("storage.lane_retry", {{"domain", options_.domain},
                                     {"sqlstate", f.state},
                                     {"query", f.query ? f.query->name : std::string_view()}});
  stage_ = stage::waiting;
  retry_timer_.expires_after(backoff());
  ++failed_connects_;
  retry_timer_.async_wait([self = shared_from_this(), next](error_code e) {
    if (e || self->stage_ != stage::waiting) return;
    self->stage_ = stage::idle;
    (self.get()->*next)();
  });
}

void postgres_lane::split(segment content, const failure& f) {
  auto& units = content.units;
  if (units.size() == 1) return refuse(std::move(content), f);
  auto part = [&](std::size_t from, std::size_t to) {
    segment s;
    s.units.assign(std::make_move_iterator(units.begin() + static_cast<std::ptrdiff_t>(from)),
                   std::make_move_iterator(units.begin() + static_cast<std::ptrdiff_t>(to)));
    return s;
  };
  if (f.unit < 0) {
    auto half = units.size() / 2;
    retry_.push_front(part(half, units.size()));
    retry_.push_front(part(0, half));
    return;
  }
  auto poison = static_cast<std::size_t>(f.unit);
  if (poison + 1 < units.size()) retry_.push_front(part(poison + 1, units.size()));
  if (poison == 0) return refuse(part(0, 1), f);
  retry_.push_front(part(poison, poison + 1));
  retry_.push_front(part(0, poison));
}

void postgres_lane::refuse(segment content, const failure& f) {
  refuse(content.units.front(),
         is_conflict(f.state) ? commit_status::conflict : commit_status::rejected, f.detail);
}

void postgres_lane::refuse(pending_unit& unit, commit_status status, std::string detail) {
  const auto activation = unit.unit.activation;
  finish(unit, status, std::move(detail));
  if (activation == 0) return;
  auto aborted = parked_.sweep(activation);
  auto sweep = [&](auto& units) {
    auto keep = std::stable_partition(
        units.begin(), units.end(), [&](const auto& u) { return u.unit.activation != activation; });
    aborted.insert(aborted.end(), std::make_move_iterator(keep),
                   std::make_move_iterator(units.end()));
    units.erase(keep, units.end());
  };
  for (auto* list : {&retry_, &suspects_}) {
    for (auto& s : *list) sweep(s.units);
    std::erase_if(*list, [](const auto& s) { return s.units.empty(); });
  }
  {
    std::lock_guard lock(mutex_);
    sweep(queue_);
    if (refused_.insert(activation).second) refused_order_.push_back(activation);
    if (refused_order_.size() > settings_.max_refused_activations) {
      refused_.erase(refused_order_.front());
      refused_order_.pop_front();
    }
  }
  for (auto& u : aborted) finish(u, commit_status::aborted, "");
}

}  // namespace nova::storage
