// A domain's database in memory for deterministic tests. It has the lanes, batches, fence, leases, conflicts and outbox of the
// libpq database, but no threads. Nothing happens until the test (or its scheduler) runs the next action.
#pragma once

#include "storage/memory/memory_lane.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nova::storage {

class memory_database final : public database {
 public:
  memory_database(memory_store& store, memory_options options);
  ~memory_database() override;

  /// Runs the oldest waiting action; false when there is none. Also renews the leases when a renewal is due.
  bool run_one();
  /// Runs actions until none waits, and returns their number. Always ends: units of an absent database stay in the queue.
  std::size_t run_all();
  /// Runs work that depends on time (renewals). With `post` set, call it after every change of the clock.
  void tick();

  void inject(commit_fault fault) { lanes_.front()->inject(fault); }
  /// These are about all lanes, and the reads too. While away, reads fail; while silent, nothing is answered.
  void set_away(bool away);
  void hold_commits(bool hold);
  void set_silent(bool silent);
  /// Fences the lanes as the take-over by another process does.
  void fence_by_other();
  /// One lane alone, for its faults.
  memory_lane& part(std::uint32_t number) { return *lanes_[number % lanes_.size()]; }
  std::size_t batches() const noexcept;
  std::size_t waiting_units() const noexcept;

  void read(statement s, read_callback done) override;
  using database::lane;
  commit_lane& lane(std::uint32_t shard) override { return part(shard); }
  std::uint32_t lanes() const noexcept override {
    return static_cast<std::uint32_t>(lanes_.size());
  }
  void claim_shards(std::uint32_t shard_count, memory_lane::claim_callback done) override;
  void reincarnate(std::function<void(result<void>)> done) override;
  bool apart() const noexcept override { return options_.apart; }
  void claim_lane(std::uint32_t lane, std::uint32_t shard_count, claims_callback done) override {
    part(lane).claim(shard_count, std::move(done));
  }
  void reincarnate_lane(std::uint32_t lane, std::function<void(result<void>)> done) override {
    part(lane).reincarnate(process_, std::move(done));
  }
  bool available() const noexcept override;
  bool readable() const noexcept override { return !away_; }
  void collect_metrics(metric_samples& out) const override;
  void stop(std::function<void()> done) override;

 private:
  void post(std::uint32_t part, std::function<void()> action);
  uuid next_process();

  memory_store& store_;
  const memory_options options_;
  std::uint64_t incarnation_ = 0;
  uuid process_{};
  std::vector<std::unique_ptr<memory_lane>> lanes_;
  std::deque<std::function<void()>> actions_;
  std::vector<std::pair<statement, read_callback>> unanswered_;
  bool away_ = false, silent_ = false, stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace nova::storage
