// Pure decisions about messages: limits of messages and titles, the hash that detects repeats. Called by the handlers. No SQL.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/messaging/messaging.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace nova::messaging {

/// The hash of text, media_ids and reply_to. A repeated client_id must have the same hash.
std::int64_t body_hash_of(const SendRequest& q);

/// `last_seq` of the conversation: the newest message that a reply can name.
std::optional<error> check_message(const SendRequest& q, std::int64_t last_seq);

/// A field error when the title shows nothing visible or is too long. Empty for a title of white space only.
result<std::string> checked_title(const std::string& title);

}  // namespace nova::messaging
