#include "storage/content/content_queries.hpp"

namespace nova::content::queries {

#define FOLLOWS(me, whom) \
  "EXISTS (SELECT 1 FROM follow f WHERE f.account_id = " me " AND f.followed_id = " whom ")"
#define BLOCKED(me, whom)                                                               \
  "EXISTS (SELECT 1 FROM block b WHERE (b.account_id = " me " AND b.blocked_id = " whom \
  ") OR ("                                                                              \
  "b.account_id = " whom " AND b.blocked_id = " me "))"
#define PRIVATE(whom) \
  "coalesce((SELECT o.private FROM person o WHERE o.account_id = " whom "), false)"
#define CLOSED(whom) \
  "coalesce((SELECT d.closed FROM person d WHERE d.account_id = " whom "), false)"
// What is known of the author of `p`; VISIBLE needs it. Read once for all posts of an author.
#define AUTHOR_OF(p)                                                            \
  "LEFT JOIN LATERAL (SELECT closed, private FROM person WHERE account_id = " p \
  ".author_id OFFSET 0) " p "_author ON true "
// Who may see a post. A guest is the nil account: it follows nobody and is mentioned nowhere.
#define ADMITS(p, me)                                                                          \
  "CASE " p ".visibility WHEN 1 THEN NOT coalesce(" p "_author.private, false) OR " FOLLOWS(   \
      me, p ".author_id") " WHEN 2 THEN " FOLLOWS(me, p ".author_id") " ELSE " me " = ANY (" p \
                                                                      ".mentions) END"
#define VISIBLE(p, me)                                                    \
  "(" p ".deleted_at IS NULL AND NOT " p ".scheduled AND NOT coalesce(" p \
  "_author.closed, false) AND (" p ".author_id = " me                     \
  " OR (" ADMITS(p, me) " AND NOT " BLOCKED(me, p ".author_id") ")))"
// Texts of an account that a block separates from the reader, or that is closed, are left out.
#define AUDIBLE(c, me) \
  "(" c ".deleted OR NOT (" CLOSED(c ".author_id") " OR " BLOCKED(me, c ".author_id") "))"
#define REACTIONS(subject)                                                                    \
  "LEFT JOIN LATERAL (SELECT array_agg(e.emoji ORDER BY e.n DESC, e.emoji) AS emojis, "       \
  "array_agg(e.n ORDER BY e.n DESC, e.emoji) AS ns FROM reaction_count e WHERE e.subject_id " \
  "= " subject " AND e.n > 0) r ON true "
#define MY_REACTION(subject, me) \
  "(SELECT x.emoji FROM reaction x WHERE x.subject_id = " subject " AND x.account_id = " me ")"
// The post of that id, for each row before it. While a table has no statistics the planner takes any index with a fitting condition
// for as good as the key; behind OFFSET 0 it has no other than the key to choose.
#define POST_BY_ID(p, id) \
  "CROSS JOIN LATERAL (SELECT * FROM post WHERE post_id = " id " OFFSET 0) " p " "
// A post as content_rows reads it, of the rows `page (post.*, at)`. A kept count of none spares the search for the reader's own.
#define POSTS(me) \
  "SELECT p.post_id, p.author_id, p.created_at, p.edited_at, p.visibility::bigint, p.text, " \
  "p.content_warning, p.language, p.body, p.poll_ends_at, p.comments, p.shares, p.quotes, " \
  "p.scheduled, p.quote_id, q.author_id, q.text, q.created_at, q.content_warning, q.body, " \
  "r.emojis, r.ns, CASE WHEN r.ns IS NOT NULL THEN " MY_REACTION("p.post_id", me) " END, " \
  "p.shares > 0 AND EXISTS (SELECT 1 FROM share s WHERE s.post_id = p.post_id AND s.account_id = " me "), " \
  "EXISTS (SELECT 1 FROM bookmark k WHERE k.post_id = p.post_id AND k.account_id = " me "), " \
  "EXISTS (SELECT 1 FROM pin n WHERE n.post_id = p.post_id AND n.account_id = p.author_id), " \
  "v.options, v.ns, CASE WHEN p.poll_ends_at IS NOT NULL THEN (SELECT m.choices FROM vote m WHERE " \
  "m.post_id = p.post_id AND m.account_id = " me ") END, p.at FROM page p " \
  "LEFT JOIN (LATERAL (SELECT * FROM post WHERE post_id = p.quote_id OFFSET 0) q " AUTHOR_OF("q") ") ON " \
  VISIBLE("q", me) " " REACTIONS("p.post_id") \
  "LEFT JOIN LATERAL (SELECT array_agg(o.option::bigint) AS options, array_agg(o.n) AS ns FROM " \
  "vote_count o WHERE p.poll_ends_at IS NOT NULL AND o.post_id = p.post_id) v ON true "
#define NEWEST_FIRST "ORDER BY p.at DESC, p.post_id DESC"

// ---- posts

const storage::query load_post{
    .name = "content.load_post",
    .sql =
        "SELECT author_id, created_at, edited_at, deleted_at, scheduled, visibility::bigint, "
        "quote_id, poll_ends_at, body, mentions FROM post WHERE post_id = $1"};

const storage::query posts{.name = "content.posts",
                           .sql =
                               "WITH page AS (SELECT p.*, p.created_at AS at, x.n FROM "
                               "unnest($1::uuid[]) WITH ORDINALITY AS "
                               "x(id, n) " POST_BY_ID("p", "x.id") AUTHOR_OF("p") "WHERE " VISIBLE(
                                   "p", "$2") ") " POSTS("$2") "ORDER BY p.n"};

const storage::query own_posts{
    .name = "content.own_posts",
    .sql =
        "WITH page AS (SELECT p.*, p.created_at AS at FROM post p WHERE p.post_id = $1 "
        "AND p.author_id = $2) " POSTS("$2")};

const storage::query viewer_part{
    .name = "content.viewer_part",
    .sql = "SELECT " VISIBLE("p", "$2") ", p.visibility = 1 AND NOT coalesce(p_author.private, false), "
           MY_REACTION("p.post_id", "$2") ", EXISTS (SELECT 1 FROM share s WHERE s.post_id = "
           "p.post_id AND s.account_id = $2), EXISTS (SELECT 1 FROM bookmark k WHERE k.post_id = "
           "p.post_id AND k.account_id = $2), EXISTS (SELECT 1 FROM vote m WHERE m.post_id = "
           "p.post_id AND m.account_id = $2), p.author_id, p.text, p.created_at, "
           "p.content_warning, p.body, p.deleted_at IS NOT NULL FROM post p " AUTHOR_OF("p") "WHERE "
           "p.post_id = $1"};

const storage::query own_text{
    .name = "content.own_text",
    .sql = "SELECT text, content_warning, language FROM post WHERE post_id = $1"};

#define OF_AUTHOR(filter) \
  "WITH page AS (SELECT p.*, p.created_at AS at FROM post p " AUTHOR_OF("p") "WHERE p.author_id = $1 AND "  \
  "NOT p.scheduled AND p.deleted_at IS NULL AND " filter VISIBLE("p", "$2") " AND "             \
  "(p.created_at, p.post_id) < ($3::timestamptz, $4::uuid) ORDER BY p.created_at DESC, "        \
  "p.post_id DESC LIMIT $5::bigint) " POSTS("$2") NEWEST_FIRST

const storage::query posts_of_account{.name = "content.posts_of_account", .sql = OF_AUTHOR("")};
const storage::query media_of_account{.name = "content.media_of_account",
                                      .sql = OF_AUTHOR("p.has_media AND ")};

// The shares of a private account, and of one that a block separates from the reader, are hidden as its posts are.
const storage::query shares_of_account{
    .name = "content.shares_of_account",
    .sql = "WITH page AS (SELECT p.*, s.at FROM share s " POST_BY_ID("p", "s.post_id") AUTHOR_OF("p")
           "WHERE s.account_id = $1 AND NOT " CLOSED("$1") " AND ($1 = $2 OR ((NOT "
           PRIVATE("$1") " OR " FOLLOWS("$2", "$1") ") AND NOT " BLOCKED("$2", "$1") ")) AND "
           VISIBLE("p", "$2") " AND (s.at, s.post_id) < ($3::timestamptz, $4::uuid) ORDER BY s.at "
           "DESC, s.post_id DESC LIMIT $5::bigint) " POSTS("$2") NEWEST_FIRST};

const storage::query posts_of_tag{
    .name = "content.posts_of_tag",
    .sql = "WITH page AS (SELECT p.*, t.created_at AS at FROM post_tag t " POST_BY_ID("p", "t.post_id") AUTHOR_OF("p")
           "WHERE t.tag = $1 AND " VISIBLE("p", "$2")
           " AND (t.created_at, t.post_id) < ($3::timestamptz, $4::uuid) ORDER BY t.created_at "
           "DESC, t.post_id DESC LIMIT $5::bigint) " POSTS("$2") NEWEST_FIRST};

const storage::query bookmarked_posts{
    .name = "content.bookmarked_posts",
    .sql = "WITH page AS (SELECT p.*, k.at FROM bookmark k " POST_BY_ID("p", "k.post_id") AUTHOR_OF("p")
           "WHERE k.account_id = $1 AND " VISIBLE("p", "$1")
           " AND (k.at, k.post_id) < ($2::timestamptz, $3::uuid) ORDER BY k.at DESC, k.post_id "
           "DESC LIMIT $4::bigint) " POSTS("$1") NEWEST_FIRST};

const storage::query scheduled_posts{
    .name = "content.scheduled_posts",
    .sql =
        "WITH page AS (SELECT p.*, p.created_at AS at FROM post p WHERE p.author_id = $1 "
        "AND p.scheduled AND (p.created_at, p.post_id) < ($2::timestamptz, $3::uuid) ORDER BY "
        "p.created_at DESC, p.post_id DESC LIMIT $4::bigint) " POSTS("$1") NEWEST_FIRST};

const storage::query insert_post{
    .name = "content.insert_post",
    .sql =
        "INSERT INTO post (post_id, author_id, created_at, scheduled, visibility, text, "
        "content_warning, language, body, has_media, mentions, quote_id, poll_ends_at) VALUES "
        "($1, $2, $3, $4, $5::bigint::smallint, $6, $7, $8, $9, $10, $11, $12, $13)"};

const storage::query publish_post{
    .name = "content.publish_post",
    .sql =
        "UPDATE post SET scheduled = false, created_at = $2, poll_ends_at = $3 WHERE post_id = "
        "$1 AND scheduled"};

const storage::query edit_post{
    .name = "content.edit_post",
    .sql =
        "UPDATE post SET text = $2, content_warning = $3, language = $4, body = $5, mentions = "
        "$6, edited_at = $7 WHERE post_id = $1"};

const storage::query set_visibility{
    .name = "content.set_visibility",
    .sql = "UPDATE post SET visibility = $2::bigint::smallint WHERE post_id = $1"};

const storage::query set_deleted{.name = "content.set_deleted",
                                 .sql = "UPDATE post SET deleted_at = $2 WHERE post_id = $1"};

const storage::query insert_revision{
    .name = "content.insert_revision",
    .sql =
        "INSERT INTO revision (post_id, written_at, text, content_warning) VALUES ($1, $2, $3, "
        "$4)"};

const storage::query revisions{
    .name = "content.revisions",
    .sql =
        "SELECT text, content_warning, written_at FROM revision WHERE post_id = $1 AND "
        "written_at < $2 ORDER BY written_at DESC LIMIT $3::bigint"};

const storage::query insert_tags{
    .name = "content.insert_tags",
    .sql =
        "INSERT INTO post_tag (tag, created_at, post_id) SELECT t, $2::timestamptz, "
        "$1::uuid FROM unnest($3::text[]) AS x(t)"};
const storage::query delete_tags{.name = "content.delete_tags",
                                 .sql = "DELETE FROM post_tag WHERE post_id = $1"};

const storage::query insert_share{
    .name = "content.insert_share",
    .sql = "INSERT INTO share (post_id, account_id, at) VALUES ($1, $2, $3)"};
const storage::query delete_share{
    .name = "content.delete_share",
    .sql = "DELETE FROM share WHERE post_id = $1 AND account_id = $2"};
const storage::query add_shares{
    .name = "content.add_shares",
    .sql = "UPDATE post SET shares = shares + $2::bigint WHERE post_id = $1"};
const storage::query add_quotes{
    .name = "content.add_quotes",
    .sql = "UPDATE post SET quotes = quotes + $2::bigint WHERE post_id = $1"};
const storage::query add_comments{
    .name = "content.add_comments",
    .sql = "UPDATE post SET comments = comments + $2::bigint WHERE post_id = $1"};

const storage::query insert_vote{
    .name = "content.insert_vote",
    .sql = "INSERT INTO vote (post_id, account_id, choices) VALUES ($1, $2, $3)"};
const storage::query add_votes{
    .name = "content.add_votes",
    .sql =
        "INSERT INTO vote_count (post_id, option, n) SELECT $1::uuid, x.o::smallint, 1 FROM "
        "unnest($2::bigint[]) AS x(o) ON CONFLICT (post_id, option) DO UPDATE SET n = "
        "vote_count.n + 1"};
const storage::query votes{.name = "content.votes",
                           .sql = "SELECT option::bigint, n FROM vote_count WHERE post_id = $1"};
const storage::query voters{
    .name = "content.voters",
    .sql =
        "SELECT account_id FROM vote WHERE post_id = $1 AND account_id > $2 ORDER BY account_id "
        "LIMIT $3::bigint"};

// ---- comments

const storage::query comment_head{
    .name = "content.comment_head",
    .sql = "SELECT c.post_id, c.parent_id, c.author_id, c.deleted, c.text, c.body, "
           VISIBLE("p", "$2") " AND " AUDIBLE("c", "$2") ", " MY_REACTION("c.comment_id", "$2")
           ", c.created_at, c.edited_at, c.replies, r.emojis, r.ns, p.author_id FROM comment c "
           POST_BY_ID("p", "c.post_id") AUTHOR_OF("p") REACTIONS("c.comment_id")
           "WHERE c.comment_id = $1"};

// The comment and those that it answers, up to the post.
const storage::query comment_chain{
    .name = "content.comment_chain",
    .sql =
        "WITH RECURSIVE up AS (SELECT comment_id, parent_id, post_id, author_id, deleted, "
        "replies, 0 AS n FROM comment WHERE comment_id = $1 UNION ALL SELECT c.comment_id, "
        "c.parent_id, c.post_id, c.author_id, c.deleted, c.replies, up.n + 1 FROM comment c "
        "JOIN up ON c.comment_id = up.parent_id WHERE up.n < $2::bigint) SELECT comment_id, "
        "post_id, author_id, deleted, replies FROM up ORDER BY n"};

#define COMMENTS(compare, order) \
  "SELECT c.comment_id, c.post_id, c.parent_id, c.author_id, c.created_at, c.edited_at, "       \
  "c.deleted, c.text, c.body, c.replies, r.emojis, r.ns, " MY_REACTION("c.comment_id", "$2")    \
  " FROM comment c " REACTIONS("c.comment_id") "WHERE c.parent_id = $1 AND NOT (c.deleted AND " \
  "c.replies = 0) AND " AUDIBLE("c", "$2") " AND (c.created_at, c.comment_id) " compare         \
  " ($3::timestamptz, $4::uuid) ORDER BY c.created_at " order ", c.comment_id " order           \
  " LIMIT $5::bigint"

const storage::query comments_oldest{.name = "content.comments_oldest",
                                     .sql = COMMENTS(">", "ASC")};
const storage::query comments_newest{.name = "content.comments_newest",
                                     .sql = COMMENTS("<", "DESC")};

const storage::query comments_of_account{
    .name = "content.comments_of_account",
    .sql = "SELECT c.comment_id, c.post_id, c.parent_id, c.author_id, c.created_at, c.edited_at, "
           "c.deleted, c.text, c.body, c.replies, r.emojis, r.ns, " MY_REACTION("c.comment_id", "$1")
           " FROM comment c " REACTIONS("c.comment_id") "WHERE c.author_id = $1 AND NOT c.deleted "
           "AND (c.created_at, c.comment_id) < ($2::timestamptz, $3::uuid) ORDER BY c.created_at "
           "DESC, c.comment_id DESC LIMIT $4::bigint",
    .read = {.slow = true, .account_param = 0}};

const storage::query insert_comment{
    .name = "content.insert_comment",
    .sql =
        "INSERT INTO comment (comment_id, post_id, parent_id, author_id, created_at, text, "
        "body) VALUES ($1, $2, $3, $4, $5, $6, $7)"};
const storage::query edit_comment{
    .name = "content.edit_comment",
    .sql =
        "UPDATE comment SET text = $2, body = $3, edited_at = $4 WHERE comment_id = $1 AND NOT "
        "deleted"};
const storage::query delete_comment{
    .name = "content.delete_comment",
    .sql =
        "UPDATE comment SET deleted = true, text = '', body = '' WHERE comment_id = $1 AND NOT "
        "deleted"};
const storage::query add_replies{
    .name = "content.add_replies",
    .sql = "UPDATE comment SET replies = replies + $2::bigint WHERE comment_id = ANY ($1::uuid[])"};

// ---- reactions

const storage::query set_reaction{
    .name = "content.set_reaction",
    .sql =
        "INSERT INTO reaction (subject_id, account_id, emoji, at) VALUES ($1, $2, $3, $4) ON "
        "CONFLICT (subject_id, account_id) DO UPDATE SET emoji = excluded.emoji, at = "
        "excluded.at"};
const storage::query delete_reaction{
    .name = "content.delete_reaction",
    .sql = "DELETE FROM reaction WHERE subject_id = $1 AND account_id = $2"};
const storage::query add_reactions{
    .name = "content.add_reactions",
    .sql =
        "INSERT INTO reaction_count (subject_id, emoji, n) VALUES ($1, $2, $3::bigint) ON "
        "CONFLICT (subject_id, emoji) DO UPDATE SET n = reaction_count.n + excluded.n"};

// ---- the end of a post, in steps

const storage::query purge_left{
    .name = "content.purge_left",
    .sql =
        "SELECT EXISTS (SELECT 1 FROM comment WHERE post_id = $1) OR EXISTS (SELECT 1 FROM "
        "reaction WHERE subject_id = $1) OR EXISTS (SELECT 1 FROM vote WHERE post_id = $1) OR "
        "EXISTS (SELECT 1 FROM share WHERE post_id = $1) OR EXISTS (SELECT 1 FROM bookmark "
        "WHERE post_id = $1)"};
const storage::query purge_comments{
    .name = "content.purge_comments",
    .sql =
        "WITH gone AS (DELETE FROM comment WHERE comment_id IN (SELECT comment_id FROM comment "
        "WHERE post_id = $1 LIMIT $2::bigint) RETURNING comment_id), counts AS (DELETE FROM "
        "reaction_count WHERE subject_id IN (SELECT comment_id FROM gone)) DELETE FROM "
        "reaction WHERE subject_id IN (SELECT comment_id FROM gone)"};
const storage::query purge_reactions{
    .name = "content.purge_reactions",
    .sql =
        "DELETE FROM reaction WHERE (subject_id, account_id) IN (SELECT subject_id, account_id "
        "FROM reaction WHERE subject_id = $1 LIMIT $2::bigint)"};
const storage::query purge_votes{
    .name = "content.purge_votes",
    .sql =
        "DELETE FROM vote WHERE (post_id, account_id) IN (SELECT post_id, account_id FROM vote "
        "WHERE post_id = $1 LIMIT $2::bigint)"};
const storage::query purge_shares{
    .name = "content.purge_shares",
    .sql =
        "DELETE FROM share WHERE (post_id, account_id) IN (SELECT post_id, account_id FROM "
        "share WHERE post_id = $1 LIMIT $2::bigint)"};
const storage::query purge_bookmarks{
    .name = "content.purge_bookmarks",
    .sql =
        "DELETE FROM bookmark WHERE (account_id, post_id) IN (SELECT account_id, post_id FROM "
        "bookmark WHERE post_id = $1 LIMIT $2::bigint)"};
const storage::query purge_rest{
    .name = "content.purge_rest",
    .sql =
        "WITH texts AS (DELETE FROM revision WHERE post_id = $1), counts AS (DELETE FROM "
        "reaction_count WHERE subject_id = $1), options AS (DELETE FROM vote_count WHERE "
        "post_id = $1), tags AS (DELETE FROM post_tag WHERE post_id = $1) DELETE FROM pin "
        "WHERE post_id = $1"};
const storage::query purge_post{.name = "content.purge_post",
                                .sql = "DELETE FROM post WHERE post_id = $1"};

// ---- what accounts keep

const storage::query insert_bookmark{
    .name = "content.insert_bookmark",
    .sql =
        "INSERT INTO bookmark (account_id, post_id, at) VALUES ($1, $2, $3) ON CONFLICT DO "
        "NOTHING"};
const storage::query delete_bookmark{
    .name = "content.delete_bookmark",
    .sql = "DELETE FROM bookmark WHERE account_id = $1 AND post_id = $2"};

const storage::query pins{
    .name = "content.pins",
    .sql =
        "SELECT n.post_id FROM pin n " POST_BY_ID("p", "n.post_id")
        "WHERE n.account_id = $1 AND p.deleted_at IS NULL ORDER BY n.at DESC, n.post_id DESC"};
const storage::query insert_pin{
    .name = "content.insert_pin",
    .sql = "INSERT INTO pin (account_id, post_id, at) VALUES ($1, $2, $3)"};
const storage::query delete_pin{.name = "content.delete_pin",
                                .sql = "DELETE FROM pin WHERE account_id = $1 AND post_id = $2"};
const storage::query delete_pins{.name = "content.delete_pins",
                                 .sql = "DELETE FROM pin WHERE post_id = $1"};

const storage::query drafts{
    .name = "content.drafts",
    .sql =
        "SELECT draft_id, updated_at, body FROM draft WHERE account_id = $1 AND draft_id < $2 "
        "ORDER BY draft_id DESC LIMIT $3::bigint"};
const storage::query draft{
    .name = "content.draft",
    .sql = "SELECT draft_id, updated_at, body FROM draft WHERE account_id = $1 AND draft_id = $2"};
const storage::query insert_draft{
    .name = "content.insert_draft",
    .sql = "INSERT INTO draft (account_id, draft_id, updated_at, body) VALUES ($1, $2, $3, $4)"};
const storage::query update_draft{
    .name = "content.update_draft",
    .sql = "UPDATE draft SET updated_at = $3, body = $4 WHERE account_id = $1 AND draft_id = $2"};
const storage::query delete_draft{
    .name = "content.delete_draft",
    .sql = "DELETE FROM draft WHERE account_id = $1 AND draft_id = $2"};

const storage::query followed_tags{
    .name = "content.followed_tags",
    .sql =
        "SELECT tag FROM tag_follow WHERE account_id = $1 AND tag > $2 COLLATE \"C\" ORDER BY "
        "tag COLLATE \"C\" LIMIT $3::bigint"};
const storage::query insert_tag_follow{
    .name = "content.insert_tag_follow",
    .sql = "INSERT INTO tag_follow (account_id, tag) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
const storage::query delete_tag_follow{
    .name = "content.delete_tag_follow",
    .sql = "DELETE FROM tag_follow WHERE account_id = $1 AND tag = $2"};

// ---- what user told

const storage::query known_person{
    .name = "content.known_person",
    .sql = "SELECT true FROM person WHERE account_id = $1 AND NOT closed"};

// Of handles in lower case: who they are and whether each may see a post of the author, by its visibility.
const storage::query mentioned{
    .name = "content.mentioned",
    .sql = "SELECT n.account_id, n.handle, CASE $3::bigint WHEN 1 THEN NOT " PRIVATE("$2")
           " OR " FOLLOWS("n.account_id", "$2") " WHEN 2 THEN " FOLLOWS("n.account_id", "$2")
           " ELSE true END AND NOT " BLOCKED("n.account_id", "$2")
           " FROM person n WHERE (n.handle = ANY ($1::text[]) OR n.account_id = ANY ($4::uuid[])) AND "
           "NOT n.closed"};

const storage::query upsert_person{
    .name = "content.upsert_person",
    .sql =
        "INSERT INTO person (account_id, handle, private) VALUES ($1, $2, $3) ON CONFLICT "
        "(account_id) DO UPDATE SET handle = excluded.handle, private = excluded.private"};
const storage::query set_private{
    .name = "content.set_private",
    .sql =
        "INSERT INTO person (account_id, handle, private) VALUES ($1, '', $2) ON CONFLICT "
        "(account_id) DO UPDATE SET private = excluded.private"};
const storage::query set_closed{
    .name = "content.set_closed",
    .sql =
        "INSERT INTO person (account_id, handle, private, closed) VALUES ($1, '', false, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET closed = excluded.closed"};
const storage::query insert_follow{
    .name = "content.insert_follow",
    .sql = "INSERT INTO follow (account_id, followed_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
const storage::query delete_follow{
    .name = "content.delete_follow",
    .sql = "DELETE FROM follow WHERE account_id = $1 AND followed_id = $2"};
const storage::query insert_block{
    .name = "content.insert_block",
    .sql = "INSERT INTO block (account_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
const storage::query delete_block{
    .name = "content.delete_block",
    .sql = "DELETE FROM block WHERE account_id = $1 AND blocked_id = $2"};
namespace {
const storage::query* const list[] = {&load_post,
                                      &posts,
                                      &own_posts,
                                      &viewer_part,
                                      &own_text,
                                      &posts_of_account,
                                      &media_of_account,
                                      &shares_of_account,
                                      &posts_of_tag,
                                      &bookmarked_posts,
                                      &scheduled_posts,
                                      &insert_post,
                                      &publish_post,
                                      &edit_post,
                                      &set_visibility,
                                      &set_deleted,
                                      &insert_revision,
                                      &revisions,
                                      &insert_tags,
                                      &delete_tags,
                                      &insert_share,
                                      &delete_share,
                                      &add_shares,
                                      &add_quotes,
                                      &add_comments,
                                      &insert_vote,
                                      &add_votes,
                                      &votes,
                                      &voters,
                                      &comment_head,
                                      &comment_chain,
                                      &comments_oldest,
                                      &comments_newest,
                                      &comments_of_account,
                                      &insert_comment,
                                      &edit_comment,
                                      &delete_comment,
                                      &add_replies,
                                      &set_reaction,
                                      &delete_reaction,
                                      &add_reactions,
                                      &purge_left,
                                      &purge_comments,
                                      &purge_reactions,
                                      &purge_votes,
                                      &purge_shares,
                                      &purge_bookmarks,
                                      &purge_rest,
                                      &purge_post,
                                      &insert_bookmark,
                                      &delete_bookmark,
                                      &pins,
                                      &insert_pin,
                                      &delete_pin,
                                      &delete_pins,
                                      &drafts,
                                      &draft,
                                      &insert_draft,
                                      &update_draft,
                                      &delete_draft,
                                      &followed_tags,
                                      &insert_tag_follow,
                                      &delete_tag_follow,
                                      &known_person,
                                      &mentioned,
                                      &upsert_person,
                                      &set_private,
                                      &set_closed,
                                      &insert_follow,
                                      &delete_follow,
                                      &insert_block,
                                      &delete_block};
}  // namespace

std::span<const storage::query* const> all() { return list; }

}  // namespace nova::content::queries
