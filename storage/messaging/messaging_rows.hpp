// Rows of messaging as structs, and their mapping. Only messaging_rows.cpp knows column positions; they are those of
// messaging_queries.cpp. Used by messaging_store and by actors/messaging.
#pragma once

#include "protocols/messaging/messaging.pb.h"
#include "storage/database/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nova::messaging {

enum class conversation_kind : std::uint8_t { direct = 1, group = 2, channel = 3, chat = 4 };
enum class member_role : std::uint8_t { member = 1, admin = 2, owner = 3 };

/// A privacy setting of user. `some`: the accounts that one follows may write; accounts with a common conversation see one's
/// presence.
enum class allowed : std::uint8_t { everyone = 1, some = 2, no_account = 3 };

std::string_view to_text(conversation_kind kind) noexcept;
std::string_view to_text(member_role role) noexcept;
std::optional<conversation_kind> parse_conversation_kind(std::string_view text) noexcept;
std::optional<member_role> parse_member_role(std::string_view text) noexcept;
/// Takes the texts of user's settings. A text that is none of them allows the least.
allowed parse_allowed(std::string_view text) noexcept;

struct conversation_row {
  conversation_kind kind = conversation_kind::group;
  std::optional<std::string> title;
  unix_ms created_at = 0;
  std::int64_t rev = 0;
};

struct member_row {
  uuid account{};
  member_role role = member_role::member;
  unix_ms joined_at = 0;
  std::int64_t read_seq = 0;
  std::int64_t delivered_seq = 0;
  unix_ms listed_at = 0;  ///< the conversation's place in this member's list; 0: none
};

/// The answer to a repeated client_id. `body_hash` is the hash of the message as first sent.
struct sent_row {
  std::int64_t seq = 0;
  uuid message_id{};
  unix_ms sent_at = 0;
  std::int64_t body_hash = 0;
};

struct recent_row {
  uuid sender{};
  std::string client_id;
  sent_row sent;
};

struct head_row {
  uuid sender{};
  bool recalled = false;
  bool reacted = false;  ///< it has, or had, reactions
};

struct reaction_row {
  std::string emoji;
  std::int64_t count = 0;
  bool mine = false;
};

/// One item of an account's list. The members are read by another query.
struct listed_row {
  Conversation conversation;
  unix_ms active_at = 0;
};

struct shown_member_row {
  uuid conversation{};
  Member member;
};

struct position_row {
  uuid conversation{};
  std::int64_t rev = 0;
  std::int64_t last_seq = 0;
  std::int64_t device_seq = 0;  ///< 0: this device has confirmed nothing
  std::int64_t read_seq = 0;    ///< the account's own marks
  std::int64_t delivered_seq = 0;
  unix_ms marked_at = 0;        ///< when they moved last; 0: never
  std::int64_t pruned_rev = 0;  ///< changes up to it are not all kept
};

/// The lowest and highest `seq` that a range of changes touches.
struct span_row {
  uuid conversation{};
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
};

struct person_row {
  uuid account{};
  std::string handle;
  std::string display_name;
};

// Each function names the queries whose rows it reads.

/// load_conversation.
std::optional<conversation_row> read_conversation(const storage::rows& r);
/// load_members.
std::vector<member_row> read_members(const storage::rows& r);
/// load_recent: the latest first.
std::vector<recent_row> read_recent(const storage::rows& r);
/// find_direct: the pair's conversation.
std::optional<uuid> read_direct(const storage::rows& r);
/// find_by_client_id.
std::optional<sent_row> read_sent(const storage::rows& r);
/// message_head.
std::optional<head_row> read_head(const storage::rows& r);
/// message_reactions.
std::vector<reaction_row> read_reactions(const storage::rows& r);
/// history_back, history_forward, missed_messages.
std::vector<Message> read_messages(const storage::rows& r);
/// list_members.
std::vector<Member> read_member_page(const storage::rows& r);
/// conversation_members.
std::vector<shown_member_row> read_shown_members(const storage::rows& r);
/// conversation_summary.
std::optional<Conversation> read_summary(const storage::rows& r);
/// list_conversations.
std::vector<listed_row> read_list(const storage::rows& r);
/// positions.
std::vector<position_row> read_positions(const storage::rows& r);
/// conversation_heads: without members, seq and rev.
std::vector<ConversationPush> read_heads(const storage::rows& r);
/// missed_changes.
std::vector<Updated> read_changes(const storage::rows& r);
/// change_span.
std::vector<span_row> read_spans(const storage::rows& r);
/// known_persons, persons_by_handle.
std::vector<person_row> read_persons(const storage::rows& r);
/// blocks_between, watchable, conversation_partners, lost_conversations.
std::vector<uuid> read_accounts(const storage::rows& r);
/// may_message.
bool read_permission(const storage::rows& r);
/// last_seen.
std::map<uuid, unix_ms> read_last_seen(const storage::rows& r);

/// The handles that name members in a text, in lower case, with the accounts that had them when they were written.
using named_handles = std::map<std::string, uuid>;
/// history_back: of the first message.
named_handles read_named_handles(const storage::rows& r);
/// The value of a message's column `extras`. Accounts of `handles` are in the mentions.
storage::bytes message_extras(const Message& m, const named_handles& handles);
/// The parameters of insert_message. `body_hash` is compared when a client_id is repeated.
std::vector<storage::value> message_cells(const Message& m, std::int64_t body_hash,
                                          const named_handles& handles);

}  // namespace nova::messaging
