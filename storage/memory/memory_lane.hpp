// One commit lane of a memory_database: its queue, its batches, its row in the store. Lanes commit independently of each other.
// A transaction is carried out in one action, so lanes never wait for a row here; commit_fault::fail is the deadlock's victim.
#pragma once

#include "config/settings/storage_settings.hpp"
#include "storage/database/batch.hpp"
#include "storage/database/database.hpp"
#include "storage/memory/memory_store.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace nova::storage {

struct memory_options {
  std::string domain = "memory";
  std::string node = "node-a";
  config::storage_settings settings;  ///< 0 lanes: one
  bool apart = false;                 ///< see database::apart
  /// The process's monotonic clock.
  std::function<std::chrono::steady_clock::time_point()> now = [] {
    return std::chrono::steady_clock::time_point{};
  };
  /// Takes each action of a lane (a batch, its callbacks, a reconnect) and runs it later, once; those of one lane in their order.
  /// Reads go with lane 0. Empty: actions wait for run_one().
  std::function<void(std::uint32_t lane, std::function<void()>)> post;
};

/// A fault of the next transactions. Each fault is used up by one batch; an empty renewal counts as a batch.
enum class commit_fault : std::uint8_t {
  fail,  ///< a passing error, as a deadlock with another lane: rolled back, sent again
  lose_before,  ///< the connection is lost before the batch is carried out; the lane reconnects and sends it again
  lose_reply,  ///< the batch is committed, then the connection is lost; the lane finds out by the batch number
};

class memory_lane final : public commit_lane {
 public:
  using claim_callback = std::function<void(result<std::vector<shard_claim>>)>;
  using poster = std::function<void(std::function<void()>)>;

  /// `part` of `parts`: it has the shards with shard % parts = part. `process` names all lanes of the database.
  memory_lane(memory_store& store, const memory_options& options, std::uint32_t part,
              std::uint32_t parts, const uuid& process, poster post);

  bool append(commit_unit unit) override;
  bool accepting() const noexcept override;
  std::chrono::steady_clock::time_point lease_until() const noexcept override {
    return lease_until_;
  }
  bool fenced() const noexcept override { return fenced_; }
  const uuid& id() const noexcept override { return current_; }

  /// Renews the lease when a renewal is due.
  void tick();
  void claim(std::uint32_t shard_count, claim_callback done);
  void reincarnate(const uuid& process, std::function<void(result<void>)> done);
  void stop(std::function<void()> done);

  void inject(commit_fault fault) { faults_.push_back(fault); }
  /// While away: batches wait, accepting() is false.
  void set_away(bool away);
  /// While held, sent batches are not carried out: a slow disk or a stopped process.
  void hold_commits(bool hold);
  /// While silent, nothing is answered and the lane does not accept, as with a stopped server.
  void set_silent(bool silent);
  void fence_by_other() { store_.lanes[current_].fenced = true; }
  bool away() const noexcept { return away_; }
  std::size_t batches() const noexcept { return batches_; }
  std::size_t commits() const noexcept { return commits_; }
  std::size_t waiting_units() const noexcept { return queue_.size(); }

 private:
  enum class outcome : std::uint8_t { committed, fenced, refused };
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
  void give_back();
  void lose_lane();
  void reconnect();

  memory_store& store_;
  const memory_options& options_;
  const std::uint32_t part_, parts_;
  const poster post_;
  uuid process_{}, current_{};
  std::uint64_t incarnation_ = 0;
  std::deque<pending_unit> queue_;
  std::vector<pending_unit> under_way_;
  std::unordered_set<std::uint64_t> refused_;
  std::deque<commit_fault> faults_;
  shard_counters counters_;
  std::int64_t number_ = 0;
  std::chrono::steady_clock::time_point lease_until_{}, sent_{};
  std::size_t batches_ = 0, commits_ = 0;
  bool sending_ = false, away_ = false, held_ = false, carry_waiting_ = false,
       reconnecting_ = false;
  bool fenced_ = false, stopping_ = false, silent_ = false;
  std::function<void()> stopped_;
};

/// Ids are unique within a store and equal in every run of a seed.
uuid memory_lane_id(const std::string& node, std::uint64_t incarnation);

}  // namespace nova::storage
