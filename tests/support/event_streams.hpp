// Which domain takes events of which, as the domains' modules say. Used by the crash test and the simulation, which check
// that everything published arrives.
#pragma once

#include <string>
#include <vector>

namespace nova::test {

struct event_stream {
  std::string source;
  std::string consumer;
};

/// Ordered by source, then consumer.
std::vector<event_stream> event_streams();

}  // namespace nova::test
