// The transactions of a lane: what is taken from the queue, how it is sent, and what a failure means.
#include "storage/postgres/lane.hpp"

#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "storage/postgres/lane_sql.hpp"
#include "storage/postgres/lane_verdict.hpp"

#include <libpq-fe.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <ctime>

namespace nova::storage {

using boost::system::error_code;

namespace {

/// What the lane sends instead of its fence when that is planted away: the same with nothing asked about `fenced`.
std::string_view unfenced() {
  constexpr std::string_view asked = "AND NOT fenced ";
  static const std::string sql = [&] {
    std::string s(lane_sql::fence);
    return s.erase(s.find(asked), asked.size());
  }();
  return sql;
}

std::string guarded(const query& q) {
  std::string sql(q.sql), lower;
  for (char c : sql) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  bool returns = lower.starts_with("select") || lower.find("returning") != std::string::npos;
  return "WITH nova_rows AS (" + sql + (returns ? "" : " RETURNING 1") +
         ") SELECT nova_expect(count(*), $";
}

}  // namespace

bool postgres_lane::accepting() const noexcept {
  return serving_ && !fenced_ && !stopping_ && !giving_ && !stalled_ &&
         waiting_units_ < settings_.max_waiting_units &&
         waiting_bytes_ < settings_.max_waiting_bytes;
}

std::chrono::nanoseconds postgres_lane::suspended() const {
  if (options_.suspended) return options_.suspended();
  timespec boot{}, steady{};
  ::clock_gettime(CLOCK_MONOTONIC, &steady);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return std::chrono::seconds(boot.tv_sec - steady.tv_sec) +
         std::chrono::nanoseconds(boot.tv_nsec - steady.tv_nsec);
}

std::chrono::steady_clock::time_point postgres_lane::lease_until() const noexcept {
  const auto end = lease_until_.load();
  return end == 0 ? clock::time_point{} : clock::time_point(clock::duration(end)) - suspended();
}

bool postgres_lane::lease_holds(clock::time_point now) const noexcept {
  constexpr std::chrono::nanoseconds fresh = milliseconds(1);
  const auto end = lease_until_.load(), at = now.time_since_epoch().count();
  if (end == 0) return false;
  if (at - suspended_read_at_.load(std::memory_order_acquire) > fresh.count()) {
    suspended_ns_.store(suspended().count(), std::memory_order_relaxed);
    suspended_read_at_.store(at, std::memory_order_release);
  }
  return at < end - suspended_ns_.load(std::memory_order_relaxed);
}

bool postgres_lane::append(commit_unit unit) {
  if (!accepting()) return false;
  pending_unit p{std::move(unit)};
  p.bytes = unit_bytes(p.unit);
  constexpr std::uint64_t of_its_own = 1ull << 63;
  p.order = p.unit.activation != 0 ? p.unit.activation : of_its_own | ++last_order_;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (fenced_ || stopping_ || giving_) return false;
    ++waiting_units_;
    waiting_bytes_ += p.bytes;
    if (p.unit.activation != 0 && refused_.contains(p.unit.activation)) {
      auto shared = std::make_shared<pending_unit>(std::move(p));
      boost::asio::post(io_, [self = shared_from_this(), shared] {
        self->finish(*shared, commit_status::aborted, "");
      });
      return true;
    }
    queue_.push_back(std::move(p));
    wake = queue_.size() >= wake_at_ && !std::exchange(wake_posted_, true);
  }
  if (wake) boost::asio::post(io_, [self = shared_from_this()] { self->woken(); });
  return true;
}

void postgres_lane::woken() {
  {
    std::lock_guard lock(mutex_);
    wake_posted_ = false;
  }
  proceed();
}

void postgres_lane::finish(pending_unit& u, commit_status status, std::string detail) {
  if (status != commit_status::committed) ++metrics_.units_refused;
  finished_.emplace_back(std::move(u), commit_outcome{status, std::move(detail), 0});
  auto& last = finished_.back();
  if (status == commit_status::committed) last.second.first_event = last.first.first_event;
  if (std::exchange(finish_posted_, true)) return;
  boost::asio::post(io_, [self = shared_from_this()] { self->call_finished(); });
}

void postgres_lane::call_finished() {
  finish_posted_ = false;
  auto list = std::exchange(finished_, {});
  std::size_t bytes = 0;
  for (const auto& [u, outcome] : list) bytes += u.bytes;
  waiting_units_ -= list.size();
  waiting_bytes_ -= bytes;
  const std::size_t waiting = waiting_units_;
  metrics_.units_waiting += waiting - std::exchange(told_waiting_, waiting);
  for (auto& [u, outcome] : list)
    if (u.unit.done) u.unit.done(outcome);
}

void postgres_lane::proceed() {
  if (stage_ == stage::stopped) return fail_everything(commit_status::unavailable, "stopped");
  if (fenced_) {
    fail_everything(commit_status::fenced, "");
    return stopping_ ? finish_stop() : void();
  }
  if (stage_ == stage::disconnected && stopping_ && waiting_units_ == 0) return finish_stop();
  if (stage_ != stage::idle) return;
  if (!claims_.empty()) return send_claim();
  refuse_overdue();
  const auto since_renewal = clock::now() - last_renewal_;
  segment next;
  if (std::exchange(suspects_turn_, false) && take_suspects(next)) {
    // A try may fail, and only what is committed renews the lease.
    if (since_renewal < milliseconds(settings_.lease_ms / 6)) return send(std::move(next));
    put_back(std::move(next));
    suspects_turn_ = true;
    return send({});
  }
  if (collects()) return;
  suspects_turn_ = true;
  if (take_segment(next) || take_suspects(next)) return send(std::move(next));
  if ((stopping_ || giving_) && parked_.empty()) return release();
  // Without shards there is no lease to lose; but a claim needs to know the database's clock.
  const bool idle = place_.apart && counters_.empty();
  if (since_renewal >= milliseconds(idle ? settings_.lease_ms : settings_.lease_ms / 3))
    return send({});
  arm_parked();
}

// Small transactions cost most of what they carry: under load it is cheaper for everybody to wait for a few more decisions.
bool postgres_lane::collects() {
  constexpr std::size_t enough = 8;  // times commit_siblings
  const auto until = last_committed_ + std::chrono::microseconds(settings_.commit_delay_us);
  if (last_units_ < settings_.commit_siblings || clock::now() >= until || !retry_.empty() ||
      stopping_ || giving_)
    return false;
  {
    std::lock_guard lock(mutex_);
    if (queue_.empty() || queue_.size() >= enough * settings_.commit_siblings) return false;
    wake_at_ = enough * settings_.commit_siblings;
  }
  collect_timer_.expires_at(until);
  collect_timer_.async_wait([self = shared_from_this()](error_code e) {
    if (!e) self->proceed();
  });
  return true;
}

bool postgres_lane::take_segment(segment& out) {
  const auto now = clock::now();
  for (;;) {
    if (!retry_.empty()) {
      out = std::move(retry_.front());
      retry_.pop_front();
      std::erase_if(out.units, [&](auto& u) { return parked_.take(u, now); });
    } else {
      std::lock_guard lock(mutex_);
      wake_at_ = 1;
      std::size_t bytes = 0;
      while (!queue_.empty() && out.units.size() < settings_.batch_units &&
             bytes < settings_.batch_bytes) {
        bytes += queue_.front().bytes;
        if (!parked_.take(queue_.front(), now)) out.units.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      if (out.units.empty() && queue_.empty()) return false;
    }
    if (out.attempts == 0) drop_defective(out);
    if (!out.units.empty()) return true;
  }
}

// A unit that can never be written is refused here, and its successors with it.
void postgres_lane::drop_defective(segment& s) {
  for (std::size_t i = 0; i < s.units.size(); ++i) {
    auto& u = s.units[i];
    auto why = unit_defect(u.unit, counters_, settings_.max_unit_bytes);
    if (why.empty()) continue;
    failure f{"NOVA0", why, nullptr, -1, 0};
    segment poison, rest;
    poison.units.push_back(std::move(u));
    rest.units.assign(std::make_move_iterator(s.units.begin() + static_cast<std::ptrdiff_t>(i) + 1),
                      std::make_move_iterator(s.units.end()));
    s.units.resize(i);
    if (!rest.units.empty()) retry_.push_front(std::move(rest));
    if (s.units.empty()) refuse(std::move(poison), f);
    else retry_.push_front(std::move(poison));
    return;
  }
}

void postgres_lane::send(segment content) {
  auto& t = under_way_.emplace();
  t.content = std::move(content);
  t.number = ++last_number_;
  t.counters = counters_;
  number_events(t.content.units, t.counters);
  t.steps = plan_batch(t.content.units);
  send_statements();
}

void postgres_lane::send_plain(std::string_view sql, session_tag tag) {
  params_.clear();
  session_->execute(sql.data(), sql, params_, tag);
}

void postgres_lane::send_statements() {
  auto& t = *under_way_;
  stage_ = stage::batch;
  t.failed = {};
  t.commit_sent = false;
  warned_ = false;
  watch_request();
  t.sent = last_request_;
  if (t.first_sent == clock::time_point{}) {
    t.first_sent = t.sent;
    t.suspended = suspended();
  }
  if (std::exchange(in_transaction_, false)) send_plain(lane_sql::rollback, lane_tag::rollback);
  send_plain(lane_sql::begin, lane_tag::begin);
  params_.clear();
  params_.add(id());
  params_.add(t.number);
  if (t.burning) {
    session_->execute(lane_sql::burn.data(), lane_sql::burn, params_, lane_tag::fence);
    return send_commit();
  }
  params_.add(static_cast<std::int64_t>(settings_.lease_ms));
  const auto fence = planted(planted_fault::fence_removed) ? unfenced() : lane_sql::fence;
  session_->execute(fence.data(), fence, params_, lane_tag::fence);
  if (t.content.cautious || t.sent < wary_until_) send_plain(cautious_sql_, lane_tag::other);
  for (std::size_t i = 0; i < t.steps.size(); ++i) send_step(t.steps[i], i);
  send_outbox();
  forget_batches();
  if (options_.before_commit) {
    session_->flush_request();
    send_plain(lane_sql::probe, lane_tag::before_commit);
    session_->flush_request();
    session_->flush();
  } else {
    send_commit();
  }
}

void postgres_lane::send_step(const batch_step& step, session_tag tag) {
  const auto& q = *step.what;
  params_.clear();
  if (q.merge != merging::none) {
    for (std::size_t c = 0; c < q.array_types.size(); ++c)
      params_.add_column(q.array_types[c], step.rows, c);
    return session_->execute(&q, q.sql, params_, tag);
  }
  for (const auto& p : step.rows.front()->params) params_.add(p);
  if (step.expect_rows == 0) return session_->execute(&q, q.sql, params_, tag);
  auto& sql = guarded_[&q];
  if (sql.empty())
    sql = guarded(q) + std::to_string(params_.size() + 1) + "::bigint) FROM nova_rows";
  params_.add(static_cast<std::int64_t>(step.expect_rows));
  session_->execute(&sql, sql, params_, tag);
}

void postgres_lane::send_outbox() {
  const auto& units = under_way_->content.units;
  std::size_t count = 0;
  for (const auto& u : units) count += u.unit.events.size();
  if (count == 0) return;
  auto column = [&](pg_oid element, auto put) {
    params_.begin_array(element, count);
    for (const auto& u : units) {
      auto seq = u.first_event;
      for (const auto& e : u.unit.events) put(u.unit.shard, seq++, e);
    }
    params_.end_array();
  };
  params_.clear();
  column(element_type("integer[]"),
         [&](auto shard, auto, auto&) { params_.put_int4(static_cast<std::int32_t>(shard)); });
  column(element_type("bigint[]"),
         [&](auto, auto seq, auto&) { params_.put_int8(static_cast<std::int64_t>(seq)); });
  column(element_type("integer[]"),
         [&](auto, auto, auto& e) { params_.put_int4(static_cast<std::int32_t>(e.type)); });
  column(element_type("text[]"), [&](auto, auto, auto& e) { params_.put_bytes(e.key); });
  column(element_type("bytea[]"), [&](auto, auto, auto& e) { params_.put_bytes(e.payload); });
  session_->execute(lane_sql::outbox.data(), lane_sql::outbox, params_, lane_tag::outbox);
}

// Only with a batch's first attempt: what an earlier one has deleted is not known.
void postgres_lane::forget_batches() {
  constexpr auto every = std::chrono::milliseconds(500);
  const auto& t = *under_way_;
  forgetting_ = 0;
  if (t.doubtful || t.sent - last_forgotten_ < every) return;
  last_forgotten_ = t.sent;
  forgetting_ = t.number;
  params_.clear();
  params_.add(id());
  params_.add(forgotten_);
  params_.add(forgetting_);
  session_->execute(lane_sql::forget_batches.data(), lane_sql::forget_batches, params_,
                    lane_tag::other);
}

void postgres_lane::send_commit() {
  under_way_->commit_sent = true;
  send_plain(lane_sql::commit, lane_tag::commit);
  session_->sync(lane_tag::batch_sync);
  session_->flush();
}

void postgres_lane::on_result(session_tag tag, const PGresult* r) {
  switch (stage_) {
    case stage::resolving: return resolve_result(tag, r);
    case stage::claiming: return claim_result(tag, r);
    case stage::batch: break;
    default: return;
  }
  auto status = PQresultStatus(r);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return step_failed(tag, r);
  if (tag == lane_tag::fence && PQnfields(r) == 2) note_clock(r);
  if (tag == lane_tag::before_commit && under_way_->failed.state.empty()) {
    options_.before_commit(static_cast<std::uint64_t>(under_way_->number));
    send_commit();
  }
}

void postgres_lane::note_clock(const PGresult* r) {
  const auto row = decode_rows(r);
  if (row && row->size() == 1) clock_.note(milliseconds(row->time(0, 1)), own_time());
}

database_clock::time postgres_lane::own_time() const {
  return std::chrono::duration_cast<database_clock::time>(clock::now().time_since_epoch() +
                                                          suspended());
}

void postgres_lane::step_failed(session_tag tag, const PGresult* r) {
  auto& t = *under_way_;
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  const char* severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  // Without a state it is libpq saying that the connection is gone; a FATAL says the same. on_lost follows.
  if (!state || !t.failed.state.empty() || PQresultStatus(r) != PGRES_FATAL_ERROR) return;
  if (severity && std::string_view(severity) != "ERROR") return;
  const char* constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
  t.failed.state = state;
  t.failed.tag = tag;
  if (tag < t.steps.size()) {
    t.failed.query = t.steps[tag].what;
    t.failed.unit = t.steps[tag].unit;
    metrics_.record_error(t.failed.query->name);
  }
  const std::string_view name = t.failed.query ? t.failed.query->name : "";
  t.failed.detail = constraint && *constraint ? std::string_view(constraint) : name;
  if (judge(state, tag) == verdict::refused && !is_conflict(t.failed.state))
    log::error("storage.statement_failed",
               {{"domain", options_.domain},
                {"query", name},
                {"sqlstate", state},
                {"reason", PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)}});
  if (!t.commit_sent) {
    session_->sync(lane_tag::batch_sync);
    session_->flush();
  }
}

void postgres_lane::on_sync(session_tag tag) {
  auto keep = shared_from_this();
  if (tag == lane_tag::resolve_sync) return resolved();
  if (tag == lane_tag::release_sync) return stopping_ ? finish_stop() : begin_anew();
  if (tag == lane_tag::claim_sync) return claimed();
  auto& t = *under_way_;
  if (!t.failed.state.empty()) return rolled_back();
  if (warned_) {
    serving_ = false;
    return resolve();
  }
  if (t.burning) return burnt();
  committed(t.sent);
  stage_ = stage::idle;
  proceed();
}

void postgres_lane::committed(clock::time_point lease_from) {
  auto t = std::move(*under_way_);
  under_way_.reset();
  stalled_ = false;
  serving_ = true;
  failed_connects_ = 0;
  counters_ = std::move(t.counters);
  extend_lease(lease_from, t.suspended);
  last_renewal_ = lease_from;
  forgotten_ = std::max(forgotten_, std::exchange(forgetting_, 0));
  auto age = clock::now() - t.sent;
  last_units_ = t.content.units.size();
  last_committed_ = t.sent + age;
  if (t.content.units.empty()) {
    ++metrics_.renewals;
    return;
  }
  metrics_.record_batch(t.content.units.size(), age);
  for (const auto& step : t.steps)
    metrics_.record(step.what->name, step.rows.size(), age / static_cast<int>(t.steps.size()));
  std::vector<std::uint64_t> held;
  for (auto& u : t.content.units) {
    if (t.content.cautious && (held.empty() || held.back() != u.order)) held.push_back(u.order);
    finish(u, commit_status::committed, "");
  }
  release_parked(held);
}

void postgres_lane::extend_lease(clock::time_point sent, std::chrono::nanoseconds suspended) {
  auto until =
      sent + suspended + milliseconds(settings_.lease_ms) - milliseconds(settings_.lease_margin_ms);
  lease_until_ = std::max<std::int64_t>(lease_until_, until.time_since_epoch().count());
}

}  // namespace nova::storage
