// How calls, events and pushes leave an actor: by name and number, never by the seat of an actor of
// this process. So the receiver may live on another node. That needs another route, but no change in
// shards, readers and fanout. Implemented by placement/local_router.hpp and placement/cluster_router.hpp.
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "actors/runtime/routing/delivery.hpp"
#include "actors/runtime/routing/relay.hpp"
#include "protocols/core/bus.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::runtime {

/// A shard by its name. Only the router knows the shard's owner.
struct shard_address {
  std::string_view domain;
  std::uint32_t shard = 0;
};

/// Thread-safe; no function blocks. Callers send whole batches: one call per turn, not one per message.
class router {
 public:
  virtual ~router() = default;

  /// Routes a call to its entity. If that is not possible, answers the call itself.
  virtual void call(rpc::call c) = 0;

  // Events, by the source shard that committed them.

  /// True when another domain takes events of this domain, so batches are worth making.
  virtual bool wanted(std::string_view domain) const = 0;
  /// Sends the batch to each consumer. A consumer that cannot take it now pulls later.
  virtual void publish(shard_address source, const relay_batch_ptr& batch) = 0;
  /// Tells each consumer that new events may be there to pull.
  virtual void announce(shard_address source) = 0;
  /// Calls the taps of this node.
  virtual void tap(std::uint32_t event, const rpc::message_ptr& body) = 0;
  /// The same for an event that was read from the outbox.
  virtual void tap_stored(std::uint32_t event, const std::string& payload) = 0;
  /// Passes the question to `consumer`. False: no domain of that name takes events of the shard, or it cannot take them now.
  virtual bool settle(shard_address source, std::string_view consumer, settle_wait question) = 0;

  // Events, by the reader of a consuming domain.

  /// The highest committed event of the shard that is known here.
  virtual std::uint64_t last_event(shard_address source) const = 0;
  /// False until the shard's owner has said for the first time how many events it has.
  virtual bool knows_events(shard_address source) const = 0;
  /// True while another node is known to own the reader's home. That node tells of the reader.
  virtual bool read_elsewhere(shard_address home) const {
    static_cast<void>(home);
    return false;
  }
  virtual void pull(shard_address source, pull_request request) = 0;
  /// Delivers an event to its entity in the target shard.
  virtual void deliver(shard_address target, event_delivery event) = 0;
  /// Delivers one shard's part of an event to that shard.
  virtual void deliver_part(shard_address target, part_ptr part) = 0;
  /// The entity loads its state again if it is in memory. Then `done` is called; `done` must only post.
  virtual void refresh(shard_address target, std::string_view kind, const std::string& key,
                       std::function<void()> done) = 0;

  // Pushes.

  /// The number of courier slots, a power of two; see courier_of.
  virtual std::size_t slots() const = 0;
  /// See audience_part::nobody_at.
  virtual std::uint64_t arrivals(std::uint32_t slot) const = 0;
  /// Takes all of `waiting`. When the slot's queue is over its limit, the slot's sockets are told to resume.
  virtual void push(std::uint32_t slot, std::vector<delivery>& waiting) = 0;
  /// True when accounts may have sockets on other nodes. It does not change.
  virtual bool spreads() const { return false; }
  /// Sends the push of a shard to the other nodes where its audience has sockets. Called only if spreads().
  virtual void push_away(shard_address source, const outgoing& o) {
    static_cast<void>(source);
    static_cast<void>(o);
  }
  virtual void watch(watch_accounts set) = 0;
  /// Pushes were lost, and their receivers are unknown. All sockets are told to resume.
  virtual void lose_pushes() = 0;
  virtual void unwatch(end_watch pair) = 0;
};

}  // namespace nova::runtime
