#include "storage/memory/memory_lane.hpp"

#include "protocols/core/planted.hpp"

#include <algorithm>
#include <cstring>

namespace nova::storage {

uuid memory_lane_id(const std::string& node, std::uint64_t incarnation) {
  uuid id{};
  auto hash = stable_hash(node);
  std::memcpy(id.data, &hash, 8);
  std::memcpy(id.data + 8, &incarnation, 8);
  return id;
}

memory_lane::memory_lane(memory_store& store, const memory_options& options, std::uint32_t part,
                         std::uint32_t parts, const uuid& process, poster post)
    : store_(store),
      options_(options),
      part_(part),
      parts_(parts),
      post_(std::move(post)),
      process_(process) {
  register_lane();
}

// A process that restarts on the same store gets a new id, as a real one does.
void memory_lane::register_lane() {
  do {
    current_ = memory_lane_id(options_.node, ++incarnation_);
  } while (store_.lanes.contains(current_));
  store_.lanes[current_] = {options_.node, false, store_.now() + options_.settings.lease_ms, 0,
                            process_};
  number_ = 0;
  sent_ = options_.now() - std::chrono::milliseconds(options_.settings.lease_ms);  // renews at once
  counters_.clear();
  refused_.clear();
  fenced_ = false;
}

void memory_lane::tick() {
  bool due = options_.now() - sent_ >= std::chrono::milliseconds(options_.settings.lease_ms / 3);
  if (due && !sending_ && !away_ && !fenced_ && !stopping_) {
    sending_ = true;
    sent_ = options_.now();
    post_([this] { send_batch(); });
  }
}

bool memory_lane::accepting() const noexcept {
  return !away_ && !silent_ && !reconnecting_ && !fenced_ && !stopping_ &&
         queue_.size() < options_.settings.max_waiting_units;
}

bool memory_lane::append(commit_unit unit) {
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

void memory_lane::wake() {
  if (sending_ || queue_.empty()) return;
  sending_ = true;
  post_([this] { send_batch(); });
}

// All units that wait now go into one transaction; later ones go into the next.
void memory_lane::send_batch() {
  sent_ = options_.now();
  while (!queue_.empty() && under_way_.size() < options_.settings.batch_units) {
    under_way_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  post_([this] { carry_out(); });
}

void memory_lane::carry_out() {
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
  if (fault == commit_fault::fail) return post_([this] { carry_out(); });
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
    return post_([this] { resolve(); });
  }
  committed();
}

// After a lost connection: the batch's number in the lane's row says whether it was committed.
void memory_lane::resolve() {
  reconnecting_ = false;
  const auto& lane = store_.lanes[current_];
  if (lane.batch_no != number_) return carry_out();
  bool lost = lane.fenced && !planted(planted_fault::fence_removed);
  committed();
  if (lost) lose_lane();
}

void memory_lane::committed() {
  lease_until_ = sent_ + std::chrono::milliseconds(options_.settings.lease_ms) -
                 std::chrono::milliseconds(options_.settings.lease_margin_ms);
  for (auto& u : std::exchange(under_way_, {}))
    finish(u, {commit_status::committed, "", u.first_event});
  next_batch();
}

void memory_lane::next_batch() {
  sending_ = false;
  wake();
  if (stopping_ && queue_.empty() && !sending_) lose_lane();
}

memory_lane::outcome memory_lane::attempt(std::vector<pending_unit>& units,
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
  for (const auto& u : units)
    if (const auto at = store_.shards.find(u.unit.shard);
        at != store_.shards.end() && at->second.lane != current_)
      store_.foreign_writes.push_back(options_.node + " wrote for shard " +
                                      std::to_string(u.unit.shard) + " of " + options_.domain +
                                      ", which another lane owns");
  lane->second.batch_no = number_;
  lane->second.expires_at = store_.now() + options_.settings.lease_ms;
  ++commits_;
  return outcome::committed;
}

// The same end as bisecting: the poison alone is refused, what depends on it aborted, the others are committed in order.
void memory_lane::one_by_one(std::vector<pending_unit> units) {
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

void memory_lane::finish(pending_unit& u, commit_outcome how) {
  if (!u.unit.done) return;
  post_([done = std::move(u.unit.done), how = std::move(how)] { done(how); });
}

// The row stays for those who look; the lease has ended.
void memory_lane::give_back() {
  auto& row = store_.lanes[current_];
  row.fenced = true;
  row.expires_at = store_.now();
}

// Fenced, or stopped.
void memory_lane::lose_lane() {
  if (stopping_ && !store_.lanes[current_].fenced) give_back();
  fenced_ = true;
  sending_ = carry_waiting_ = false;
  lease_until_ = {};
  for (auto& u : std::exchange(under_way_, {})) finish(u, {commit_status::fenced, "", 0});
  for (auto& u : std::exchange(queue_, {})) finish(u, {commit_status::fenced, "", 0});
  if (auto done = std::exchange(stopped_, nullptr)) post_(std::move(done));
}

void memory_lane::reconnect() {
  reconnecting_ = true;
  post_([this] {
    reconnecting_ = false;
    carry_out();
  });
}

void memory_lane::set_away(bool away) {
  away_ = away;
  if (!away && !held_ && std::exchange(carry_waiting_, false)) post_([this] { carry_out(); });
}

void memory_lane::hold_commits(bool hold) {
  held_ = hold;
  if (!hold && !away_ && std::exchange(carry_waiting_, false)) post_([this] { carry_out(); });
}

void memory_lane::set_silent(bool silent) {
  silent_ = silent;
  hold_commits(silent);
}

void memory_lane::claim(std::uint32_t shard_count, claim_callback done) {
  post_([this, shard_count, done = std::move(done)] {
    if (away_ || fenced_ || stopping_) return done(make_error(errc::unavailable, "no lane"));
    auto owned = options_.apart ? store_.claim_apart(current_, options_.node, shard_count, part_,
                                                     parts_, options_.settings.lease_ms)
                                : store_.claim(current_, options_.node, shard_count, part_, parts_);
    if (!owned) {
      done(make_error(errc::unavailable, "the lane is fenced"));
      return lose_lane();
    }
    for (const auto& c : *owned) counters_.try_emplace(c.shard, c.last_event_seq);
    done(std::move(*owned));
  });
}

void memory_lane::reincarnate(const uuid& process, std::function<void(result<void>)> done) {
  post_([this, process, done = std::move(done)] {
    if (stopping_) return done(make_error(errc::unavailable, "stopping"));
    if (!store_.lanes[current_].fenced) give_back();
    lose_lane();
    process_ = process;
    register_lane();
    done({});
  });
}

void memory_lane::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  if (!sending_ || fenced_ || away_) post_([this] { lose_lane(); });
}

}  // namespace nova::storage
