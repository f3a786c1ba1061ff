// What all actors of one node share: clocks, randomness, limits, timers, the table of domains and
// methods, metrics. No CAF here: node.cpp gives it a clock and seats the actors. Used by everything
// in actors/runtime.
#pragma once

#include "actors/runtime/kernel/crash_log.hpp"
#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/entities/job_pool.hpp"
#include "actors/runtime/kernel/metrics.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/runtime/kernel/seat.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

struct flight;
struct hub;
class shard_seat;
class reader_seat;
class courier_seat;
class host_seat;

/// Whose a domain's shards are, as this node's last claim was answered.
enum class holding : std::uint8_t {
  unknown,    ///< no answer yet
  ours,
  elsewhere,  ///< another living node's, or taken by one just now
  away,       ///< its database does not answer
};

/// One domain of this node, from add() to the end of the process.
struct domain_link {
  runtime::hub* hub = nullptr;
  runtime::domain domain;
  std::shared_ptr<storage::database> database;
  std::vector<std::unique_ptr<shard_seat>> shards;
  std::vector<std::unique_ptr<reader_seat>> readers;  ///< of this domain, one per source shard
  std::unique_ptr<host_seat> host;
  /// By shard of this domain: readers of other domains that want its events.
  std::vector<std::vector<reader_seat*>> listeners;
  std::unordered_map<std::uint32_t, const intake*> intakes;  ///< by event number
  std::vector<class_metrics*> kind_metrics;                  ///< by index of the kind
  class_metrics* shard_metrics = nullptr;
  std::atomic<bool> serving{false};  ///< all shards owned once, warm_up done
  std::atomic<runtime::holding> holding{holding::unknown};

  std::size_t kind_index(
      std::string_view kind) const;  ///< throws std::logic_error for an unknown one
  shard_seat& shard_of(std::string_view key) const;
  std::uint32_t shard_number(std::string_view key) const {
    return static_cast<std::uint32_t>(stable_hash(key) % domain.shards);
  }
};

/// Where a method goes.
struct route {
  domain_link* domain = nullptr;
  std::size_t kind = 0;
  const erased_handler* handler = nullptr;
};

struct hub {
  node_options options;
  rpc::push_sink* sink = nullptr;
  std::function<steady_time()> now;
  runtime::metrics metrics;
  crash_log crashes;
  job_pool jobs;
  std::vector<std::unique_ptr<domain_link>> domains;
  std::vector<std::unique_ptr<courier_seat>> couriers;
  std::unordered_map<std::uint32_t, route> routes;
  std::unordered_map<std::uint32_t, std::vector<std::function<void(const rpc::message_ptr&)>>> taps;
  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> under_way{0};    ///< calls accepted and not answered
  std::atomic<std::int64_t> uncommitted{0};  ///< units in a lane without an outcome
  std::atomic<std::uint64_t> last_activation{0};

  hub(node_options o, rpc::push_sink& s);
  ~hub();

  const config::runtime_settings& settings() const noexcept { return options.settings; }
  unix_ms wall() const { return options.wall->now(); }
  domain_link* find(std::string_view domain) const;
  /// Nodes do not call each other: one of them must hold all domains. The node that holds the first one
  /// may hold the others.
  domain_link& anchor() const { return *domains.front(); }
  /// Another node serves a domain that this one would need for its sockets.
  bool ousted() const;
  std::uint64_t next_activation() { return ++last_activation; }
  void log(std::string_view severity, std::string line) const;

  /// Routes a call to its shard's inbox; answers itself when it cannot.
  void call(rpc::call c);

  /// Calls `fire` on the ticker's actor after the delay; it must only post. For pauses and retries,
  /// not for each call.
  void after(std::chrono::milliseconds delay, std::function<void()> fire);
  /// By the ticker, once per tick: fires what is due and wakes the seats whose alarm is due.
  void tick();
  void watch_alarm(seat& s) { alarms_.push_back(&s); }

  /// `base` with ±50 % of the injected randomness.
  std::chrono::milliseconds jitter(std::chrono::milliseconds base);

 private:
  struct timer {
    steady_time due;
    std::uint64_t order;
    std::function<void()> fire;
    bool operator<(const timer& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };
  result<std::string> key_of(const rpc::call& c, const route& r);

  std::mutex timer_mutex_;
  std::vector<timer> timers_;  // a heap
  std::uint64_t timer_order_ = 0;
  std::vector<seat*> alarms_;
};

/// The error a caller gets when this node cannot serve now.
error unavailable(std::uint32_t retry_after_ms);

}  // namespace nova::runtime
