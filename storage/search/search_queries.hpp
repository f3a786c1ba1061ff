// The named SQL of search's database; search_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::search::queries {

using storage::query;

// The documents that an account finds.
extern const query find_posts, post_texts, find_messages, find_people;

// Documents.
extern const query put_post, set_visibility, end_post;
extern const query put_message, edit_message, end_message;
extern const query put_person, set_privacy;

// Facts.
extern const query set_closed, add_members, end_member, put_follow, put_block;

// The end of an account.
extern const query count_erasure, erase_account, erasure, delete_erasure;

// Retention of tombstones: due and step of each table.
extern const query posts_due, posts_step, messages_due, messages_step, members_due, members_step,
    follows_due, follows_step, blocks_due, blocks_step;

/// All of the above, for a test that prepares each.
std::span<const query* const> all();

}  // namespace nova::search::queries
