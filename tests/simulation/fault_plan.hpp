// What befalls a run, drawn from its seed. Printed beside a violation. Used by run.cpp.
#pragma once

#include "tests/simulation/workload.hpp"

#include <string>
#include <vector>

namespace nova::simulation {

enum class blow : std::uint8_t {
  crash,         ///< the process dies with all its memory and starts again a moment later
  crash_twice,   ///< and once more as soon as it is back
  commit_fails,  ///< some transactions are rolled back by a passing error
  lost_before,   ///< the database's connection breaks before a transaction is carried out
  lost_reply,    ///< a transaction is committed, and its reply is lost
  lost_crash,    ///< as lost_reply, and the process dies before it has asked
  away,          ///< a database is away, or one lane of it
  slow_disk,   ///< transactions wait, perhaps for longer than the lease; those of one lane, or all
  pause,       ///< the process is stopped for a while
  long_pause,  ///< for longer than its leases: another node, if there is one, takes over
  wall_jump,   ///< its wall clock is set
  herd,        ///< every socket breaks at once
  deaf,        ///< some devices do not read for a while
  fall,        ///< the actor of a shard falls, if one has decisions in the lane that one
  // Of linked nodes only:
  link_lost,  ///< the connections between two nodes break
  one_way,    ///< nothing comes from one node to another; the other direction works
  cut,        ///< nothing comes through between two nodes
  alone,      ///< nothing comes through between one node and all others
  slow_link,  ///< what one node sends to another takes long
  full_link,  ///< what one node sends to another on the bulk lane is not taken
  move,       ///< a part, or all of a domain, is moved to another node
  leave,      ///< a node gives all its parts away, ends, and starts again
  owing_crash,  ///< a process dies when it has committed a block and not told the entities that hold the old truth
  owing_move,  ///< the reader moves then, and what its node sends takes long
};
inline constexpr std::size_t blow_kinds = 24, alone_kinds = 14;

struct planned_blow {
  blow what = blow::crash;
  milliseconds at{0};
  std::uint64_t after_steps = 0;  ///< within its tick
  std::size_t node = 0;
  std::size_t domain = 0;
  std::int64_t amount = 0;  ///< milliseconds, or how many
  std::uint32_t lane = 0;   ///< of that domain's database; beyond the last lane: all of them
  std::size_t other = 0;    ///< the second node
};

std::string describe(const planned_blow& b);

std::vector<planned_blow> draw_blows(cluster& c, milliseconds from, milliseconds until);

/// Has the cluster carry it out; everything that it breaks is mended again by itself.
void arrange(cluster& c, workload& w, const planned_blow& b);

}  // namespace nova::simulation
