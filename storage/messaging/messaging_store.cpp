#include "storage/messaging/messaging_store.hpp"

#include "storage/messaging/messaging_queries.hpp"

#include <algorithm>

namespace nova::messaging::store {

namespace q = queries;
using storage::bytes;
using storage::timestamp;
using storage::value;

namespace {

value or_null(const std::optional<std::int64_t>& x) { return x ? value(*x) : value(); }
value or_null(const std::optional<std::string>& x) { return x ? value(*x) : value(); }
value time_or_null(unix_ms at) { return at == 0 ? value() : value(timestamp{at}); }
value role_of(member_role role) { return static_cast<std::int64_t>(role); }

struct columns {
  std::vector<uuid> ids;
  std::vector<std::int64_t> after, upto;
};

columns transpose(std::span<const range> ranges) {
  columns c;
  for (const auto& r : ranges) {
    c.ids.push_back(r.conversation);
    c.after.push_back(r.after);
    c.upto.push_back(r.upto);
  }
  return c;
}

}  // namespace

statement load_conversation(const uuid& conversation) {
  return {&q::load_conversation, {conversation}};
}
statement load_members(const uuid& conversation) { return {&q::load_members, {conversation}}; }
statement load_recent(const uuid& conversation, std::int64_t limit) {
  return {&q::load_recent, {conversation, limit}};
}
statement load_blocked(const uuid& conversation) { return {&q::load_blocked, {conversation}}; }
statement find_direct(const uuid& a, const uuid& b) {
  return {&q::find_direct, {std::min(a, b), std::max(a, b)}};
}
statement list_conversations(const uuid& account, unix_ms before, const uuid& before_id,
                             std::int64_t limit) {
  return {&q::list_conversations, {account, timestamp{before}, before_id, limit, list_slack_ms}};
}
statement conversation_summary(const uuid& conversation, const uuid& account) {
  return {&q::conversation_summary, {conversation, account}};
}
statement conversation_members(std::vector<uuid> conversations, std::int64_t limit_each) {
  return {&q::conversation_members, {std::move(conversations), limit_each}};
}
statement list_members(const uuid& conversation, const uuid& after, std::int64_t limit) {
  return {&q::list_members, {conversation, after, limit}};
}
statement find_by_client_id(const uuid& conversation, const uuid& sender, std::string client_id) {
  return {&q::find_by_client_id, {conversation, sender, std::move(client_id)}};
}
statement message_head(const uuid& conversation, std::int64_t seq) {
  return {&q::message_head, {conversation, seq}};
}
statement history(const uuid& conversation, std::int64_t before, std::int64_t after,
                  std::int64_t limit, bool forward, const uuid& reader) {
  return {forward ? &q::history_forward : &q::history_back,
          {conversation, before, after, limit, reader}};
}
statement message_reactions(const uuid& conversation, std::int64_t seq, const uuid& account) {
  return {&q::message_reactions, {conversation, seq, account}};
}
statement positions(const uuid& account, const uuid& session) {
  return {&q::positions, {account, session}};
}

statement lost_conversations(const uuid& session, const uuid& account) {
  return {&q::lost_conversations, {session, account}};
}
statement conversation_heads(std::vector<uuid> conversations) {
  return {&q::conversation_heads, {std::move(conversations)}};
}

statement memberships(const uuid& account, std::vector<uuid> conversations) {
  return {&q::memberships, {account, std::move(conversations)}};
}
statement missed_messages(std::span<const range> ranges, const uuid& reader) {
  auto c = transpose(ranges);
  return {&q::missed_messages, {std::move(c.ids), std::move(c.after), std::move(c.upto), reader}};
}
statement missed_changes(std::span<const range> ranges) {
  auto c = transpose(ranges);
  return {&q::missed_changes, {std::move(c.ids), std::move(c.after), std::move(c.upto)}};
}
statement change_span(std::span<const range> ranges, std::vector<std::int64_t> seen) {
  auto c = transpose(ranges);
  return {&q::change_span,
          {std::move(c.ids), std::move(c.after), std::move(c.upto), std::move(seen)}};
}

statement known_persons(std::vector<uuid> accounts) {
  return {&q::known_persons, {std::move(accounts)}};
}
statement persons_by_handle(std::vector<std::string> handles_lower) {
  return {&q::persons_by_handle, {std::move(handles_lower)}};
}
statement blocks_between(const uuid& account, std::vector<uuid> others) {
  return {&q::blocks_between, {account, std::move(others)}};
}
statement sent_messages(const uuid& account, const uuid& conversation, std::int64_t seq,
                        std::int64_t limit) {
  return {&q::sent_messages, {account, conversation, seq, limit}};
}
statement conversation_partners(const uuid& account, std::int64_t limit) {
  return {&q::conversation_partners, {account, limit}};
}
statement watchable(const uuid& account, std::vector<uuid> among) {
  return {&q::watchable, {account, std::move(among)}};
}

statement may_message(const uuid& from, const uuid& to) { return {&q::may_message, {from, to}}; }
statement last_seen(std::vector<uuid> accounts) { return {&q::last_seen, {std::move(accounts)}}; }

statement insert_conversation(const uuid& id, conversation_kind kind,
                              const std::optional<std::string>& title, const uuid& creator,
                              unix_ms at, std::int64_t members) {
  return {&q::insert_conversation,
          {id, static_cast<std::int64_t>(kind), or_null(title), creator, timestamp{at}, members}};
}
statement insert_direct_pair(const uuid& a, const uuid& b, const uuid& conversation) {
  return {&q::insert_direct_pair, {std::min(a, b), std::max(a, b), conversation}};
}
statement insert_members(const uuid& conversation, std::vector<uuid> accounts, member_role role,
                         unix_ms at, std::int64_t read_seq, unix_ms listed_at) {
  return {&q::insert_members,
          {conversation, std::move(accounts), role_of(role), timestamp{at}, read_seq,
           time_or_null(listed_at)}};
}
statement delete_member(const uuid& conversation, const uuid& account) {
  return {&q::delete_member, {conversation, account}, 1};
}
statement set_role(const uuid& conversation, const uuid& account, member_role role) {
  return {&q::set_role, {conversation, account, role_of(role)}, 1};
}
statement set_title(const uuid& conversation, std::string title) {
  return {&q::set_title, {conversation, std::move(title)}, 1};
}
statement set_rev(const uuid& conversation, std::int64_t rev) {
  return {&q::set_rev, {conversation, rev}};
}
statement set_member_count(const uuid& conversation, std::int64_t members, unix_ms at) {
  return {&q::set_member_count, {conversation, members, timestamp{at}}};
}
statement list_member(const uuid& conversation, const uuid& account, unix_ms listed_at) {
  return {&q::list_member, {conversation, account, time_or_null(listed_at)}};
}

statement insert_message(const Message& m, std::int64_t body_hash, const named_handles& handles) {
  return {&q::insert_message, message_cells(m, body_hash, handles)};
}

statement count_sent(const uuid& conversation, const uuid& account, std::int64_t seq,
                     std::int64_t n) {
  return {&q::count_sent, {conversation, account, seq, n}};
}

statement edit_message(const Message& m, const named_handles& handles) {
  return {&q::edit_message,
          {parse_uuid(m.conversation_id()).value(), m.seq(), m.text(), message_extras(m, handles),
           timestamp{m.edited_at()}, m.rev()},
          1};
}
statement recall_message(const uuid& conversation, std::int64_t seq, std::int64_t rev) {
  return {&q::recall_message, {conversation, seq, rev}, 1};
}
statement insert_change(const Updated& u, unix_ms at) {
  return {&q::insert_change,
          {*parse_uuid(u.conversation_id()), u.rev(),
           or_null(u.has_seq() ? std::optional(u.seq()) : std::optional<std::int64_t>()),
           bytes{u.change().SerializeAsString()}, timestamp{at}}};
}
statement delete_edits(const uuid& conversation, std::int64_t seq) {
  return {&q::delete_edits, {conversation, seq}};
}
statement insert_reaction(const uuid& conversation, std::int64_t seq, const uuid& account,
                          std::string emoji, unix_ms at) {
  return {&q::insert_reaction, {conversation, seq, account, std::move(emoji), timestamp{at}}};
}
statement delete_reaction(const uuid& conversation, std::int64_t seq, const uuid& account,
                          std::string emoji) {
  return {&q::delete_reaction, {conversation, seq, account, std::move(emoji)}};
}
statement delete_spent_count(const uuid& conversation, std::int64_t seq, std::string emoji) {
  return {&q::delete_spent_count, {conversation, seq, std::move(emoji)}};
}
statement delete_reaction_counts(const uuid& conversation, std::int64_t seq) {
  return {&q::delete_reaction_counts, {conversation, seq}};
}
statement take_back(const uuid& conversation, std::int64_t seq, unix_ms at) {
  return {&q::take_back, {conversation, seq, timestamp{at}}};
}
statement mark_reacted(const uuid& conversation, std::int64_t seq) {
  return {&q::mark_reacted, {conversation, seq}};
}
statement mark_read(const uuid& conversation, const uuid& account, std::int64_t seq, unix_ms at) {
  return {&q::mark_read, {conversation, account, seq, timestamp{at}}};
}
statement mark_delivered(const uuid& conversation, const uuid& account, std::int64_t seq,
                         unix_ms at) {
  return {&q::mark_delivered, {conversation, account, seq, timestamp{at}}};
}
statement mark_device(const uuid& session, const uuid& conversation, std::int64_t seq) {
  return {&q::mark_device, {session, conversation, seq}};
}
statement upsert_person(const uuid& account, std::string handle, std::string display_name) {
  return {&q::upsert_person, {account, std::move(handle), std::move(display_name)}};
}
statement insert_block(const uuid& blocker, const uuid& blocked) {
  return {&q::insert_block, {blocker, blocked}};
}
statement delete_block(const uuid& blocker, const uuid& blocked) {
  return {&q::delete_block, {blocker, blocked}};
}
statement note_seen(const uuid& account, unix_ms at) {
  return {&q::note_seen, {account, timestamp{at}}};
}
statement insert_follow(const uuid& account, const uuid& followed) {
  return {&q::insert_follow, {account, followed}};
}
statement delete_follow(const uuid& account, const uuid& followed) {
  return {&q::delete_follow, {account, followed}};
}
statement put_privacy(const uuid& account, allowed message_from, allowed presence_to) {
  return {
      &q::put_privacy,
      {account, static_cast<std::int64_t>(message_from), static_cast<std::int64_t>(presence_to)}};
}

std::vector<storage::retention_job> retained(const kept_for& keep) {
  return {{"reaction", &q::due_reactions, &q::clear_reactions, std::chrono::milliseconds(0)},
          {"device_mark", &q::due_device_marks, &q::clear_device_marks, keep.device_marks},
          {"change", &q::due_changes, &q::clear_changes, keep.changes},
          {"conversation", &q::due_empty, &q::clear_empty, keep.empty_conversations}};
}

}  // namespace nova::messaging::store
