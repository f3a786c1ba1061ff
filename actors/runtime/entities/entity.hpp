// One virtual entity in memory: an actor that its shard hosts, with its own state, mailbox and life
// cycle. Only the shard changes the fields.
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
    failing,  ///< a commit or handler failed; the entity waits for the outcomes of its units in the lane,
              ///< then loads again
  };

  phase at = phase::loading;
  /// A read model changed, or a decision set `passivate`: nothing more begins with this state. As soon as nothing is under
  /// way, the entity leaves memory, or loads again for the flights that wait.
  bool reload_wanted = false;
  bool lost_commit =
      false;  ///< failing because of a commit: answers that wait behind that commit are void
  std::uint32_t kind = 0;
  std::uint32_t queries = 0;  ///< flights in `reading`
  std::uint32_t units = 0;    ///< flights of `pending` that wait for a lane
  std::uint64_t activation = 0;
  std::size_t weight = 0;
  steady_time used{};
  const std::string* key = nullptr;  ///< points to the key in the shard's map
  std::unique_ptr<state_box> state;
  flight_queue stash;
  flight_queue pending;  ///< decided, in order; each waits for its commit
  flight_queue rerun;    ///< to be decided again after the load, in order
  flight_ptr current;    ///< the load, or the command whose needs make the entity wait
  flight_queue reading;  ///< queries, and commands with `goes_on`, whose needs are under way
  std::vector<std::function<void()>> refreshed;  ///< called when the old state is gone

  bool busy() const noexcept {
    return current || queries != 0 || !pending.empty() || !stash.empty() || !rerun.empty();
  }
};

using entity_list = boost::intrusive::list<entity, boost::intrusive::constant_time_size<false>>;

}  // namespace nova::runtime
