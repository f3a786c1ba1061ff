// The commit lane on libpq: one session, one transaction at a time; all waiting units go into the next transaction. Made by
// postgres_database.cpp. append() is called on any thread; everything else happens on the storage thread.
//
//   idle ──append/renew──▶ batch sent ──sync──▶ committed: done(…), next batch (under load after commit_delay_us)
//                              │ error: rolled back ─▶ split (bisect) until the poison unit is alone
//                              │ a lock of another session ─▶ the rest first, the suspects alone, then parked (parked_units.hpp)
//                              │ lost: reconnect ─▶ resolve: is the batch's row there ─▶ committed, or sent again as the same number
//                              └ NOVF1, number taken: resolve ─▶ committed before, or fenced
//
// A batch keeps its number until its fate is known, and a number is committed only once. So a late attempt (of a server that hung
// in its COMMIT) is never committed a second time. The status of a transaction id proves nothing: after a crash of the server,
// the id may belong to another transaction.
#pragma once

#include "storage/database/batch.hpp"
#include "storage/postgres/database_clock.hpp"
#include "storage/postgres/host_turns.hpp"
#include "storage/postgres/parked_units.hpp"
#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/statement_metrics.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <unordered_set>

namespace nova::storage {

enum class verdict : std::uint8_t;
using claim_callback = std::function<void(result<std::vector<shard_claim>>)>;

/// The place of a lane among those of its process: it has the shards with shard % parts = part.
struct lane_place {
  uuid process{};
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
  /// The lane has its part for itself, and other processes may have other parts. Else all lanes of one process live and die together.
  bool apart = false;
};

class postgres_lane final : public commit_lane,
                            public session_sink,
                            public std::enable_shared_from_this<postgres_lane> {
 public:
  postgres_lane(boost::asio::io_context& io, const postgres_options& options,
                statement_metrics& metrics, lane_place place);

  bool append(commit_unit unit) override;
  bool accepting() const noexcept override;
  std::chrono::steady_clock::time_point lease_until() const noexcept override;
  /// Notices a suspension of the machine at most a millisecond late.
  bool lease_holds(std::chrono::steady_clock::time_point now) const noexcept override;
  bool fenced() const noexcept override { return fenced_; }
  const uuid& id() const noexcept override { return *id_.load(); }

  /// The rest: storage thread only.
  void start();
  /// Called when a server does not answer and another host is to be tried.
  void when_silent(std::function<void()> then) { silent_ = std::move(then); }
  void claim(std::uint32_t shard_count, claim_callback done);
  /// `process`: the new one of a process whose lanes live and die together. A lane apart is given back when `done` is called; its
  /// next session may not be there yet, and claims wait for it.
  void reincarnate(const uuid& process, std::function<void(result<void>)> done);
  void stop(std::function<void()> done);
  /// From any thread.
  bool connected() const noexcept { return connected_; }

 private:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;
  /// Units to be committed together, or those that remain after a failure.
  struct segment {
    std::vector<pending_unit> units;
    unsigned attempts = 0;
    bool cautious = false;  ///< suspects: sent without other units, and without waiting for a lock
  };
  struct failure {
    std::string state;   ///< SQLSTATE; empty: none yet
    std::string detail;  ///< constraint, or the query's name
    const storage::query* query = nullptr;
    std::ptrdiff_t unit =
        -1;  ///< the unit that failed; -1: a merged statement or one of the lane's own
    session_tag tag = 0;
  };
  /// The transaction under way, kept until its fate is known.
  struct transaction {
    segment content;
    std::int64_t number = 0;
    shard_counters counters;  ///< after it
    std::vector<batch_step> steps;
    clock::time_point sent{};               ///< the attempt under way
    std::chrono::nanoseconds suspended{0};  ///< of the machine, when first sent
    clock::time_point
        first_sent{};  ///< the lease of a batch with an unknown attempt counts from here
    failure failed;
    bool commit_sent = false;
    bool doubtful =
        false;  ///< an attempt on a lost connection may still arrive; the number must not be given up
    bool burning = false;  ///< commits only the number, so no attempt can be committed any more
    failure refusal;       ///< used for the content when the number is burnt
  };
  struct claim_request {
    std::uint32_t shard_count;
    claim_callback done;
  };
  enum class stage : std::uint8_t {
    disconnected,
    resolving,
    idle,
    batch,
    claiming,
    waiting,
    releasing,
    stopped
  };

  void on_open() override;
  void on_result(session_tag tag, const pg_result* r) override;
  void on_sync(session_tag tag) override;
  void on_lost(const std::string& reason) override;
  bool on_silent() override { return give_up("no answer while connecting"); }
  /// The server ended its wait for a standby. The batch is committed here, and perhaps on no standby.
  void on_warning() override { warned_ = true; }

  void connect();
  void reconnect_later();
  bool give_up(const std::string& reason);
  void resolve();
  void resolved();
  void resolve_result(session_tag tag, const pg_result* r);
  void become_fenced();
  void fail_everything(commit_status status, const std::string& detail);
  void send_claim();
  void claim_result(session_tag tag, const pg_result* r);
  void claimed();
  void finish_claims(const error& e);
  void release();
  void finish_stop();
  void begin_anew();
  void arm_renewal();
  void watch_request();
  void arm_watch();
  milliseconds backoff();

  void woken();
  void proceed();
  bool collects();
  bool take_segment(segment& out);
  void drop_defective(segment& s);
  void send(segment content);
  void send_statements();
  void send_plain(std::string_view sql, session_tag tag);
  void send_step(const batch_step& step, session_tag tag);
  void send_outbox();
  void send_commit();
  void note_clock(const pg_result* r);
  database_clock::time own_time() const;
  void step_failed(session_tag tag, const pg_result* r);
  void forget_batches();
  void committed(clock::time_point lease_from);
  void rolled_back();
  void send_again(verdict kind);
  void burnt();
  void go_on(segment content, failure f);
  void split(segment content, const failure& f);
  void refuse(segment content, const failure& f);
  void refuse(pending_unit& unit, commit_status status, std::string detail);
  void suspect(segment content, const failure& f);
  void suspect_again(segment content, const failure& f);
  void bisect(segment content);
  void put_back(segment content);
  void dissolve(const segment& content);
  void release_parked(const std::vector<std::uint64_t>& orders);
  bool take_suspects(segment& out);
  void refuse_overdue();
  void arm_parked();
  void retry_later(bool away, const failure& f,
                   void (postgres_lane::*next)() = &postgres_lane::proceed);
  void extend_lease(clock::time_point sent, std::chrono::nanoseconds suspended);
  std::chrono::nanoseconds suspended() const;
  void finish(pending_unit& u, commit_status status, std::string detail);
  void call_finished();

  boost::asio::io_context& io_;
  const postgres_options options_;
  const config::storage_settings& settings_;
  statement_metrics& metrics_;
  lane_place place_;  ///< its process: storage thread only

  // Any thread.
  mutable std::mutex mutex_;
  std::deque<pending_unit> queue_;
  bool wake_posted_ = false;
  std::size_t wake_at_ = 1;  ///< units in the queue; more than one while the lane collects
  std::unordered_set<std::uint64_t> refused_;  ///< activations
  std::deque<std::uint64_t> refused_order_;
  std::atomic<std::size_t> waiting_units_{0}, waiting_bytes_{0};
  std::atomic<std::uint64_t> last_order_{0};
  std::atomic<bool> serving_{false};  ///< connected, registered and not in trouble
  std::atomic<bool> connected_{false}, fenced_{false}, stalled_{false}, stopping_{false},
      giving_{false};  ///< the lease is given back as soon as nothing waits
  /// The steady clock stands still while the machine is suspended; the database's clock does not. So the end of the lease is
  /// kept as steady time plus the time of suspension, in nanoseconds. 0: no lease.
  std::atomic<std::int64_t> lease_until_{0};
  mutable std::atomic<std::int64_t> suspended_ns_{0}, suspended_read_at_{0};  ///< for lease_holds
  std::deque<uuid> ids_;
  std::atomic<const uuid*> id_{nullptr};

  // Storage thread.
  stage stage_ = stage::disconnected;
  std::shared_ptr<session> session_;
  host_turns turns_;
  std::function<void()> silent_;
  std::vector<std::shared_ptr<session>> abandoned_;  ///< given up and not yet gone; one a host
  boost::asio::steady_timer reconnect_timer_, renewal_timer_, watch_timer_, retry_timer_,
      stop_timer_, collect_timer_, parked_timer_;
  parameter_buffer params_;
  std::minstd_rand jitter_;
  unsigned failed_connects_ = 0;
  bool registered_ = false, ever_connected_ = false, in_transaction_ = false;
  std::int64_t last_number_ = 0;  ///< of the last batch sent
  std::int64_t forgotten_ = 0;    ///< batch rows below this number are deleted
  std::int64_t forgetting_ = 0;   ///< the batch under way deletes batch rows below this number
  clock::time_point last_forgotten_{};
  shard_counters counters_;       ///< of the shards owned; as committed
  std::deque<segment> retry_;     ///< before the queue
  std::deque<segment> suspects_;  ///< sent in turn with the other units
  parked_units parked_;
  bool suspects_turn_ = true;
  clock::time_point
      wary_until_{};  ///< until then no batch waits long for a lock, because another session held one a moment ago
  const std::string cautious_sql_;
  std::optional<transaction> under_way_;
  std::vector<std::pair<pending_unit, commit_outcome>>
      finished_;  ///< units whose callback has yet to be called
  bool finish_posted_ = false;
  std::size_t told_waiting_ = 0, told_parked_ = 0;  ///< this lane's share of the metrics
  std::size_t last_units_ = 0;                      ///< in the last batch that was committed
  clock::time_point last_committed_{};              ///< time of that commit
  std::map<const query*, std::string> guarded_;     ///< SQL that also checks expect_rows
  clock::time_point last_request_{}, last_renewal_{};
  bool watching_ = false;
  // The results of a resolve.
  bool found_row_ = false, found_fenced_ = false, found_batch_ = false, found_burnt_ = false;
  std::string resolve_failed_;  ///< SQLSTATE
  bool warned_ = false;
  std::deque<claim_request> claims_;
  std::optional<result<std::vector<shard_claim>>> claim_answer_;
  database_clock clock_;
  bool claim_fenced_ = false;
  clock::time_point claim_sent_{};
  std::chrono::nanoseconds claim_suspended_{0};
  std::vector<std::function<void(result<void>)>> reincarnated_;
  std::function<void()> stopped_;
};

}  // namespace nova::storage
