// Accounts that a caller names: are they known here, and does a block stand between? Used by the handlers that create a conversation and add members.
#pragma once

#include "actors/messaging/conversation_entity.hpp"

namespace nova::messaging {

/// Answers with a need until the read model has the accounts or they have had time to arrive (an account that has just
/// registered is an event away), then with an error (not_found, blocked) or nothing. Other calls overtake meanwhile. `first` is how many reads came before.
/// The caller is looked up too, for its name.
using lookup = std::variant<std::monostate, runtime::need, error>;
lookup look_up_persons(const std::vector<uuid>& accounts, const runtime::context& c,
                       const runtime::reads& r, std::size_t first);

/// Puts handle and display name beside each member that the lookup's answer (same `first`) knows.
void add_names(google::protobuf::RepeatedPtrField<Member>& members, const runtime::reads& r,
               std::size_t first);

/// The distinct accounts of `ids` without the caller.
std::vector<uuid> distinct_accounts(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                    const uuid& without);

}  // namespace nova::messaging
