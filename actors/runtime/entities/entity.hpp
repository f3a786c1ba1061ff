// One virtual entity in memory: an actor that its shard hosts, with state, mailbox and life cycle
// of its own. All fields are the shard's to change.
#pragma once

#include "actors/runtime/entities/flight.hpp"

#include <boost/intrusive/list.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::runtime {

struct entity
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  enum class phase : std::uint8_t {
    loading,  ///< the load's needs are under way; calls wait in the stash
    ready,
    failing,  ///< a commit or handler failed: waits for the outcomes of what is in the lane, then
              ///< loads anew
  };

  phase at = phase::loading;
  bool reload_wanted = false;  ///< a read model changed: load anew as soon as nothing is under way
  bool drop_wanted = false;    ///< a decision asked for passivation
  bool lost_commit =
      false;  ///< failing because of a commit: answers that were to follow it are void
  std::uint32_t kind = 0;
  std::uint32_t queries = 0;  ///< flights in `reading`
  std::uint32_t units = 0;    ///< of `pending`, those that wait for a lane
  std::uint64_t activation = 0;
  std::size_t weight = 0;
  steady_time used{};
  const std::string* key = nullptr;  ///< the map's
  std::unique_ptr<state_box> state;
  flight_queue stash;
  flight_queue pending;  ///< decided, in order; waits for commits
  flight_queue rerun;    ///< to be decided again after the load, in order
  flight_ptr current;    ///< the load, or the command whose needs stall the entity
  flight_queue reading;  ///< queries, and commands that hold nobody, whose needs are under way
  std::vector<std::function<void()>> refreshed;  ///< told when the old state is gone

  bool busy() const noexcept {
    return current || queries != 0 || !pending.empty() || !stash.empty() || !rerun.empty();
  }
};

using entity_list = boost::intrusive::list<entity, boost::intrusive::constant_time_size<false>>;

}  // namespace nova::runtime
