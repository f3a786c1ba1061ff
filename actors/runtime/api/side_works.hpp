// Work beside the actors of a domain that waits for processes or disks: own threads, no state that must survive. Told of committed
// events of its domain on this node; a crash loses those calls, so the works look for what they have missed. A domain's descriptor
// makes it (module.hpp); gateway/main.cpp runs it.
#pragma once

#include "protocols/core/bus.hpp"

namespace nova::runtime {

class side_works {
 public:
  virtual ~side_works() = default;
  /// The bus serves until stop() has returned.
  virtual void start(rpc::bus& bus) = 0;
  /// Called on an actor's thread; must not block.
  virtual void told(const rpc::event_type& type, const rpc::message& event) = 0;
  /// Ends threads and processes.
  virtual void stop() = 0;
};

}  // namespace nova::runtime
