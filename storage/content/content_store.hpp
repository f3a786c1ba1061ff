// Statements on content's tables, typed. Called by actors/content; executed by the runtime.
#pragma once

#include "storage/content/content_rows.hpp"

#include <span>

namespace nova::content::store {

using storage::statement;

/// Where a page of a list begins: behind this time and id.
struct place {
  unix_ms at = 0;
  uuid id{};
};

// Posts
statement load_post(const uuid& post);
/// As the reader may see them, in the order of the ids.
statement posts(std::vector<uuid> ids, const uuid& reader);
/// Of its author: also when it is deleted or scheduled.
statement own_post(const uuid& post, const uuid& author);
statement viewer_part(const uuid& post, const uuid& reader);
statement own_text(const uuid& post);

enum class author_list : std::uint8_t { posts, media, shares };
statement posts_of_account(author_list kind, const uuid& account, const uuid& reader, place before,
                           std::int64_t limit);
statement posts_of_tag(std::string tag, const uuid& reader, place before, std::int64_t limit);
statement bookmarked_posts(const uuid& account, place before, std::int64_t limit);
statement scheduled_posts(const uuid& account, place before, std::int64_t limit);

statement insert_post(const post_row& p, std::vector<uuid> mentions);
/// Refused as a conflict unless the post is scheduled.
statement publish_post(const uuid& post, unix_ms at, std::optional<unix_ms> poll_ends_at);
statement edit_post(const post_row& p, std::vector<uuid> mentions);
statement set_visibility(const uuid& post, visibility v);
statement set_deleted(const uuid& post, std::optional<unix_ms> at);
statement insert_revision(const uuid& post, const revision_row& r);
statement revisions(const uuid& post, unix_ms before, std::int64_t limit);
statement insert_tags(const uuid& post, unix_ms created_at, std::vector<std::string> tags);
statement delete_tags(const uuid& post);

statement insert_share(const uuid& post, const uuid& account, unix_ms at);
/// Refused as a conflict unless there is the share.
statement delete_share(const uuid& post, const uuid& account);
statement add_shares(const uuid& post, std::int64_t n);
statement add_quotes(const uuid& post, std::int64_t n);
statement add_comments(const uuid& post, std::int64_t n);

statement insert_vote(const uuid& post, const uuid& account, std::vector<std::int64_t> choices);
/// One more for each option; option −1 counts voters.
statement add_votes(const uuid& post, std::vector<std::int64_t> options);
statement votes(const uuid& post);
statement voters(const uuid& post, const uuid& after, std::int64_t limit);

// Comments
statement comment_head(const uuid& comment, const uuid& reader);
/// The comment and at most `above` of those above it.
statement comment_chain(const uuid& comment, std::int64_t above);
/// `parent`: a comment, or the post for its first level.
statement comments(const uuid& parent, const uuid& reader, bool newest_first,
                   std::optional<place> behind, std::int64_t limit);
/// Not deleted ones, newest first.
statement comments_of_account(const uuid& account, place before, std::int64_t limit);
statement insert_comment(const comment_row& c);
/// Refused as a conflict when it is deleted.
statement edit_comment(const comment_row& c);
statement delete_comment(const uuid& comment);
statement add_replies(std::vector<uuid> comments, std::int64_t n);

// Reactions; the subject is a post or a comment.
statement set_reaction(const uuid& subject, const uuid& account, std::string emoji, unix_ms at);
statement delete_reaction(const uuid& subject, const uuid& account);
statement add_reactions(const uuid& subject, std::string emoji, std::int64_t n);

/// Whether a step of the purge still finds rows.
statement purge_left(const uuid& post);
/// At most `rows` of each table that grows with the readers.
std::vector<statement> purge_step(const uuid& post, std::int64_t rows);
/// Its history, tags, counts and pins.
statement purge_words(const uuid& post);
/// The post's own rows.
std::vector<statement> purge_end(const uuid& post);

// Rows that accounts keep
statement insert_bookmark(const uuid& account, const uuid& post, unix_ms at);
statement delete_bookmark(const uuid& account, const uuid& post);
/// The newest first, without deleted posts.
statement pins(const uuid& account);
statement insert_pin(const uuid& account, const uuid& post, unix_ms at);
statement delete_pin(const uuid& account, const uuid& post);
/// Takes the post from the pins.
statement delete_pins(const uuid& post);
statement drafts(const uuid& account, const uuid& before, std::int64_t limit);
statement draft(const uuid& account, const uuid& draft);
statement insert_draft(const uuid& account, const draft_row& d);
statement update_draft(const uuid& account, const draft_row& d);
statement delete_draft(const uuid& account, const uuid& draft);
statement followed_tags(const uuid& account, std::string after, std::int64_t limit);
statement insert_tag_follow(const uuid& account, std::string tag);
statement delete_tag_follow(const uuid& account, std::string tag);

// Events of user
statement known_person(const uuid& account);
/// The accounts with these handles and `accounts`, and whether each may see a post of `author` that is `v`.
statement mentioned(std::vector<std::string> handles_lower, std::vector<uuid> accounts,
                    const uuid& author, visibility v);
statement upsert_person(const uuid& account, std::string handle_lower, bool is_private);
statement set_private(const uuid& account, bool is_private);
/// A closed account's posts, comments and shares are hidden from all readers.
statement set_closed(const uuid& account, bool is_closed);
statement insert_follow(const uuid& account, const uuid& followed);
statement delete_follow(const uuid& account, const uuid& followed);
statement insert_block(const uuid& account, const uuid& blocked);
statement delete_block(const uuid& account, const uuid& blocked);

}  // namespace nova::content::store
