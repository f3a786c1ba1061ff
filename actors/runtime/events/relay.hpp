// Committed events on their way from a source shard to the readers of other domains: pushed from
// memory after the commit, or pulled in pages after a gap. Used by shard and reader.
#pragma once

#include "protocols/core/method.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::runtime {

struct relay_event {
  std::uint64_t seq = 0;
  std::uint32_t type = 0;
  std::string key;
  rpc::message_ptr body;  ///< null when pulled: parse payload
  std::string payload;    ///< empty when pushed
};

/// In order of seq, without gaps.
using relay_batch = std::vector<relay_event>;
using relay_batch_ptr = std::shared_ptr<const relay_batch>;

struct pull_request {
  std::uint64_t after = 0;
  std::uint32_t limit = 0;
  std::function<void(result<relay_batch_ptr>)> done;  ///< any thread, must only post
};

/// The body of an event, parsed if it was pulled; null for an unknown type or broken bytes.
rpc::message_ptr body_of(const relay_event& e, const rpc::event_type& type);
/// The bytes for a dead letter.
std::string payload_of(const relay_event& e);

}  // namespace nova::runtime
