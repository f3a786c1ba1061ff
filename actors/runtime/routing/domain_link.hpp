// One domain of this node, as its own actors see it: its description, its database, and which of its parts this node
// serves. Contains no seat. Used by shards, readers and domain heads.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/routing/router.hpp"
#include "storage/database/database.hpp"
#include "storage/database/retention.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

/// The owner of a part's shards, by the answer to this node's last claim.
enum class holding : std::uint8_t {
  unknown,  ///< no answer yet
  ours,
  elsewhere,  ///< another living node owns them, or has just taken one
  away,       ///< its database does not answer
};

struct domain_link;

/// The shards of a domain that change hands together: shard % parts = number. In a cluster a part has one lane, and each part
/// may be owned by another node. Otherwise the whole domain is one part.
struct domain_part {
  domain_part(domain_link& d, std::uint32_t n) : link(d), number(n) {}

  /// Calls f with each lane of the part until it returns true; returns whether one did.
  template <class F>
  bool any_lane(F f) const;
  /// Called when a unit was refused because the lane is fenced. Wakes the part's head. Any thread.
  void report_fenced() {
    if (!fenced.exchange(true) && head != nullptr) head->wake();
  }
  /// One call less is under way. Wakes the head that waits for the last one. Any thread.
  void answered() {
    if (under_way.fetch_sub(1) == 1 && giving.load() && head != nullptr) head->wake();
  }
  /// The lanes take units, and what is in memory may be served at `now`.
  bool holds(steady_time now) const;

  domain_link& link;
  const std::uint32_t number;
  seat* head = nullptr;
  std::atomic<bool> fenced{false};
  std::atomic<bool> serving{false};  ///< all of its shards are owned and warm_up is done
  std::atomic<runtime::holding> holding{holding::unknown};
  std::atomic<std::int64_t> under_way{0};  ///< calls accepted and not answered
  std::atomic<bool> giving{false};         ///< the head waits until none is under way
  std::atomic<std::int64_t> epoch{0};      ///< the highest of the last claim
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
  domain_part& part_of(std::uint32_t shard) const { return *parts[shard % parts.size()]; }
  /// The shard by whose lane the reader of a source's shard writes. It lives with that shard's owner.
  std::uint32_t reader_home(std::uint32_t source_shard) const {
    return source_shard % domain.shards;
  }
  bool serves(std::uint32_t shard) const {
    return part_of(shard).serving.load(std::memory_order_relaxed);
  }
  bool serves_all() const {
    return std::ranges::all_of(parts, [](const auto& p) { return p->serving.load(); });
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
  std::vector<std::unique_ptr<domain_part>> parts;
  std::atomic<std::uint32_t> reminders_under_way{
      0};  ///< of all shards, at most settings.reminders_at_once
};

template <class F>
bool domain_part::any_lane(F f) const {
  auto& database = *link.database;
  if (database.apart()) return f(database.lane(number));
  for (std::uint32_t n = 0; n < database.lanes(); ++n)
    if (f(database.lane(n))) return true;
  return false;
}

inline bool domain_part::holds(steady_time now) const {
  return !any_lane([now](const storage::commit_lane& lane) {
    return !lane.accepting() || !lane.lease_holds(now);
  });
}

}  // namespace nova::runtime
