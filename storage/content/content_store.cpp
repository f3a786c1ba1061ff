#include "storage/content/content_store.hpp"

#include "storage/content/content_queries.hpp"

namespace nova::content::store {

namespace q = queries;
using storage::bytes;
using storage::timestamp;
using storage::value;

namespace {

// Later than all times and ids that there are; within what timestamptz can hold.
constexpr unix_ms end_of_time = 32'503'680'000'000;

value or_null(const std::optional<std::string>& x) { return x ? value(*x) : value(); }
value or_null(const std::optional<uuid>& x) { return x ? value(*x) : value(); }
value time_or_null(const std::optional<unix_ms>& x) { return x ? value(timestamp{*x}) : value(); }
value number_of(visibility v) { return static_cast<std::int64_t>(v); }
bytes packed(const google::protobuf::Message& m) { return bytes{m.SerializeAsString()}; }

}  // namespace

statement load_post(const uuid& post) { return {&q::load_post, {post}}; }
statement posts(std::vector<uuid> ids, const uuid& reader) {
  return {&q::posts, {std::move(ids), reader}};
}
statement own_post(const uuid& post, const uuid& author) { return {&q::own_posts, {post, author}}; }
statement viewer_part(const uuid& post, const uuid& reader) {
  return {&q::viewer_part, {post, reader}};
}
statement own_text(const uuid& post) { return {&q::own_text, {post}}; }

statement posts_of_account(author_list kind, const uuid& account, const uuid& reader, place before,
                           std::int64_t limit) {
  const auto& query = kind == author_list::posts   ? q::posts_of_account
                      : kind == author_list::media ? q::media_of_account
                                                   : q::shares_of_account;
  return {&query, {account, reader, timestamp{before.at}, before.id, limit}};
}
statement posts_of_tag(std::string tag, const uuid& reader, place before, std::int64_t limit) {
  return {&q::posts_of_tag, {std::move(tag), reader, timestamp{before.at}, before.id, limit}};
}
statement bookmarked_posts(const uuid& account, place before, std::int64_t limit) {
  return {&q::bookmarked_posts, {account, timestamp{before.at}, before.id, limit}};
}
statement scheduled_posts(const uuid& account, place before, std::int64_t limit) {
  return {&q::scheduled_posts, {account, timestamp{before.at}, before.id, limit}};
}

statement insert_post(const post_row& p, std::vector<uuid> mentions) {
  return {
      &q::insert_post,
      {p.post_id, p.author, timestamp{p.created_at}, p.scheduled, number_of(p.visible_to), p.text,
       or_null(p.content_warning), or_null(p.language), packed(p.body), p.body.media_ids_size() > 0,
       std::move(mentions), or_null(p.quote_id), time_or_null(p.poll_ends_at)}};
}
statement publish_post(const uuid& post, unix_ms at, std::optional<unix_ms> poll_ends_at) {
  return {&q::publish_post, {post, timestamp{at}, time_or_null(poll_ends_at)}, 1};
}
statement edit_post(const post_row& p, std::vector<uuid> mentions) {
  return {&q::edit_post,
          {p.post_id, p.text, or_null(p.content_warning), or_null(p.language), packed(p.body),
           std::move(mentions), time_or_null(p.edited_at)},
          1};
}
statement set_visibility(const uuid& post, visibility v) {
  return {&q::set_visibility, {post, number_of(v)}, 1};
}
statement set_deleted(const uuid& post, std::optional<unix_ms> at) {
  return {&q::set_deleted, {post, time_or_null(at)}, 1};
}
statement insert_revision(const uuid& post, const revision_row& r) {
  return {&q::insert_revision, {post, timestamp{r.written_at}, r.text, or_null(r.content_warning)}};
}
statement revisions(const uuid& post, unix_ms before, std::int64_t limit) {
  return {&q::revisions, {post, timestamp{before}, limit}};
}
statement insert_tags(const uuid& post, unix_ms created_at, std::vector<std::string> tags) {
  return {&q::insert_tags, {post, timestamp{created_at}, std::move(tags)}};
}
statement delete_tags(const uuid& post) { return {&q::delete_tags, {post}}; }

statement insert_share(const uuid& post, const uuid& account, unix_ms at) {
  return {&q::insert_share, {post, account, timestamp{at}}};
}
statement delete_share(const uuid& post, const uuid& account) {
  return {&q::delete_share, {post, account}, 1};
}
statement add_shares(const uuid& post, std::int64_t n) { return {&q::add_shares, {post, n}}; }
statement add_quotes(const uuid& post, std::int64_t n) { return {&q::add_quotes, {post, n}}; }
statement add_comments(const uuid& post, std::int64_t n) { return {&q::add_comments, {post, n}}; }

statement insert_vote(const uuid& post, const uuid& account, std::vector<std::int64_t> choices) {
  return {&q::insert_vote, {post, account, std::move(choices)}};
}
statement add_votes(const uuid& post, std::vector<std::int64_t> options) {
  return {&q::add_votes, {post, std::move(options)}};
}
statement votes(const uuid& post) { return {&q::votes, {post}}; }
statement voters(const uuid& post, const uuid& after, std::int64_t limit) {
  return {&q::voters, {post, after, limit}};
}

statement comment_head(const uuid& comment, const uuid& reader) {
  return {&q::comment_head, {comment, reader}};
}
statement comment_chain(const uuid& comment, std::int64_t above) {
  return {&q::comment_chain, {comment, above}};
}
statement comments(const uuid& parent, const uuid& reader, bool newest_first,
                   std::optional<place> behind, std::int64_t limit) {
  const auto from = behind.value_or(newest_first ? place{end_of_time, {}} : place{});
  return {newest_first ? &q::comments_newest : &q::comments_oldest,
          {parent, reader, timestamp{from.at}, from.id, limit}};
}
statement comments_of_account(const uuid& account, place before, std::int64_t limit) {
  return {&q::comments_of_account, {account, timestamp{before.at}, before.id, limit}};
}
statement insert_comment(const comment_row& c) {
  return {&q::insert_comment,
          {c.comment_id, c.post_id, c.parent, c.author, timestamp{c.created_at}, c.text,
           packed(c.body)}};
}
statement edit_comment(const comment_row& c) {
  return {&q::edit_comment, {c.comment_id, c.text, packed(c.body), time_or_null(c.edited_at)}, 1};
}
statement delete_comment(const uuid& comment) { return {&q::delete_comment, {comment}, 1}; }
statement add_replies(std::vector<uuid> comments, std::int64_t n) {
  return {&q::add_replies, {std::move(comments), n}};
}

statement set_reaction(const uuid& subject, const uuid& account, std::string emoji, unix_ms at) {
  return {&q::set_reaction, {subject, account, std::move(emoji), timestamp{at}}};
}
statement delete_reaction(const uuid& subject, const uuid& account) {
  return {&q::delete_reaction, {subject, account}, 1};
}
statement add_reactions(const uuid& subject, std::string emoji, std::int64_t n) {
  return {&q::add_reactions, {subject, std::move(emoji), n}};
}

statement purge_left(const uuid& post) { return {&q::purge_left, {post}}; }
std::vector<statement> purge_step(const uuid& post, std::int64_t rows) {
  return {{&q::purge_comments, {post, rows}},
          {&q::purge_reactions, {post, rows}},
          {&q::purge_votes, {post, rows}},
          {&q::purge_shares, {post, rows}},
          {&q::purge_bookmarks, {post, rows}}};
}
statement purge_words(const uuid& post) { return {&q::purge_rest, {post}}; }
std::vector<statement> purge_end(const uuid& post) {
  return {purge_words(post), {&q::purge_post, {post}}};
}

statement insert_bookmark(const uuid& account, const uuid& post, unix_ms at) {
  return {&q::insert_bookmark, {account, post, timestamp{at}}};
}
statement delete_bookmark(const uuid& account, const uuid& post) {
  return {&q::delete_bookmark, {account, post}};
}
statement pins(const uuid& account) { return {&q::pins, {account}}; }
statement insert_pin(const uuid& account, const uuid& post, unix_ms at) {
  return {&q::insert_pin, {account, post, timestamp{at}}};
}
statement delete_pin(const uuid& account, const uuid& post) {
  return {&q::delete_pin, {account, post}};
}
statement delete_pins(const uuid& post) { return {&q::delete_pins, {post}}; }
statement drafts(const uuid& account, const uuid& before, std::int64_t limit) {
  return {&q::drafts, {account, before, limit}};
}
statement draft(const uuid& account, const uuid& draft) { return {&q::draft, {account, draft}}; }
statement insert_draft(const uuid& account, const draft_row& d) {
  return {&q::insert_draft, {account, d.draft_id, timestamp{d.updated_at}, packed(d.body)}};
}
statement update_draft(const uuid& account, const draft_row& d) {
  return {&q::update_draft, {account, d.draft_id, timestamp{d.updated_at}, packed(d.body)}, 1};
}
statement delete_draft(const uuid& account, const uuid& draft) {
  return {&q::delete_draft, {account, draft}};
}
statement followed_tags(const uuid& account, std::string after, std::int64_t limit) {
  return {&q::followed_tags, {account, std::move(after), limit}};
}
statement insert_tag_follow(const uuid& account, std::string tag) {
  return {&q::insert_tag_follow, {account, std::move(tag)}};
}
statement delete_tag_follow(const uuid& account, std::string tag) {
  return {&q::delete_tag_follow, {account, std::move(tag)}};
}

statement known_person(const uuid& account) { return {&q::known_person, {account}}; }
statement mentioned(std::vector<std::string> handles_lower, std::vector<uuid> accounts,
                    const uuid& author, visibility v) {
  return {&q::mentioned, {std::move(handles_lower), author, number_of(v), std::move(accounts)}};
}
statement upsert_person(const uuid& account, std::string handle_lower, bool is_private) {
  return {&q::upsert_person, {account, std::move(handle_lower), is_private}};
}
statement set_private(const uuid& account, bool is_private) {
  return {&q::set_private, {account, is_private}};
}
statement set_closed(const uuid& account, bool is_closed) {
  return {&q::set_closed, {account, is_closed}};
}
statement insert_follow(const uuid& account, const uuid& followed) {
  return {&q::insert_follow, {account, followed}};
}
statement delete_follow(const uuid& account, const uuid& followed) {
  return {&q::delete_follow, {account, followed}};
}
statement insert_block(const uuid& account, const uuid& blocked) {
  return {&q::insert_block, {account, blocked}};
}
statement delete_block(const uuid& account, const uuid& blocked) {
  return {&q::delete_block, {account, blocked}};
}

}  // namespace nova::content::store
