// The pure decisions about notifications: which acts are told, under which id, and how they look. Called by notices_entity
// and by the handlers that notice acts.
#pragma once

#include "protocols/core/ids.hpp"
#include "storage/user/user_rows.hpp"

#include <optional>
#include <string_view>

namespace nova::user {

class Notification;

namespace notice_kind {
inline constexpr std::string_view follow = "follow", follow_request = "follow_request",
                                  mention = "mention", comment = "comment", reaction = "reaction",
                                  share = "share", poll_ended = "poll_ended";
}

/// Whether the account wants to be told: not of its own acts, not of people whom it mutes or with a block between them,
/// not of the kinds that it switched off.
bool told(std::string_view kind, const settings_row& settings, const relation_facts_row& facts);

/// Acts that can be taken back and done again are told once; the others once for each time of the act.
bool told_once(std::string_view kind);

/// A fresh id, above all earlier ones of the account.
uuid next_notice_id(const uuid& fresh, const std::optional<uuid>& last);

Notification notification_message(const shown_notice_row& row,
                                  const std::optional<uuid>& read_up_to);

}  // namespace nova::user
