// Rows of messaging as structs, and their mapping. Column orders are those of messaging_queries.
#pragma once

#include "protocols/messaging/messaging.pb.h"
#include "storage/database/value.hpp"

#include <optional>

namespace nova::messaging {

enum class conversation_kind : std::uint8_t { direct = 1, group = 2, channel = 3 };
enum class member_role : std::uint8_t { member = 1, admin = 2, owner = 3 };

std::string_view to_text(conversation_kind kind) noexcept;
std::string_view to_text(member_role role) noexcept;
std::optional<conversation_kind> parse_conversation_kind(std::string_view text) noexcept;
std::optional<member_role> parse_member_role(std::string_view text) noexcept;

/// One new message, before it is stored.
struct message_row {
  uuid conversation{};
  std::int64_t seq = 0;
  uuid message_id{};
  uuid sender{};
  std::string client_id;
  std::int64_t body_hash = 0;  ///< of the message as first sent
  std::int64_t rev = 0;
  std::string text;
  std::string extras;          ///< serialised MessageExtras; empty: none
  std::optional<std::int64_t> reply_to;
  unix_ms sent_at = 0;
};

/// What answers a repeated client_id.
struct sent_row {
  std::int64_t seq = 0;
  uuid message_id{};
  unix_ms sent_at = 0;
  std::int64_t body_hash = 0;
};

struct position_row {
  uuid conversation{};
  std::int64_t rev = 0;
  std::int64_t last_seq = 0;
  std::int64_t device_seq = 0;  ///< 0: this device has confirmed nothing
};

/// find_by_client_id.
sent_row sent_row_from(const storage::rows& r, std::size_t row);
/// history_*, missed_messages (with the three reaction columns).
Message message_from(const storage::rows& r, std::size_t row);
/// conversation_members, list_members.
Member member_from(const storage::rows& r, std::size_t row);
/// conversation_summary, list_conversations; members are added by the caller.
Conversation conversation_from(const storage::rows& r, std::size_t row);
position_row position_from(const storage::rows& r, std::size_t row);
/// missed_changes.
Updated updated_from(const storage::rows& r, std::size_t row);

}  // namespace nova::messaging
