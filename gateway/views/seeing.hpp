// May this caller see one of these places? Asked before a medium is shown that the caller does not own: who sees a post, belongs to
// a conversation, or finds the person, sees what is attached there. The domains that have the places decide.
#pragma once

#include "protocols/core/bus.hpp"
#include "protocols/views/views.pb.h"

#include <functional>

namespace nova::gateway {

/// Places that are asked for at most, the rest does not count.
inline constexpr int most_places = 100;

/// `done` is called once, on any thread. True: at least one is seen. The error of a domain that is away counts only if no other
/// place is seen.
void may_see(rpc::bus& bus, const rpc::caller& caller, const std::string& request_id,
             std::chrono::steady_clock::time_point deadline,
             const google::protobuf::RepeatedPtrField<views::MediaPlace>& places,
             std::function<void(result<bool>)> done);

}  // namespace nova::gateway
