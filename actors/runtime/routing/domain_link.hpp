// One domain of this node, as its own actors see it: its description, its database, and whether this node serves
// it. Contains no seat. Used by shards, readers and domain heads.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/routing/router.hpp"
#include "storage/database/database.hpp"
#include "storage/database/retention.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

/// The owner of a domain's shards, by the answer to this node's last claim.
enum class holding : std::uint8_t {
  unknown,  ///< no answer yet
  ours,
  elsewhere,  ///< another living node owns them, or has just taken one
  away,       ///< its database does not answer
};

struct domain_link {
  domain_link(runtime::domain d, std::shared_ptr<storage::database> db, runtime::services& s,
              runtime::router& r);

  /// Empty for a kind that this program does not know.
  std::optional<std::size_t> find_kind(std::string_view kind) const;
  std::uint32_t shard_number(std::string_view key) const {
    return static_cast<std::uint32_t>(stable_hash(key) % domain.shards);
  }
  shard_address address(std::uint32_t shard) const { return {domain.name, shard}; }
  shard_address home_of(std::string_view key) const { return address(shard_number(key)); }
  storage::commit_lane& lane(std::uint32_t shard) const { return database->lane(shard); }
  /// Calls f with each lane until it returns true; returns whether one did.
  template <class F>
  bool any_lane(F f) const {
    for (std::uint32_t n = 0; n < database->lanes(); ++n)
      if (f(database->lane(n))) return true;
    return false;
  }
  /// Called when a unit was refused because the lane is fenced. Wakes the domain's head. Any thread.
  void report_fenced() {
    if (!fenced.exchange(true) && head != nullptr) head->wake();
  }

  runtime::domain domain;
  const std::shared_ptr<storage::database> database;
  /// Covers the runtime's tables and the tables that the domain names. The head of the domain ticks it.
  std::shared_ptr<storage::retention> retention;
  /// By shard: the highest event that every consumer of this node has read durably. Set before the start. Any thread.
  std::function<std::vector<std::int64_t>()> outbox_read;
  runtime::services& services;
  runtime::router& router;
  std::unordered_map<std::uint32_t, const intake*> intakes;  ///< by event number
  std::vector<class_metrics*> kind_metrics;                  ///< by index of the kind
  class_metrics* shard_metrics = nullptr;
  seat* head = nullptr;  ///< seat of the domain's head
  std::atomic<std::uint32_t> reminders_under_way{
      0};  ///< of all shards, at most settings.reminders_at_once
  std::atomic<bool> fenced{false};
  std::atomic<bool> serving{false};  ///< all shards are owned and warm_up is done
  std::atomic<runtime::holding> holding{holding::unknown};
  std::atomic<std::int64_t> under_way{0};  ///< calls accepted and not answered
  std::atomic<std::int64_t> epoch{0};      ///< the highest of the last claim
};

}  // namespace nova::runtime
