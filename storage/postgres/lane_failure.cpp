// What becomes of a batch that was not committed: sent again, split until its poison is alone, refused.
#include "storage/postgres/lane.hpp"

#include "protocols/core/log.hpp"
#include "storage/postgres/lane_sql.hpp"
#include "storage/postgres/lane_verdict.hpp"

#include <algorithm>

namespace nova::storage {

using boost::system::error_code;

verdict judge(const std::string& state, session_tag tag) {
  if (state == "NOVF1") return verdict::fenced;
  if ((tag == lane_tag::outbox || tag == lane_tag::fence) && state == "23505") return verdict::fenced;
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
  if (t.doubtful) return send_again(kind);
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

void postgres_lane::go_on(segment content, failure failed) {
  const auto kind = judge(failed.state, failed.tag);
  stage_ = stage::idle;
  bool retry = kind == verdict::away || (is_own(failed.tag) && kind == verdict::again) || content.units.empty();
  if (retry || (kind == verdict::again && ++content.attempts < 2)) {
    retry_.push_front(std::move(content));
    return retry_later(kind == verdict::away, failed);
  }
  if (kind == verdict::again && content.units.size() == 1 && content.attempts < settings_.unit_attempts) {
    retry_.push_front(std::move(content));
    return retry_later(false, failed);
  }
  if (kind == verdict::again) failed.unit = -1;
  split(std::move(content), failed);
  proceed();
}

void postgres_lane::retry_later(bool away, const failure& f, void (postgres_lane::*next)()) {
  if (away) serving_ = false;
  if (failed_connects_ % 16 == 0)
    log::warn("storage.lane_retry",
              {{"domain", options_.domain}, {"sqlstate", f.state}, {"query", f.query}});
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
  auto& unit = content.units.front();
  auto activation = unit.unit.activation;
  auto status = is_conflict(f.state) ? commit_status::conflict : commit_status::rejected;
  finish(unit, status, f.detail);
  if (activation == 0) return;
  std::vector<pending_unit> aborted;
  auto sweep = [&](auto& units) {
    auto keep = std::stable_partition(units.begin(), units.end(),
                                      [&](const auto& u) { return u.unit.activation != activation; });
    aborted.insert(aborted.end(), std::make_move_iterator(keep), std::make_move_iterator(units.end()));
    units.erase(keep, units.end());
  };
  for (auto& s : retry_) sweep(s.units);
  std::erase_if(retry_, [](const auto& s) { return s.units.empty(); });
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
