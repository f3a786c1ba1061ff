// Carries out a handler's needs: reads, jobs, asks and pauses, all at the same time. Used by
// shards, readers and domain heads.
#pragma once

#include "actors/runtime/api/decision.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace nova::runtime {

struct need_result {
  reads::item value;
  std::optional<error> failed;
};

/// The origin of needs. Asked entities see this caller; jobs give up at this deadline.
struct need_origin {
  const rpc::caller* caller = nullptr;
  std::string_view request_id;
  steady_time deadline{};
};

/// How long the needs of an event's effect may take.
inline constexpr std::chrono::milliseconds event_needs_within{5000};

/// `deliver` is called once per item, with the item's index. It is called from any thread, or before this
/// function returns, and must only post.
void carry_out(domain_link& d, need&& what, const need_origin& origin,
               std::function<void(std::size_t index, need_result)> deliver);

}  // namespace nova::runtime
