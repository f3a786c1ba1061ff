// Checks accounts that a caller names: are they known, and is there a block? Used by handlers that create conversations or add members.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

namespace nova::messaging {

/// Returns a need until the read model has all accounts or the wait is over: a new registration arrives as an event.
/// Then returns an error (not_found, blocked) or nothing. Other calls overtake meanwhile. `first`: number of earlier reads.
/// The caller is looked up too, for the caller's name.
using lookup = std::variant<std::monostate, runtime::need, error>;
lookup look_up_persons(const std::vector<uuid>& accounts, const runtime::context& c,
                       const runtime::reads& r, std::size_t first);

/// Sets handle and display name of each member that the lookup (with the same `first`) has found.
void add_names(google::protobuf::RepeatedPtrField<Member>& members, const runtime::reads& r,
               std::size_t first);

/// The distinct accounts of `ids` without the caller.
std::vector<uuid> distinct_accounts(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                    const uuid& without);

}  // namespace nova::messaging
