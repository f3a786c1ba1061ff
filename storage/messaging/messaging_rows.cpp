#include "storage/messaging/messaging_rows.hpp"

namespace nova::messaging {

namespace {

// The twelve message columns from `first` on.
void read_message(const storage::rows& r, std::size_t row, std::size_t first, Message& m) {
  m.set_conversation_id(to_string(r.id(row, first)));
  m.set_seq(r.int8(row, first + 1));
  m.set_rev(r.int8(row, first + 2));
  m.set_message_id(to_string(r.id(row, first + 3)));
  m.set_sender_id(to_string(r.id(row, first + 4)));
  m.set_client_id(r.text(row, first + 5));
  m.set_text(r.text(row, first + 6));
  if (const auto& packed = r.blob(row, first + 7); !packed.empty()) {
    MessageExtras extras;
    if (extras.ParseFromString(packed)) {
      m.mutable_media_ids()->Swap(extras.mutable_media_ids());
      m.mutable_mentions()->Swap(extras.mutable_mentions());
    }
  }
  if (!r.null(row, first + 8)) m.set_reply_to(r.int8(row, first + 8));
  m.set_sent_at(r.time(row, first + 9));
  if (!r.null(row, first + 10)) m.set_edited_at(r.time(row, first + 10));
  m.set_recalled(r.boolean(row, first + 11));
}

}  // namespace

std::string_view to_text(conversation_kind kind) noexcept {
  switch (kind) {
    case conversation_kind::direct: return "direct";
    case conversation_kind::group: return "group";
    case conversation_kind::channel: return "channel";
  }
  return "";
}

std::string_view to_text(member_role role) noexcept {
  switch (role) {
    case member_role::member: return "member";
    case member_role::admin: return "admin";
    case member_role::owner: return "owner";
  }
  return "";
}

std::optional<conversation_kind> parse_conversation_kind(std::string_view text) noexcept {
  for (auto kind : {conversation_kind::direct, conversation_kind::group, conversation_kind::channel})
    if (text == to_text(kind)) return kind;
  return {};
}

std::optional<member_role> parse_member_role(std::string_view text) noexcept {
  for (auto role : {member_role::member, member_role::admin, member_role::owner})
    if (text == to_text(role)) return role;
  return {};
}

sent_row sent_row_from(const storage::rows& r, std::size_t row) {
  return {r.int8(row, 0), r.id(row, 1), r.time(row, 2), r.int8(row, 3)};
}

Message message_from(const storage::rows& r, std::size_t row) {
  Message m;
  read_message(r, row, 0, m);
  if (r.null(row, 12)) return m;
  const auto& emojis = r.get<std::vector<std::string>>(row, 12);
  const auto& counts = r.get<std::vector<std::int64_t>>(row, 13);
  const auto& mine = r.get<std::vector<std::int64_t>>(row, 14);
  for (std::size_t i = 0; i < emojis.size(); ++i) {
    auto& reaction = *m.add_reactions();
    reaction.set_emoji(emojis[i]);
    reaction.set_count(counts[i]);
    reaction.set_mine(mine[i] != 0);
  }
  return m;
}

Member member_from(const storage::rows& r, std::size_t row) {
  Member m;
  m.set_account_id(to_string(r.id(row, 1)));
  m.set_role(std::string(to_text(static_cast<member_role>(r.int8(row, 2)))));
  m.set_joined_at(r.time(row, 3));
  m.set_read_seq(r.int8(row, 4));
  m.set_delivered_seq(r.int8(row, 5));
  if (!r.null(row, 6)) m.set_handle(r.text(row, 6));
  if (!r.null(row, 7)) m.set_display_name(r.text(row, 7));
  return m;
}

Conversation conversation_from(const storage::rows& r, std::size_t row) {
  Conversation c;
  c.set_conversation_id(to_string(r.id(row, 0)));
  c.set_kind(std::string(to_text(static_cast<conversation_kind>(r.int8(row, 1)))));
  if (!r.null(row, 2)) c.set_title(r.text(row, 2));
  c.set_rev(r.int8(row, 3));
  c.set_created_at(r.time(row, 4));
  c.set_read_seq(r.int8(row, 5));
  c.set_delivered_seq(r.int8(row, 6));
  c.set_last_seq(r.int8(row, 7));
  c.set_unread(r.int8(row, 8));
  c.set_member_count(r.int8(row, 9));
  if (!r.null(row, 10)) read_message(r, row, 10, *c.mutable_last_message());
  return c;
}

position_row position_from(const storage::rows& r, std::size_t row) {
  return {r.id(row, 0), r.int8(row, 1), r.int8(row, 2), r.int8(row, 3)};
}

Updated updated_from(const storage::rows& r, std::size_t row) {
  Updated u;
  u.set_conversation_id(to_string(r.id(row, 0)));
  u.set_rev(r.int8(row, 1));
  if (!r.null(row, 2)) u.set_seq(r.int8(row, 2));
  u.mutable_change()->ParseFromString(r.blob(row, 3));
  return u;
}

}  // namespace nova::messaging
