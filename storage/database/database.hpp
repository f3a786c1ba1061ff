// The interface of a domain's runtime to its database: reads from a pool, and the commit lanes, the writers of this node.
// Implemented on libpq (postgres_database.hpp) and, for deterministic tests, in memory with the same semantics
// (memory_database.hpp); one contract test holds both.
//
// Callbacks run on a storage thread and must not block.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/metrics.hpp"
#include "storage/database/value.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::storage {

using read_result = result<rows>;
using read_callback = std::function<void(read_result)>;

struct outbox_event {
  std::uint32_t type = 0;  ///< number of the event's type
  std::string key;
  std::string payload;  ///< protobuf
};

enum class commit_status : std::uint8_t {
  committed,
  conflict,  ///< a unique index or expect_rows refused the unit; nothing of the unit was written
  rejected,  ///< the database refused a statement for another reason; nothing of the unit was written
  blocked,  ///< another session kept a row or table locked that the unit needs; nothing of the unit was written; a new try may pass
  aborted,  ///< an earlier unit of the same activation was not committed; nothing was written
  fenced,   ///< this lane has lost its shards to another; nothing was written
  unavailable,  ///< not accepted (queue full, or the database was away too long before the unit was sent); nothing was written
};

struct commit_outcome {
  commit_status status = commit_status::unavailable;
  std::string detail;             ///< constraint or query name; never shown to clients
  std::uint64_t first_event = 0;  ///< outbox seq of the unit's first event, when it has any
};

/// The writes of one decision. All of them are committed in one transaction with the outbox rows, or nothing is.
struct commit_unit {
  std::uint64_t activation =
      0;  ///< units of one activation depend on each other in order: after a failed unit the later ones are aborted. 0: independent
  std::uint32_t shard = 0;  ///< shard of the outbox for the events; the lane must own this shard
  std::vector<statement> statements;
  std::vector<outbox_event> events;
  std::function<void(const commit_outcome&)>
      done;  ///< called once; for equal activations in the order of append
};

/// Group commit under the fence. Every batch is one transaction that begins with the conditional update of the lane's row.
/// The transaction also writes the batch number. After a lost connection the lane finds there whether its last batch was committed.
/// An accepted unit is committed exactly once or refused for a reason. An absent database only delays the unit.
class commit_lane {
 public:
  virtual ~commit_lane() = default;
  /// False when the lane does not accept the unit; then `done` is not called. `accepting()` tells this beforehand.
  virtual bool append(commit_unit unit) = 0;
  /// False while the database is away, the queue is at its limit, or the lane is fenced.
  virtual bool accepting() const noexcept = 0;
  /// State in memory may be served until this time of the process's monotonic clock.
  virtual std::chrono::steady_clock::time_point lease_until() const noexcept = 0;
  /// Whether memory may be served at `now`, which the caller has just read. Runs on each call, so it does not read the clock again.
  virtual bool lease_holds(std::chrono::steady_clock::time_point now) const noexcept {
    return now < lease_until();
  }
  virtual bool fenced() const noexcept = 0;
  virtual const uuid& id() const noexcept = 0;
};

struct shard_claim {
  std::uint32_t shard = 0;
  std::int64_t epoch = 0;            ///< grows with every change of owner
  std::uint64_t last_event_seq = 0;  ///< of the shard's outbox; 0: none yet
};

/// One domain's database. Thread-safe.
class database {
 public:
  virtual ~database() = default;
  virtual void read(statement s, read_callback done) = 0;
  /// Units of a shard are appended to the lane of that shard, which owns it. Lane n has the shards with shard % lanes() = n.
  virtual commit_lane& lane(std::uint32_t shard) = 0;
  commit_lane& lane() { return lane(0); }
  virtual std::uint32_t lanes() const noexcept { return 1; }
  using claims_callback = std::function<void(result<std::vector<shard_claim>>)>;
  /// Claims every shard that has no owner or a dead one. Calls back with all shards that the lanes own now. Called at start,
  /// and by the runtime's tick while some shards are missing. Not for a database whose lanes are apart.
  virtual void claim_shards(std::uint32_t shard_count, claims_callback done) = 0;
  /// Gives the lease of every lane back if it is held, and starts new lanes (new ids, no shards). The caller drops the memory of
  /// the old ones first.
  virtual void reincarnate(std::function<void(result<void>)> done) = 0;
  /// True: each lane is claimed, lost and given back by itself, and other processes may have other lanes' shards. Else the lanes of
  /// a process have all shards together, or none.
  virtual bool apart() const noexcept { return false; }
  /// The same for one lane of a database whose lanes are apart.
  virtual void claim_lane(std::uint32_t lane, std::uint32_t shard_count, claims_callback done) {
    static_cast<void>(lane);
    claim_shards(shard_count, std::move(done));
  }
  virtual void reincarnate_lane(std::uint32_t lane, std::function<void(result<void>)> done) {
    static_cast<void>(lane);
    reincarnate(std::move(done));
  }
  /// Reads and all lanes reach the server.
  virtual bool available() const noexcept = 0;
  /// Reads reach the server.
  virtual bool readable() const noexcept = 0;
  virtual void collect_metrics(metric_samples& out) const = 0;
  /// Gives the lease back and closes. `done` is called when all connections are closed.
  virtual void stop(std::function<void()> done) = 0;
};

}  // namespace nova::storage
