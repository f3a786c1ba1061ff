// One node: the actor system with its domains. gateway/main.cpp starts it; the gateway
// calls it through rpc::bus. CAF is hidden behind it.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "actors/runtime/node/dead_letters.hpp"
#include "actors/runtime/placement/cluster_options.hpp"
#include "config/settings/runtime_settings.hpp"
#include "protocols/core/bus.hpp"
#include "storage/database/database.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nova::runtime {

struct node_options {
  config::runtime_settings settings;
  const wall_clock* wall = &system_wall_clock();
  random_source* random = &system_random();
  /// Makes the push that tells a watcher of `account`'s presence; null: presence is not pushed.
  /// `last_seen` is 0 when the account was never seen by this node. Called by couriers.
  std::function<rpc::push_ptr(const uuid& account, bool online, unix_ms last_seen)> make_presence;
  /// Keeps when an account was last online. No method: only the node's memory knows it.
  seen_note note_seen;
  /// False for the number of an event that this program does not know, because a newer program wrote it.
  /// A reading domain keeps the event for a program that knows it. Null: all events are known.
  std::function<bool(std::uint32_t event)> knows_event;
  /// Called with the reason when the root supervisor gave up. The process should then end with a failure. Any
  /// thread.
  std::function<void(std::string)> failed;
  /// Empty: this process is all of Nova, and opens no port.
  std::optional<cluster_options> cluster = {};
  /// Deterministic mode of actors/runtime/node/testing.hpp: no scheduler threads, virtual time, jobs run
  /// inline.
  bool simulated = false;
};

/// Thread-safe. Order of use: add and tap, start, (calls), stop, destructor.
class node final : public rpc::bus {
 public:
  node(node_options options, rpc::push_sink& sink);
  ~node() override;
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Adds a domain with its database. Call before start().
  void add(domain d, std::shared_ptr<storage::database> database);

  /// A domain that only other nodes own, made without its secrets: only its outline counts. Call before start().
  void know(const domain& outline);

  /// Calls back with each committed event of the type, after its commit, on an actor's thread. Not durable:
  /// a crash loses calls that were not made yet. Call before start().
  void tap(const rpc::event_type& type, std::function<void(const rpc::message_ptr&)> callback);

  /// Opens the port for other nodes and begins to look for them. Call before start(), and only in a cluster. Returns the port.
  result<std::uint16_t> join();

  /// Starts the tree of actors and begins to claim shards. ready() tells when the node serves. Returns at
  /// once.
  void start();

  /// Ordered stop: refuses new calls (`unavailable`), lets accepted calls finish, ends the actors in
  /// reverse order of their start, gives the leases back. False when the budget was too short; then
  /// end the process with std::quick_exit.
  bool stop(std::chrono::milliseconds budget);

  /// The edge for taps: of this process, and in a cluster of every gateway node.
  rpc::push_sink& edge();
  /// The nodes and owners that this node knows. Empty without a cluster.
  cluster_status status() const;
  /// Begins planned moves to another node: of one part, or of all parts of the domain that this node owns.
  result<void> give(const std::string& domain, std::optional<std::uint32_t> part,
                    const std::string& to);
  /// Gives all parts to other nodes, for a stop that fails no call. False: some are still here after the budget.
  bool hand_over(std::chrono::milliseconds budget);
  /// Changes this node's address of the operations pages.
  void tell_operations(std::string address);
  /// See link::gate::renew; nothing without a cluster.
  result<void> renew_certificate(const config::cluster_settings& s);

  // rpc::bus
  void call(rpc::call c) override;
  void attach(rpc::attachment a, std::function<void(result<void>)> attached) override;
  void detach(rpc::connection_id connection, const uuid& account) override;
  bool ready() const override;
  void collect_metrics(metric_samples& out) const override;

  // For operators. Callbacks run on an actor's or a storage thread and must not block.
  static constexpr std::uint32_t max_letter_page = 1000;
  /// Dead letters of a consuming domain behind `after`, in order; at most max_letter_page.
  void dead_letters(std::string_view consumer, const letter_id& after, std::uint32_t limit,
                    std::function<void(result<std::vector<dead_letter>>)> done) const;
  /// Tries the oldest letter of this letter's key now, then the other letters of the key. Answers when the
  /// try is scheduled; `not_found` for an unknown letter.
  void retry_dead_letter(std::string_view consumer, const letter_id& id,
                         std::function<void(result<void>)> done);
  /// Deletes the letter without an effect; `record` is committed with it. Then the letters behind it are tried.
  void discard_dead_letter(std::string_view consumer, const letter_id& id,
                           std::function<void(result<void>)> done,
                           std::vector<storage::statement> record = {});
  /// How far each domain is with the events of each other; sums over all shards.
  std::vector<event_lag> event_lags() const;

  struct impl;
  impl& internals() noexcept { return *impl_; }  ///< for actors/runtime/node/testing.hpp

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace nova::runtime
