// Pure decisions about messages: what a message or a title may be, what a repeat is compared with. Called by the handlers; no runtime types, no SQL.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/messaging/messaging.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace nova::messaging {

/// Compared with that of a repeated client_id: text, media_ids and reply_to.
std::int64_t body_hash_of(const SendRequest& q);

/// `last_seq`: of the conversation, the newest message that can be replied to.
std::optional<error> check_message(const SendRequest& q, std::int64_t last_seq);

/// Refused as a field when it names nothing visible, or too much. Empty when the title says nothing.
result<std::string> checked_title(const std::string& title);

}  // namespace nova::messaging
