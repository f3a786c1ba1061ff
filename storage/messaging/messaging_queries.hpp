// The named SQL of messaging. Called through messaging_store only. The names are metric labels and time-out keys.
#pragma once

#include "storage/database/value.hpp"

namespace nova::messaging::queries {

using storage::query;

// Conversations.
extern const query load_conversation, load_members, load_recent, load_blocked;
extern const query insert_conversation, insert_direct_pair, insert_members, delete_member, set_role,
    set_title, set_rev, set_member_count, list_member;
extern const query find_direct, list_conversations, list_members, conversation_members,
    conversation_summary;
// Messages.
extern const query insert_message, count_sent, find_by_client_id, message_head, edit_message,
    recall_message;
extern const query history_back, history_forward, sent_messages, insert_change, delete_edits;
extern const query insert_reaction, delete_reaction, delete_spent_count, delete_reaction_counts,
    mark_reacted, message_reactions;
// Retention.
extern const query take_back, due_reactions, clear_reactions;
extern const query due_device_marks, clear_device_marks, due_changes, clear_changes, due_empty,
    clear_empty;
// Marks and resume.
extern const query mark_read, mark_delivered, mark_device, positions, lost_conversations,
    conversation_heads, memberships, missed_messages, missed_changes, change_span;
// Copies of other domains' data.
extern const query upsert_person, insert_block, delete_block, known_persons, persons_by_handle,
    blocks_between, insert_follow, delete_follow, put_privacy, may_message, watchable,
    conversation_partners;
// Presence.
extern const query last_seen, note_seen;

/// All queries, for tests and lists.
std::vector<const query*> all();

}  // namespace nova::messaging::queries
