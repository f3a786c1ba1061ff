#include "storage/memory/memory_database.hpp"

#include "protocols/core/planted.hpp"

#include <atomic>
#include <cstring>

namespace nova::storage {
namespace {

// Lane ids are unique within a store and equal in every run of a seed.
uuid lane_uuid(const std::string& node, std::uint64_t incarnation) {
  uuid id{};
  auto hash = stable_hash(node);
  std::memcpy(id.data, &hash, 8);
  std::memcpy(id.data + 8, &incarnation, 8);
  return id;
}

}  // namespace

memory_database::memory_database(memory_store& store, memory_options options)
    : store_(store), options_(std::move(options)) {
  register_lane();
}

memory_database::~memory_database() { *alive_ = false; }

// A process that restarts on the same store gets a new id, as a real one does.
void memory_database::register_lane() {
  do {
    current_ = lane_uuid(options_.node, ++incarnation_);
  } while (store_.lanes.contains(current_));
  store_.lanes[current_] = {options_.node, false, store_.now() + options_.settings.lease_ms, 0};
  number_ = 0;
  sent_ = options_.now() - std::chrono::milliseconds(options_.settings.lease_ms);  // renews at once
  counters_.clear();
  refused_.clear();
  fenced_ = false;
}

void memory_database::post(std::function<void()> action) {
  auto guarded = [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  };
  if (options_.post) options_.post(std::move(guarded));
  else actions_.push_back(std::move(guarded));
}

bool memory_database::run_one() {
  tick();
  if (actions_.empty()) return false;
  auto next = std::move(actions_.front());
  actions_.pop_front();
  next();
  return true;
}

std::size_t memory_database::run_all() {
  std::size_t n = 0;
  while (run_one()) ++n;
  return n;
}

void memory_database::tick() {
  bool due = options_.now() - sent_ >= std::chrono::milliseconds(options_.settings.lease_ms / 3);
  if (due && !sending_ && !away_ && !fenced_ && !stopping_) {
    sending_ = true;
    sent_ = options_.now();
    post([this] { send_batch(); });
  }
}

bool memory_database::accepting() const noexcept {
  return !away_ && !silent_ && !reconnecting_ && !fenced_ && !stopping_ &&
         queue_.size() < options_.settings.max_waiting_units;
}

bool memory_database::append(commit_unit unit) {
  if (!accepting()) return false;
  pending_unit p{std::move(unit)};
  if (p.unit.activation != 0 && refused_.contains(p.unit.activation)) {
    finish(p, {commit_status::aborted, "", 0});
    return true;
  }
  queue_.push_back(std::move(p));
  wake();
  return true;
}

void memory_database::wake() {
  if (sending_ || queue_.empty()) return;
  sending_ = true;
  post([this] { send_batch(); });
}

// What waits at this moment goes into one transaction; the rest into the next.
void memory_database::send_batch() {
  sent_ = options_.now();
  while (!queue_.empty() && under_way_.size() < options_.settings.batch_units) {
    under_way_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  post([this] { carry_out(); });
}

void memory_database::carry_out() {
  if (away_ || held_) {
    carry_waiting_ = true;
    return;
  }
  if (fenced_) return lose_lane();
  std::optional<commit_fault> fault;
  if (!faults_.empty()) {
    fault = faults_.front();
    faults_.pop_front();
  }
  if (fault == commit_fault::fail) return post([this] { carry_out(); });
  if (fault == commit_fault::lose_before) return reconnect();
  ++batches_;
  ++number_;
  commit_outcome refusal;
  auto how = attempt(under_way_, refusal);
  if (how == outcome::fenced) return lose_lane();
  if (how == outcome::refused) {
    one_by_one(std::exchange(under_way_, {}));
    return fenced_ ? void() : next_batch();
  }
  if (fault == commit_fault::lose_reply) {
    reconnecting_ = true;
    return post([this] { resolve(); });
  }
  committed();
}

// After a lost connection: the batch's number in the lane's row says whether it was committed.
void memory_database::resolve() {
  reconnecting_ = false;
  const auto& lane = store_.lanes[current_];
  if (lane.batch_no != number_) return carry_out();
  bool lost = lane.fenced && !planted(planted_fault::fence_removed);
  committed();
  if (lost) lose_lane();
}

void memory_database::committed() {
  lease_until_ = sent_ + std::chrono::milliseconds(options_.settings.lease_ms) -
                 std::chrono::milliseconds(options_.settings.lease_margin_ms);
  for (auto& u : std::exchange(under_way_, {}))
    finish(u, {commit_status::committed, "", u.first_event});
  next_batch();
}

void memory_database::next_batch() {
  sending_ = false;
  wake();
  if (stopping_ && queue_.empty() && !sending_) lose_lane();
}

memory_database::outcome memory_database::attempt(std::vector<pending_unit>& units,
                                                  commit_outcome& refusal) {
  auto lane = store_.lanes.find(current_);
  if (lane == store_.lanes.end()) return outcome::fenced;
  if (lane->second.fenced && !planted(planted_fault::fence_removed)) return outcome::fenced;
  auto counters = counters_;
  try {
    for (const auto& u : units)
      if (auto why = unit_defect(u.unit, counters_, options_.settings.max_unit_bytes); !why.empty())
        throw memory_refusal{why};
    number_events(units, counters);
    store_.transaction([&] {
      for (const auto& step : plan_batch(units))
        for (const auto* s : step.rows) {
          auto r = store_.execute(*s);
          if (std::max(r.affected, r.returned.size()) < step.expect_rows)
            throw memory_conflict{std::string(s->query->name)};
        }
      for (const auto& u : units) {
        auto seq = static_cast<std::int64_t>(u.first_event);
        for (const auto& e : u.unit.events)
          store_.table("outbox").insert({static_cast<std::int64_t>(u.unit.shard), seq++,
                                         static_cast<std::int64_t>(e.type), e.key, bytes{e.payload},
                                         timestamp{store_.now()}});
      }
    });
  } catch (const memory_conflict& c) {
    refusal = {commit_status::conflict, c.constraint, 0};
    return outcome::refused;
  } catch (const memory_refusal& r) {
    refusal = {commit_status::rejected, r.reason, 0};
    return outcome::refused;
  }
  counters_ = std::move(counters);
  lane->second.batch_no = number_;
  lane->second.expires_at = store_.now() + options_.settings.lease_ms;
  ++commits_;
  return outcome::committed;
}

// The same end as bisecting: the poison alone is refused, what depends on it aborted, the others are committed in order.
void memory_database::one_by_one(std::vector<pending_unit> units) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    auto activation = units[i].unit.activation;
    if (activation != 0 && refused_.contains(activation)) {
      finish(units[i], {commit_status::aborted, "", 0});
      continue;
    }
    std::vector<pending_unit> alone;
    alone.push_back(std::move(units[i]));
    commit_outcome refusal;
    ++number_;
    auto how = attempt(alone, refusal);
    if (how == outcome::committed) {
      finish(alone[0], {commit_status::committed, "", alone[0].first_event});
    } else if (how == outcome::refused) {
      if (activation != 0) refused_.insert(activation);
      finish(alone[0], refusal);
    } else {
      units[i] = std::move(alone[0]);
      under_way_.assign(std::make_move_iterator(units.begin() + static_cast<std::ptrdiff_t>(i)),
                        std::make_move_iterator(units.end()));
      return lose_lane();
    }
  }
  std::deque<pending_unit> kept;
  for (auto& u : std::exchange(queue_, {})) {
    if (u.unit.activation != 0 && refused_.contains(u.unit.activation))
      finish(u, {commit_status::aborted, "", 0});
    else kept.push_back(std::move(u));
  }
  queue_ = std::move(kept);
}

void memory_database::finish(pending_unit& u, commit_outcome how) {
  if (!u.unit.done) return;
  post([done = std::move(u.unit.done), how = std::move(how)] { done(how); });
}

// Fenced, or stopped.
void memory_database::lose_lane() {
  bool released = stopping_ && !store_.lanes[current_].fenced;
  if (released) store_.lanes[current_] = {options_.node, true, store_.now(), number_};
  fenced_ = true;
  sending_ = carry_waiting_ = false;
  lease_until_ = {};
  for (auto& u : std::exchange(under_way_, {})) finish(u, {commit_status::fenced, "", 0});
  for (auto& u : std::exchange(queue_, {})) finish(u, {commit_status::fenced, "", 0});
  if (auto done = std::exchange(stopped_, nullptr)) post(std::move(done));
}

void memory_database::reconnect() {
  reconnecting_ = true;
  post([this] {
    reconnecting_ = false;
    carry_out();
  });
}

void memory_database::set_away(bool away) {
  away_ = away;
  if (!away && !held_ && std::exchange(carry_waiting_, false)) post([this] { carry_out(); });
}

void memory_database::hold_commits(bool hold) {
  held_ = hold;
  if (!hold && !away_ && std::exchange(carry_waiting_, false)) post([this] { carry_out(); });
}

void memory_database::set_silent(bool silent) {
  silent_ = silent;
  hold_commits(silent);
  if (silent) return;
  for (auto& [s, done] : std::exchange(unanswered_, {})) read(std::move(s), std::move(done));
}

void memory_database::read(statement s, read_callback done) {
  post([this, s = std::move(s), done = std::move(done)] {
    if (away_ || stopping_) return done(make_error(errc::unavailable, "the database is away"));
    if (silent_) return void(unanswered_.emplace_back(s, done));
    try {
      done(store_.execute(s).returned);
    } catch (const memory_refusal& r) {
      done(make_error(errc::internal, r.reason));
    } catch (const memory_conflict& c) {
      done(make_error(errc::internal, c.constraint));
    }
  });
}

void memory_database::claim_shards(std::uint32_t shard_count,
                                   std::function<void(result<std::vector<shard_claim>>)> done) {
  post([this, shard_count, done = std::move(done)] {
    if (away_ || fenced_ || stopping_) return done(make_error(errc::unavailable, "no lane"));
    auto owned = store_.claim(current_, options_.node, shard_count);
    if (!owned) {
      done(make_error(errc::unavailable, "the lane is fenced"));
      return lose_lane();
    }
    for (const auto& c : *owned) counters_.try_emplace(c.shard, c.last_event_seq);
    done(std::move(*owned));
  });
}

void memory_database::reincarnate(std::function<void(result<void>)> done) {
  post([this, done = std::move(done)] {
    if (stopping_) return done(make_error(errc::unavailable, "stopping"));
    if (auto& lane = store_.lanes[current_]; !lane.fenced)
      lane = {options_.node, true, store_.now(), number_};
    lose_lane();
    register_lane();
    done({});
  });
}

void memory_database::collect_metrics(metric_samples& out) const {
  out.add(metric::nova_storage_lane_batches_total, static_cast<double>(commits_),
          {options_.domain});
}

void memory_database::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  if (!sending_ || fenced_ || away_) post([this] { lose_lane(); });
}

}  // namespace nova::storage
