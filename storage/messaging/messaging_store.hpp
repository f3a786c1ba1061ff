// Storage calls of messaging as values: each function makes one statement. Called by the rules, executed by the runtime.
#pragma once

#include "storage/database/retention.hpp"
#include "storage/database/value.hpp"
#include "storage/messaging/messaging_rows.hpp"

#include <span>

namespace nova::messaging::store {

using storage::statement;

// Reads.
statement load_conversation(const uuid& conversation);
statement load_members(const uuid& conversation);
statement load_recent(const uuid& conversation, std::int64_t limit);
statement load_blocked(const uuid& conversation);
statement find_direct(const uuid& a, const uuid& b);
/// Messages of a block: when one is full, `sent` gets the counts of who sent in it. The SQL says 32, too.
constexpr std::int64_t count_block = 32;
/// How far a conversation's place in its members' lists may lie before its last activity. Longer: fewer writes; a page of a
/// list looks at more conversations.
constexpr unix_ms list_slack_ms = 2'000;

/// The page after (active_at, conversation), the latest first.
statement list_conversations(const uuid& account, unix_ms before, const uuid& before_id,
                             std::int64_t limit);
statement conversation_summary(const uuid& conversation, const uuid& account);
statement conversation_members(std::vector<uuid> conversations, std::int64_t limit_each);
statement list_members(const uuid& conversation, const uuid& after, std::int64_t limit);
statement find_by_client_id(const uuid& conversation, const uuid& sender, std::string client_id);
statement message_head(const uuid& conversation, std::int64_t seq);
/// Messages with after < seq < before. The newest come first, or the oldest first when `forward`.
statement history(const uuid& conversation, std::int64_t before, std::int64_t after,
                  std::int64_t limit, bool forward, const uuid& reader);
statement message_reactions(const uuid& conversation, std::int64_t seq, const uuid& account);
statement positions(const uuid& account, const uuid& session);
/// Conversations that the session has a mark in and the account is no member of.
statement lost_conversations(const uuid& session, const uuid& account);
statement conversation_heads(std::vector<uuid> conversations);

/// after < seq (or rev) <= upto of one conversation.
struct range {
  uuid conversation{};
  std::int64_t after = 0;
  std::int64_t upto = 0;
};
/// Those of the conversations that the account belongs to.
statement memberships(const uuid& account, std::vector<uuid> conversations);
statement missed_messages(std::span<const range> ranges, const uuid& reader);
statement missed_changes(std::span<const range> ranges);
/// For each range, the lowest and highest `seq` that its changes touch. Only messages that the client had seen count
/// (`seq` ≤ `seen`).
statement change_span(std::span<const range> ranges, std::vector<std::int64_t> seen);

/// Messages of the account behind this one, along its conversations.
statement sent_messages(const uuid& account, const uuid& conversation, std::int64_t seq,
                        std::int64_t limit);
statement known_persons(std::vector<uuid> accounts);
statement persons_by_handle(std::vector<std::string> handles_lower);
statement blocks_between(const uuid& account, std::vector<uuid> others);
/// The accounts that have a conversation with this one, and that no block separates from it.
statement conversation_partners(const uuid& account, std::int64_t limit);
/// Those of `among` whose presence the account may see.
statement watchable(const uuid& account, std::vector<uuid> among);

/// False when the setting of `to` does not let `from` write first.
statement may_message(const uuid& from, const uuid& to);
statement last_seen(std::vector<uuid> accounts);

// Writes.
statement insert_conversation(const uuid& id, conversation_kind kind,
                              const std::optional<std::string>& title, const uuid& creator,
                              unix_ms at, std::int64_t members);
statement insert_direct_pair(const uuid& a, const uuid& b, const uuid& conversation);
/// `listed_at`: the conversation's place in their lists; 0: none.
statement insert_members(const uuid& conversation, std::vector<uuid> accounts, member_role role,
                         unix_ms at, std::int64_t read_seq, unix_ms listed_at);
statement delete_member(const uuid& conversation, const uuid& account);
statement set_role(const uuid& conversation, const uuid& account, member_role role);
statement set_title(const uuid& conversation, std::string title);
statement set_rev(const uuid& conversation, std::int64_t rev);
statement set_member_count(const uuid& conversation, std::int64_t members, unix_ms at);
/// Moves the conversation in the list of one member. 0: it has no place there.
statement list_member(const uuid& conversation, const uuid& account, unix_ms listed_at);
/// `body_hash` is compared when a client_id is repeated.
/// `handles`: those of the text that name a member.
statement insert_message(const Message& m, std::int64_t body_hash,
                         const named_handles& handles = {});
/// The account sent `n` messages of the block that ends with `seq`.
statement count_sent(const uuid& conversation, const uuid& account, std::int64_t seq,
                     std::int64_t n);
/// Writes the text, the mentions, the time of the edit and the rev.
statement edit_message(const Message& m, const named_handles& handles = {});
statement recall_message(const uuid& conversation, std::int64_t seq, std::int64_t rev);
statement insert_change(const Updated& u, unix_ms at);
/// Deletes the edits of a message. A later edit or the recall removes them from resumes and from disk.
statement delete_edits(const uuid& conversation, std::int64_t seq);
/// The reaction, and its count.
statement insert_reaction(const uuid& conversation, std::int64_t seq, const uuid& account,
                          std::string emoji, unix_ms at);
statement delete_reaction(const uuid& conversation, std::int64_t seq, const uuid& account,
                          std::string emoji);
/// Deletes the count of an emoji when no reaction has it any more.
statement delete_spent_count(const uuid& conversation, std::int64_t seq, std::string emoji);
statement delete_reaction_counts(const uuid& conversation, std::int64_t seq);
/// The reactions of a recalled message are deleted later; see retained().
statement take_back(const uuid& conversation, std::int64_t seq, unix_ms at);
statement mark_reacted(const uuid& conversation, std::int64_t seq);
statement mark_read(const uuid& conversation, const uuid& account, std::int64_t seq, unix_ms at);
statement mark_delivered(const uuid& conversation, const uuid& account, std::int64_t seq,
                         unix_ms at);
statement mark_device(const uuid& session, const uuid& conversation, std::int64_t seq);
statement upsert_person(const uuid& account, std::string handle, std::string display_name);
statement insert_block(const uuid& blocker, const uuid& blocked);
statement delete_block(const uuid& blocker, const uuid& blocked);
statement note_seen(const uuid& account, unix_ms at);
statement insert_follow(const uuid& account, const uuid& followed);
statement delete_follow(const uuid& account, const uuid& followed);
statement put_privacy(const uuid& account, allowed message_from, allowed presence_to);

struct kept_for {
  std::chrono::milliseconds device_marks{};  ///< after a mark last moved, to the day
  std::chrono::milliseconds changes{};
  std::chrono::milliseconds empty_conversations{};  ///< after the last member left
};
/// Tables that would only grow. A step that deletes changes raises their conversations' `pruned_rev`. An empty conversation
/// goes last, when none of its messages and their parts is left.
std::vector<storage::retention_job> retained(const kept_for& keep);

}  // namespace nova::messaging::store
