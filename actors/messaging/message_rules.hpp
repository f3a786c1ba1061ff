// Pure decisions about messages: what a message may be, what its repeat is compared with, whom it mentions, what a
// reaction may be. Called by the handlers; no runtime types, no SQL.
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

/// The handles that the text mentions as @handle, in lower case, each once, at most `limit`.
std::vector<std::string> handles_in(const std::string& text, std::size_t limit);

bool plausible_emoji(const std::string& emoji);

}  // namespace nova::messaging
