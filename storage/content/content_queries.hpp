// The named SQL of content's database; content_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::content::queries {

// Posts
extern const storage::query load_post, posts, own_posts, viewer_part, own_text;
extern const storage::query posts_of_account, media_of_account, shares_of_account, posts_of_tag,
    bookmarked_posts, scheduled_posts;
extern const storage::query insert_post, publish_post, edit_post, set_visibility, set_deleted;
extern const storage::query insert_revision, revisions;
extern const storage::query insert_tags, delete_tags;
extern const storage::query insert_share, delete_share, add_shares, add_quotes, add_comments;
extern const storage::query insert_vote, add_votes, votes, voters;

// Comments
extern const storage::query comment_head, comment_chain, comments_oldest, comments_newest,
    comments_of_account, insert_comment, edit_comment, delete_comment, add_replies;

// Reactions, of posts and comments
extern const storage::query set_reaction, delete_reaction, add_reactions;

// The end of a post
extern const storage::query purge_left, purge_comments, purge_reactions, purge_votes, purge_shares,
    purge_bookmarks, purge_rest, purge_post;

// Rows that accounts keep
extern const storage::query insert_bookmark, delete_bookmark;
extern const storage::query pins, insert_pin, delete_pin, delete_pins;
extern const storage::query drafts, draft, insert_draft, update_draft, delete_draft;
extern const storage::query followed_tags, insert_tag_follow, delete_tag_follow;

// Events of user
extern const storage::query known_person, mentioned;
extern const storage::query upsert_person, set_private, set_closed, insert_follow, delete_follow,
    insert_block, delete_block;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::content::queries
