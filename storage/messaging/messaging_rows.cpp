#include "storage/messaging/messaging_rows.hpp"

namespace nova::messaging {

namespace {

using storage::rows;
using storage::value;

// Columns of each query, in the order of its SQL.
namespace message {
enum : std::size_t {
  conversation,
  seq,
  rev,
  id,
  sender,
  client_id,
  text,
  extras,
  reply_to,
  sent_at,
  edited_at,
  recalled,
  columns,
  // Behind them in history and missed messages.
  emojis = columns,
  counts,
  mine
};
}
namespace summary {
enum : std::size_t {
  conversation,
  kind,
  title,
  rev,
  created_at,
  read_seq,
  delivered_seq,
  last_seq,
  unread,
  member_count,
  last_message,
  active_at = last_message + message::columns  // in the list only
};
}
namespace head {
enum : std::size_t { kind, title, created_at, rev };
}
namespace member {
enum : std::size_t { account, role, joined_at, read_seq, delivered_seq, active_at };
}
namespace shown {
enum : std::size_t {
  conversation,
  account,
  role,
  joined_at,
  read_seq,
  delivered_seq,
  handle,
  display_name
};
}
namespace recent {
enum : std::size_t { seq, sender, client_id, message_id, sent_at, body_hash };
}
namespace sent {
enum : std::size_t { seq, message_id, sent_at, body_hash };
}
namespace owner {
enum : std::size_t { sender, recalled, reacted };
}
namespace reaction {
enum : std::size_t { emoji, count, mine };
}
namespace position {
enum : std::size_t {
  conversation,
  rev,
  last_seq,
  device_seq,
  read_seq,
  delivered_seq,
  marked_at,
  pruned_rev
};
}
namespace whole {
enum : std::size_t { conversation, kind, title, member_count };
}
namespace change {
enum : std::size_t { conversation, rev, seq, body };
}
namespace span {
enum : std::size_t { conversation, first_seq, last_seq };
}
namespace seen {
enum : std::size_t { account, at };
}
namespace person {
enum : std::size_t { account, handle, display_name };
}
constexpr std::size_t only_column = 0;

template <class Read>
auto each(const rows& r, Read read) {
  std::vector<decltype(read(std::size_t{}))> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(read(i));
  return out;
}

conversation_kind kind_at(const rows& r, std::size_t i, std::size_t column) {
  return static_cast<conversation_kind>(r.int8(i, column));
}
member_role role_at(const rows& r, std::size_t i, std::size_t column) {
  return static_cast<member_role>(r.int8(i, column));
}

// The message's columns from `first` on.
void read_message(const rows& r, std::size_t row, std::size_t first, Message& m) {
  m.set_conversation_id(to_string(r.id(row, first + message::conversation)));
  m.set_seq(r.int8(row, first + message::seq));
  m.set_rev(r.int8(row, first + message::rev));
  m.set_message_id(to_string(r.id(row, first + message::id)));
  m.set_sender_id(to_string(r.id(row, first + message::sender)));
  m.set_client_id(r.text(row, first + message::client_id));
  m.set_text(r.text(row, first + message::text));
  if (const auto& packed = r.blob(row, first + message::extras); !packed.empty()) {
    MessageExtras extras;
    if (extras.ParseFromString(packed)) {
      m.mutable_media_ids()->Swap(extras.mutable_media_ids());
      m.mutable_mentions()->Swap(extras.mutable_mentions());
    }
  }
  if (!r.null(row, first + message::reply_to))
    m.set_reply_to(r.int8(row, first + message::reply_to));
  m.set_sent_at(r.time(row, first + message::sent_at));
  if (!r.null(row, first + message::edited_at))
    m.set_edited_at(r.time(row, first + message::edited_at));
  m.set_recalled(r.boolean(row, first + message::recalled));
  m.set_ids_only(true);
}

void read_message_reactions(const rows& r, std::size_t row, Message& m) {
  if (r.null(row, message::emojis)) return;
  const auto& emojis = r.get<std::vector<std::string>>(row, message::emojis);
  const auto& counts = r.get<std::vector<std::int64_t>>(row, message::counts);
  const auto& mine = r.get<std::vector<std::int64_t>>(row, message::mine);
  for (std::size_t i = 0; i < emojis.size(); ++i) {
    auto& reaction = *m.add_reactions();
    reaction.set_emoji(emojis[i]);
    reaction.set_count(counts[i]);
    reaction.set_mine(mine[i] != 0);
  }
}

Conversation summary_at(const rows& r, std::size_t row) {
  Conversation c;
  c.set_conversation_id(to_string(r.id(row, summary::conversation)));
  c.set_kind(std::string(to_text(kind_at(r, row, summary::kind))));
  if (!r.null(row, summary::title)) c.set_title(r.text(row, summary::title));
  c.set_rev(r.int8(row, summary::rev));
  c.set_created_at(r.time(row, summary::created_at));
  c.set_read_seq(r.int8(row, summary::read_seq));
  c.set_delivered_seq(r.int8(row, summary::delivered_seq));
  c.set_last_seq(r.int8(row, summary::last_seq));
  c.set_unread(r.int8(row, summary::unread));
  c.set_member_count(r.int8(row, summary::member_count));
  if (!r.null(row, summary::last_message))
    read_message(r, row, summary::last_message, *c.mutable_last_message());
  return c;
}

Member shown_at(const rows& r, std::size_t row) {
  Member m;
  m.set_account_id(to_string(r.id(row, shown::account)));
  m.set_role(std::string(to_text(role_at(r, row, shown::role))));
  m.set_joined_at(r.time(row, shown::joined_at));
  m.set_read_seq(r.int8(row, shown::read_seq));
  m.set_delivered_seq(r.int8(row, shown::delivered_seq));
  if (!r.null(row, shown::handle)) m.set_handle(r.text(row, shown::handle));
  if (!r.null(row, shown::display_name)) m.set_display_name(r.text(row, shown::display_name));
  return m;
}

}  // namespace

std::string_view to_text(conversation_kind kind) noexcept {
  switch (kind) {
    case conversation_kind::direct: return "direct";
    case conversation_kind::group: return "group";
    case conversation_kind::channel:
    case conversation_kind::chat: return "channel";
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
  for (auto kind :
       {conversation_kind::direct, conversation_kind::group, conversation_kind::channel})
    if (text == to_text(kind)) return kind;
  return {};
}

std::optional<member_role> parse_member_role(std::string_view text) noexcept {
  for (auto role : {member_role::member, member_role::admin, member_role::owner})
    if (text == to_text(role)) return role;
  return {};
}

allowed parse_allowed(std::string_view text) noexcept {
  if (text == "everyone") return allowed::everyone;
  return text == "following" || text == "shared" ? allowed::some : allowed::no_account;
}

std::optional<conversation_row> read_conversation(const rows& r) {
  if (r.empty()) return {};
  conversation_row out{
      kind_at(r, 0, head::kind), {}, r.time(0, head::created_at), r.int8(0, head::rev)};
  if (!r.null(0, head::title)) out.title = r.text(0, head::title);
  return out;
}

std::vector<member_row> read_members(const rows& r) {
  return each(r, [&](std::size_t i) {
    return member_row{r.id(i, member::account),
                      role_at(r, i, member::role),
                      r.time(i, member::joined_at),
                      r.int8(i, member::read_seq),
                      r.int8(i, member::delivered_seq),
                      r.null(i, member::active_at) ? 0 : r.time(i, member::active_at)};
  });
}

std::vector<recent_row> read_recent(const rows& r) {
  return each(r, [&](std::size_t i) {
    return recent_row{r.id(i, recent::sender),
                      r.text(i, recent::client_id),
                      {r.int8(i, recent::seq), r.id(i, recent::message_id),
                       r.time(i, recent::sent_at), r.int8(i, recent::body_hash)}};
  });
}

std::optional<uuid> read_direct(const rows& r) {
  return r.empty() ? std::nullopt : std::optional(r.id(0, only_column));
}

std::optional<sent_row> read_sent(const rows& r) {
  if (r.empty()) return {};
  return sent_row{r.int8(0, sent::seq), r.id(0, sent::message_id), r.time(0, sent::sent_at),
                  r.int8(0, sent::body_hash)};
}

std::optional<head_row> read_head(const rows& r) {
  if (r.empty()) return {};
  return head_row{r.id(0, owner::sender), r.boolean(0, owner::recalled),
                  r.boolean(0, owner::reacted)};
}

std::vector<reaction_row> read_reactions(const rows& r) {
  return each(r, [&](std::size_t i) {
    return reaction_row{r.text(i, reaction::emoji), r.int8(i, reaction::count),
                        r.boolean(i, reaction::mine)};
  });
}

std::vector<Message> read_messages(const rows& r) {
  return each(r, [&](std::size_t i) {
    Message m;
    read_message(r, i, 0, m);
    read_message_reactions(r, i, m);
    return m;
  });
}

std::vector<Member> read_member_page(const rows& r) {
  return each(r, [&](std::size_t i) { return shown_at(r, i); });
}

std::vector<shown_member_row> read_shown_members(const rows& r) {
  return each(r, [&](std::size_t i) {
    return shown_member_row{r.id(i, shown::conversation), shown_at(r, i)};
  });
}

std::optional<Conversation> read_summary(const rows& r) {
  return r.empty() ? std::nullopt : std::optional(summary_at(r, 0));
}

std::vector<listed_row> read_list(const rows& r) {
  return each(r, [&](std::size_t i) {
    return listed_row{summary_at(r, i), r.time(i, summary::active_at)};
  });
}

std::vector<position_row> read_positions(const rows& r) {
  return each(r, [&](std::size_t i) {
    return position_row{r.id(i, position::conversation),
                        r.int8(i, position::rev),
                        r.int8(i, position::last_seq),
                        r.int8(i, position::device_seq),
                        r.int8(i, position::read_seq),
                        r.int8(i, position::delivered_seq),
                        r.null(i, position::marked_at) ? 0 : r.time(i, position::marked_at),
                        r.int8(i, position::pruned_rev)};
  });
}

std::vector<ConversationPush> read_heads(const rows& r) {
  return each(r, [&](std::size_t i) {
    ConversationPush p;
    p.set_conversation_id(to_string(r.id(i, whole::conversation)));
    p.set_kind(std::string(to_text(kind_at(r, i, whole::kind))));
    if (!r.null(i, whole::title)) p.set_title(r.text(i, whole::title));
    p.set_member_count(r.int8(i, whole::member_count));
    return p;
  });
}

std::vector<Updated> read_changes(const rows& r) {
  return each(r, [&](std::size_t i) {
    Updated u;
    u.set_conversation_id(to_string(r.id(i, change::conversation)));
    u.set_rev(r.int8(i, change::rev));
    if (!r.null(i, change::seq)) u.set_seq(r.int8(i, change::seq));
    u.mutable_change()->ParseFromString(r.blob(i, change::body));
    return u;
  });
}

std::vector<span_row> read_spans(const rows& r) {
  return each(r, [&](std::size_t i) {
    return span_row{r.id(i, span::conversation), r.int8(i, span::first_seq),
                    r.int8(i, span::last_seq)};
  });
}

std::vector<person_row> read_persons(const rows& r) {
  return each(r, [&](std::size_t i) {
    return person_row{r.id(i, person::account), r.text(i, person::handle),
                      r.text(i, person::display_name)};
  });
}

std::vector<uuid> read_accounts(const rows& r) {
  return each(r, [&](std::size_t i) { return r.id(i, only_column); });
}

bool read_permission(const rows& r) { return !r.empty() && r.boolean(0, only_column); }

std::map<uuid, unix_ms> read_last_seen(const rows& r) {
  std::map<uuid, unix_ms> out;
  for (std::size_t i = 0; i < r.size(); ++i) out[r.id(i, seen::account)] = r.time(i, seen::at);
  return out;
}

named_handles read_named_handles(const rows& r) {
  named_handles out;
  MessageExtras extras;
  if (r.empty() || !extras.ParseFromString(r.blob(0, message::extras))) return out;
  for (const auto& named : extras.handles())
    if (named.mention() >= 0 && named.mention() < extras.mentions_size())
      if (const auto account = parse_uuid(extras.mentions(named.mention())))
        out.emplace(named.handle(), *account);
  return out;
}

storage::bytes message_extras(const Message& m, const named_handles& handles) {
  MessageExtras extras;
  *extras.mutable_media_ids() = m.media_ids();
  *extras.mutable_mentions() = m.mentions();
  for (const auto& [handle, account] : handles) {
    const auto at = std::ranges::find(m.mentions(), to_string(account));
    if (at == m.mentions().end()) continue;
    auto& named = *extras.add_handles();
    named.set_handle(handle);
    named.set_mention(static_cast<std::int32_t>(at - m.mentions().begin()));
  }
  return {extras.SerializeAsString()};
}

// In the order of insert_message: one cell for each column.
std::vector<value> message_cells(const Message& m, std::int64_t body_hash,
                                 const named_handles& handles) {
  std::vector<value> out;
  out.reserve(11);
  out.emplace_back(parse_uuid(m.conversation_id()).value());
  out.emplace_back(m.seq());
  out.emplace_back(parse_uuid(m.message_id()).value());
  out.emplace_back(parse_uuid(m.sender_id()).value());
  out.emplace_back(m.client_id());
  out.emplace_back(body_hash);
  out.emplace_back(m.rev());
  out.emplace_back(m.text());
  out.emplace_back(message_extras(m, handles));
  out.emplace_back(m.has_reply_to() ? value(m.reply_to()) : value());
  out.emplace_back(storage::timestamp{m.sent_at()});
  return out;
}

}  // namespace nova::messaging
