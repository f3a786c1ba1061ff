// The methods that decide about transfers, found by their option `transfer`. Used by all of this room.
#pragma once

#include "protocols/core/method.hpp"

namespace nova::gateway {

struct transfer_steps {
  transfer_steps();
  /// A domain of this Nova declares all steps.
  bool complete() const noexcept;

  const rpc::method* limits = nullptr;
  const rpc::method* open = nullptr;
  const rpc::method* state = nullptr;
  const rpc::method* grant = nullptr;
  const rpc::method* report = nullptr;
  const rpc::method* finish = nullptr;
  const rpc::method* end = nullptr;
  const rpc::method* read = nullptr;
  const rpc::method* kept = nullptr;   ///< for exports; null: no domain keeps files
  const rpc::method* media = nullptr;  ///< the question for media of views.proto
};

}  // namespace nova::gateway
