#include "storage/memory/memory_database.hpp"

#include <algorithm>
#include <optional>
#include "storage/database/several_lanes.hpp"

namespace nova::storage {

memory_database::memory_database(memory_store& store, memory_options options)
    : store_(store), options_(std::move(options)) {
  const auto parts = std::max(1u, options_.settings.lanes);
  process_ = parts > 1 || options_.apart ? next_process() : uuid{};
  for (std::uint32_t part = 0; part < parts; ++part)
    lanes_.push_back(std::make_unique<memory_lane>(
        store_, options_, part, parts, process_,
        [this, part](std::function<void()> action) { post(part, std::move(action)); }));
}

memory_database::~memory_database() { *alive_ = false; }

uuid memory_database::next_process() {
  uuid id{};
  const auto used = [&] {
    return std::ranges::any_of(store_.lanes, [&](const auto& l) { return l.second.process == id; });
  };
  do {
    id = memory_lane_id(options_.node + "/process", ++incarnation_);
  } while (used());
  return id;
}

void memory_database::post(std::uint32_t part, std::function<void()> action) {
  auto guarded = [alive = alive_, action = std::move(action)] {
    if (*alive) action();
  };
  if (options_.post) options_.post(part, std::move(guarded));
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
  for (auto& l : lanes_) l->tick();
}

void memory_database::set_away(bool away) {
  for (auto& l : lanes_) l->set_away(away);
  away_ = away;
}

void memory_database::hold_commits(bool hold) {
  for (auto& l : lanes_) l->hold_commits(hold);
}

void memory_database::set_silent(bool silent) {
  silent_ = silent;
  for (auto& l : lanes_) l->set_silent(silent);
  if (silent) return;
  for (auto& [s, done] : std::exchange(unanswered_, {})) read(std::move(s), std::move(done));
}

void memory_database::fence_by_other() {
  for (auto& l : lanes_) l->fence_by_other();
}

std::size_t memory_database::batches() const noexcept {
  std::size_t n = 0;
  for (const auto& l : lanes_) n += l->batches();
  return n;
}

std::size_t memory_database::waiting_units() const noexcept {
  std::size_t n = 0;
  for (const auto& l : lanes_) n += l->waiting_units();
  return n;
}

void memory_database::read(statement s, read_callback done) {
  post(0, [this, s = std::move(s), done = std::move(done)] {
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

// Each lane claims its part; the answer has all of them.
void memory_database::claim_shards(std::uint32_t shard_count, memory_lane::claim_callback done) {
  const auto add = all_claims(lanes_.size(), std::move(done));
  for (auto& l : lanes_) l->claim(shard_count, add);
}

void memory_database::reincarnate(std::function<void(result<void>)> done) {
  const auto all = when_all(lanes_.size(), std::move(done));
  const auto process = lanes_.size() > 1 ? next_process() : uuid{};
  for (auto& l : lanes_) l->reincarnate(process, all);
}

bool memory_database::available() const noexcept {
  return !away_ && std::ranges::none_of(lanes_, [](const auto& l) { return l->away(); });
}

void memory_database::collect_metrics(metric_samples& out) const {
  std::size_t commits = 0;
  for (const auto& l : lanes_) commits += l->commits();
  out.add(metric::nova_storage_lane_batches_total, static_cast<double>(commits), {options_.domain});
}

void memory_database::stop(std::function<void()> done) {
  stopping_ = true;
  const auto all =
      when_all(lanes_.size(), [done = std::move(done)](const result<void>&) { done(); });
  for (auto& l : lanes_) l->stop([all] { all({}); });
}

}  // namespace nova::storage
