// Collects the pushes of one shard's turn by courier: each courier gets one batch a turn. A large
// audience is grouped by slot once. The grouping is remembered while the entity keeps the same
// shared vector. Used by shard.
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "actors/runtime/routing/router.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

class fanout {
 public:
  /// Audiences up to this size are sent ungrouped; each courier picks out its own accounts.
  static constexpr std::size_t small_audience = 16;

  /// Remembers the groupings of up to `cached` audiences. `source`: the shard whose pushes these are; a node that passes on what
  /// other nodes push has none.
  fanout(router& to, std::size_t cached, shard_address source = {});

  void add(outgoing o);
  void flush();

 private:
  using accounts_ptr = std::shared_ptr<const std::vector<uuid>>;
  using groups = std::vector<std::pair<std::uint32_t, std::shared_ptr<audience_part>>>;
  struct remembered {
    std::weak_ptr<const std::vector<uuid>> of;
    groups by_slot;
  };

  const groups& grouping(const accounts_ptr& accounts);
  void add_many(outgoing& o, std::size_t bytes);
  void queue(std::uint32_t slot, delivery d);

  router& to_;
  const bool spreads_;
  const std::size_t cached_;
  const shard_address source_;
  std::vector<std::vector<delivery>> waiting_;  // by slot
  std::vector<std::uint32_t> touched_;
  std::unordered_map<const void*, remembered> cache_;
};

}  // namespace nova::runtime
