// A domain's database in memory for deterministic tests. It has the batches, fence, leases, conflicts and outbox of the libpq
// database, but no threads. Nothing happens until the test (or its scheduler) runs the next action.
#pragma once

#include "config/settings/storage_settings.hpp"
#include "storage/database/batch.hpp"
#include "storage/database/database.hpp"
#include "storage/memory/memory_store.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

namespace nova::storage {

struct memory_options {
  std::string domain = "memory";
  std::string node = "node-a";
  config::storage_settings settings;
  /// The process's monotonic clock.
  std::function<std::chrono::steady_clock::time_point()> now = [] {
    return std::chrono::steady_clock::time_point{};
  };
  /// Takes each action (a read, a batch, its callbacks, a reconnect) and runs it later, once. Empty: actions wait for run_one().
  std::function<void(std::function<void()>)> post;
};

/// A fault of the next transactions. Each fault is used up by one batch; an empty renewal counts as a batch.
enum class commit_fault : std::uint8_t {
  fail,  ///< a passing error: rolled back, sent again
  lose_before,  ///< the connection is lost before the batch is carried out; the lane reconnects and sends it again
  lose_reply,  ///< the batch is committed, then the connection is lost; the lane finds out by the batch number
};

class memory_database final : public database, private commit_lane {
 public:
  memory_database(memory_store& store, memory_options options);
  ~memory_database() override;

  /// Runs the oldest waiting action; false when there is none. Also renews the lease when a renewal is due.
  bool run_one();
  /// Runs actions until none waits, and returns their number. Always ends: units of an absent database stay in the queue.
  std::size_t run_all();
  /// Runs work that depends on time (renewals). With `post` set, call it after every change of the clock.
  void tick();

  void inject(commit_fault fault) { faults_.push_back(fault); }
  /// While away: reads fail, batches wait, accepting() is false.
  void set_away(bool away);
  /// While held, sent batches are not carried out: a slow disk or a stopped process.
  void hold_commits(bool hold);
  /// While silent, nothing is answered and the lane does not accept, as with a stopped server.
  void set_silent(bool silent);
  /// Fences this lane as the take-over by another lane does.
  void fence_by_other() { store_.lanes[current_].fenced = true; }
  std::size_t batches() const noexcept { return batches_; }
  std::size_t waiting_units() const noexcept { return queue_.size(); }

  void read(statement s, read_callback done) override;
  using database::lane;
  commit_lane& lane(std::uint32_t) override { return *this; }
  void claim_shards(std::uint32_t shard_count,
                    std::function<void(result<std::vector<shard_claim>>)> done) override;
  void reincarnate(std::function<void(result<void>)> done) override;
  bool available() const noexcept override { return !away_; }
  void collect_metrics(metric_samples& out) const override;
  void stop(std::function<void()> done) override;

 private:
  bool append(commit_unit unit) override;
  bool accepting() const noexcept override;
  std::chrono::steady_clock::time_point lease_until() const noexcept override {
    return lease_until_;
  }
  bool fenced() const noexcept override { return fenced_; }
  const uuid& id() const noexcept override { return current_; }

  enum class outcome : std::uint8_t { committed, fenced, refused };
  void post(std::function<void()> action);
  void register_lane();
  void wake();
  void send_batch();
  void carry_out();
  outcome attempt(std::vector<pending_unit>& units, commit_outcome& refusal);
  void one_by_one(std::vector<pending_unit> units);
  void resolve();
  void committed();
  void next_batch();
  void finish(pending_unit& u, commit_outcome how);
  void lose_lane();
  void reconnect();

  memory_store& store_;
  memory_options options_;
  uuid current_{};
  std::uint64_t incarnation_ = 0;
  std::deque<std::function<void()>> actions_;
  std::deque<pending_unit> queue_;
  std::vector<pending_unit> under_way_;
  std::unordered_set<std::uint64_t> refused_;
  std::deque<commit_fault> faults_;
  std::vector<std::pair<statement, read_callback>> unanswered_;
  shard_counters counters_;
  std::int64_t number_ = 0;
  std::chrono::steady_clock::time_point lease_until_{}, sent_{};
  std::size_t batches_ = 0, commits_ = 0;
  bool sending_ = false, away_ = false, held_ = false, carry_waiting_ = false,
       reconnecting_ = false;
  bool fenced_ = false, stopping_ = false, silent_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace nova::storage
