#include "storage/search/search_queries.hpp"

namespace nova::search::queries {

#define FOLLOWS(me, whom)                                                              \
  "EXISTS (SELECT FROM follow f WHERE f.account_id = " me " AND f.followed_id = " whom \
  " AND "                                                                              \
  "f.gone_at IS NULL)"
#define BLOCKED(me, whom)                                                      \
  "EXISTS (SELECT FROM block b WHERE b.gone_at IS NULL AND b.account_id = " me \
  " AND b.blocked_id = " whom                                                  \
  ") OR EXISTS (SELECT FROM block b WHERE b.gone_at IS NULL AND "              \
  "b.account_id = " whom " AND b.blocked_id = " me ")"
#define CLOSED(whom) "EXISTS (SELECT FROM closing x WHERE x.account_id = " whom " AND x.closed)"
#define PRIVATE(whom) "EXISTS (SELECT FROM person o WHERE o.account_id = " whom " AND o.private)"
// Who may see a post: as content decides it.
#define VISIBLE \
  "NOT " CLOSED("p.author_id") " AND (p.author_id = $1 OR (CASE p.visibility WHEN 1 THEN NOT "   \
  PRIVATE("p.author_id") " OR " FOLLOWS("$1", "p.author_id") " WHEN 2 THEN "                     \
  FOLLOWS("$1", "p.author_id") " ELSE $1 = ANY (p.mentions) END AND NOT ("                       \
  BLOCKED("$1", "p.author_id") "))) "
// $5 or $6, the id or handle of the writer; both null: any.
#define BY(column)                                    \
  "($5::uuid IS NULL AND $6::text IS NULL OR " column \
  " = coalesce($5, (SELECT "                          \
  "w.account_id FROM person w WHERE w.handle_name = $6 ORDER BY w.at DESC LIMIT 1))) "

// Reads of documents take: $1 account, $2 the question as a tsquery, $3 and $4 the place behind which they begin, $5 and $6 by
// whom, $7 since, $8 until, $9 rows.

const query find_posts{
    .name = "search.find_posts",
    .sql = "SELECT p.post_id, p.at, p.length::bigint, tsvectorsend(p.terms) FROM post p WHERE "
           "p.terms @@ $2::tsquery AND (p.at, p.post_id) < ($3, $4) AND p.at >= $7 AND p.at < $8 AND "
           BY("p.author_id") "AND ($10::text IS NULL OR p.language = $10 OR starts_with(p.language, "
           "$10 || '-')) AND " VISIBLE "ORDER BY p.at DESC, p.post_id DESC LIMIT $9::bigint",
    .read = {.slow = true, .account_param = 0}};

const query post_texts{.name = "search.post_texts",
                       .sql =
                           "SELECT post_id, author_id, text FROM post WHERE post_id = "
                           "ANY($1::uuid[]) AND text IS NOT NULL"};

// $10 the conversation; null: all of the account.
const query find_messages{
    .name = "search.find_messages",
    .sql =
        "SELECT p.conversation_id, p.seq, p.message_id, p.at, p.text FROM message p WHERE "
        "p.terms @@ $2::tsquery AND p.conversation_id = ANY (ARRAY (SELECT k.conversation_id FROM "
        "member k WHERE k.account_id = $1 AND k.gone_at IS NULL AND ($10::uuid IS NULL OR "
        "k.conversation_id = $10))) AND EXISTS (SELECT FROM member k WHERE k.account_id = $1 AND "
        "k.conversation_id = p.conversation_id AND k.gone_at IS NULL AND k.from_seq <= p.seq) AND "
        "(p.at, p.message_id) < ($3, $4) AND p.at >= $7 AND p.at < $8 AND " BY(
            "p.sender_id") "ORDER BY p.at DESC, p.message_id DESC LIMIT $9::bigint",
    .read = {.slow = true, .account_param = 0}};

// What is asked of each person p; $5 the question's first word, $6 since, $7 until.
#define PERSON                                                   \
  "p.account_id, p.handle, p.display_name, (CASE WHEN " FOLLOWS( \
      "$1", "p.account_id") " THEN 0.5 ELSE 0 END + "
#define FOUND                                                    \
  "p.discoverable AND p.at >= $6 AND p.at < $7 AND NOT " CLOSED( \
      "p.account_id") " AND NOT (" BLOCKED("$1", "p.account_id") ")"

// $3 and $4: score and id behind which the page begins; $8 rows; $9 the words as they may be misspelt: when nobody has them, hidden people included, those
// whose handle or name is nearly so are found, by the share of groups of three characters that are alike. Empty: not looked for.
const query find_people{
    .name = "search.find_people",
    .sql =
        "SELECT s.account_id, s.handle, s.display_name, s.score FROM (SELECT " PERSON
        "CASE WHEN p.handle_name = $5 THEN 4 WHEN starts_with(p.handle_name, $5) THEN 3 ELSE 2 "
        "END)::float8 AS score FROM person p WHERE p.terms @@ $2::tsquery AND " FOUND
        " UNION ALL SELECT " PERSON
        "greatest(similarity(p.handle_name, $9), (similarity(p.display_name, $9) + "
        "word_similarity($9, p.display_name)) / 2))::float8 FROM person p WHERE $9 <> '' AND NOT "
        "EXISTS (SELECT FROM person p WHERE p.terms @@ $2::tsquery) AND (p.handle_name % $9 OR "
        "p.display_name % $9 OR p.display_name %> $9) AND " FOUND
        ") s WHERE (s.score, s.account_id) < ($3::float8, $4) ORDER BY s.score DESC, "
        "s.account_id DESC LIMIT $8::bigint",
    .read = {.slow = true, .account_param = 0}};

#undef FOUND
#undef PERSON
#undef BY
#undef VISIBLE
#undef PRIVATE
#undef CLOSED
#undef BLOCKED
#undef FOLLOWS

// ---- documents

const query put_post{
    .name = "search.put_post",
    .sql =
        "INSERT INTO post (post_id, revision, author_id, at, visibility, mentions, language, text, "
        "length, terms) VALUES ($1, $2, $3, $4, $5::bigint, $6, $7, $8, $9::bigint, $10::tsvector) "
        "ON CONFLICT (post_id) DO UPDATE SET revision = excluded.revision, author_id = "
        "excluded.author_id, at = excluded.at, visibility = excluded.visibility, mentions = "
        "excluded.mentions, language = excluded.language, text = "
        "excluded.text, length = excluded.length, terms = excluded.terms, gone_at = NULL WHERE "
        "post.revision <= excluded.revision"};

const query set_visibility{
    .name = "search.set_visibility",
    .sql =
        "UPDATE post SET revision = $2, visibility = $3::bigint, mentions = $4 WHERE post_id = $1 "
        "AND revision <= $2"};

const query end_post{
    .name = "search.end_post",
    .sql =
        "INSERT INTO post (post_id, revision, author_id, at, visibility, mentions, length, "
        "gone_at) "
        "VALUES ($1, $2, '00000000-0000-0000-0000-000000000000', $3, 3, '{}', 0, $3) ON CONFLICT "
        "(post_id) DO UPDATE SET revision = "
        "excluded.revision, author_id = excluded.author_id, mentions = '{}', language = NULL, text "
        "= NULL, length = 0, terms = "
        "NULL, "
        "gone_at = excluded.gone_at WHERE post.revision <= excluded.revision"};

// Each message of every conversation comes here: one statement for all of a batch.
const query put_message{
    .name = "search.put_message",
    .sql =
        "INSERT INTO message (conversation_id, seq, revision, message_id, sender_id, at, text, "
        "terms) SELECT x.conversation, x.seq, x.revision, x.message, x.sender, x.at, x.text, "
        "x.terms::tsvector FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], "
        "$5::uuid[], $6::timestamptz[], $7::text[], $8::text[]) AS x(conversation, seq, revision, "
        "message, sender, at, text, terms) ON CONFLICT (conversation_id, seq) DO UPDATE SET "
        "revision = excluded.revision, sender_id = excluded.sender_id, text = excluded.text, terms "
        "= excluded.terms, gone_at = NULL WHERE message.revision <= excluded.revision",
    .merge = storage::merging::last,
    .rank = 10,
    .key_params = 2,
    .array_types = {"uuid[]", "bigint[]", "bigint[]", "uuid[]", "uuid[]", "timestamptz[]", "text[]",
                    "text[]"}};

const query edit_message{
    .name = "search.edit_message",
    .sql =
        "UPDATE message SET revision = $3, text = $4, terms = $5::tsvector WHERE conversation_id = "
        "$1 AND seq = $2 AND revision <= $3 AND gone_at IS NULL"};

const query end_message{
    .name = "search.end_message",
    .sql =
        "UPDATE message SET revision = $3, text = NULL, terms = NULL, gone_at = $4 WHERE "
        "conversation_id = $1 AND seq = $2 AND revision <= $3"};

const query put_person{
    .name = "search.put_person",
    .sql =
        "INSERT INTO person (account_id, revision, at, handle, handle_name, display_name, private, "
        "discoverable, terms) VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8::tsvector) ON CONFLICT "
        "(account_id) DO UPDATE SET revision = excluded.revision, handle = excluded.handle, "
        "handle_name = excluded.handle_name, display_name = excluded.display_name, private = "
        "excluded.private, terms = excluded.terms WHERE person.revision <= excluded.revision"};

const query set_privacy{.name = "search.set_privacy",
                        .sql =
                            "UPDATE person SET revision = $2, private = $3, discoverable = $4 "
                            "WHERE account_id = $1 AND "
                            "revision <= $2"};

// ---- facts

const query set_closed{
    .name = "search.set_closed",
    .sql =
        "INSERT INTO closing (account_id, revision, closed) VALUES ($1, $2, $3) ON CONFLICT "
        "(account_id) DO UPDATE SET revision = excluded.revision, closed = excluded.closed WHERE "
        "closing.revision <= excluded.revision"};

const query add_members{
    .name = "search.add_members",
    .sql =
        "INSERT INTO member (account_id, conversation_id, revision, from_seq) SELECT id, $1, $3, "
        "$4 "
        "FROM unnest($2::uuid[]) AS a(id) ON CONFLICT (account_id, conversation_id) DO UPDATE SET "
        "revision = excluded.revision, from_seq = excluded.from_seq, gone_at = NULL WHERE "
        "member.revision <= excluded.revision"};

const query end_member{
    .name = "search.end_member",
    .sql =
        "INSERT INTO member (account_id, conversation_id, revision, from_seq, gone_at) VALUES ($2, "
        "$1, $3, 0, $4) ON CONFLICT (account_id, conversation_id) DO UPDATE SET revision = "
        "excluded.revision, gone_at = excluded.gone_at WHERE member.revision <= excluded.revision"};

#define PUT_PAIR(table, other)                               \
  "INSERT INTO " table " (account_id, " other                \
  ", revision, gone_at) VALUES ($1, $2, $3, $4) ON "         \
  "CONFLICT (account_id, " other                             \
  ") DO UPDATE SET revision = excluded.revision, gone_at = " \
  "excluded.gone_at WHERE " table ".revision <= excluded.revision"

const query put_follow{.name = "search.put_follow", .sql = PUT_PAIR("follow", "followed_id")};
const query put_block{.name = "search.put_block", .sql = PUT_PAIR("block", "blocked_id")};

#undef PUT_PAIR

// ---- the end of an account

const query count_erasure{
    .name = "search.count_erasure",
    .sql =
        "INSERT INTO erasure (account_id, erased, anonymised) SELECT $1, (SELECT count(*) FROM "
        "post "
        "WHERE author_id = $1 AND terms IS NOT NULL) + (SELECT count(*) FROM message WHERE "
        "sender_id = "
        "$1 AND terms IS NOT NULL) + (SELECT count(*) FROM person WHERE account_id = $1) + (SELECT "
        "count(*) FROM member WHERE account_id = $1) + (SELECT count(*) FROM follow WHERE "
        "account_id = "
        "$1 OR followed_id = $1) + (SELECT count(*) FROM block WHERE account_id = $1 OR blocked_id "
        "= "
        "$1), 0 ON CONFLICT (account_id) DO NOTHING"};

const query erase_account{
    .name = "search.erase_account",
    .sql =
        "WITH a AS (DELETE FROM post WHERE author_id = $1), b AS (DELETE FROM message WHERE "
        "sender_id = $1), c AS (DELETE FROM person WHERE account_id = $1), d AS (DELETE FROM "
        "member "
        "WHERE account_id = $1), e AS (DELETE FROM follow WHERE account_id = $1 OR followed_id = "
        "$1), f AS (DELETE FROM closing WHERE account_id = $1), g AS (UPDATE post SET mentions = "
        "array_remove(mentions, $1) WHERE visibility = 3 AND mentions @> ARRAY[$1] AND author_id "
        "<> "
        "$1) DELETE FROM block WHERE account_id = $1 OR blocked_id = $1"};

const query erasure{.name = "search.erasure",
                    .sql = "SELECT erased FROM erasure WHERE account_id = $1"};

const query delete_erasure{.name = "search.delete_erasure",
                           .sql = "DELETE FROM erasure WHERE account_id = $1"};

// ---- retention

#define DUE(table) \
  "SELECT count(*) FROM (SELECT 1 FROM " table " WHERE gone_at < $1 LIMIT $2::bigint) x"
#define STEP(table)                                              \
  "DELETE FROM " table " WHERE ctid IN (SELECT ctid FROM " table \
  " WHERE gone_at < $1 ORDER "                                   \
  "BY gone_at LIMIT $2::bigint)"

const query posts_due{.name = "search.posts_due", .sql = DUE("post")};
const query posts_step{.name = "search.posts_step", .sql = STEP("post")};
const query messages_due{.name = "search.messages_due", .sql = DUE("message")};
const query messages_step{.name = "search.messages_step", .sql = STEP("message")};
const query members_due{.name = "search.members_due", .sql = DUE("member")};
const query members_step{.name = "search.members_step", .sql = STEP("member")};
const query follows_due{.name = "search.follows_due", .sql = DUE("follow")};
const query follows_step{.name = "search.follows_step", .sql = STEP("follow")};
const query blocks_due{.name = "search.blocks_due", .sql = DUE("block")};
const query blocks_step{.name = "search.blocks_step", .sql = STEP("block")};

#undef STEP
#undef DUE

std::span<const query* const> all() {
  static const query* const list[] = {
      &find_posts,    &post_texts,  &find_messages,  &find_people, &put_post,     &set_visibility,
      &end_post,      &put_message, &edit_message,   &end_message, &put_person,   &set_privacy,
      &set_closed,    &add_members, &end_member,     &put_follow,  &put_block,    &count_erasure,
      &erase_account, &erasure,     &delete_erasure, &posts_due,   &posts_step,   &messages_due,
      &messages_step, &members_due, &members_step,   &follows_due, &follows_step, &blocks_due,
      &blocks_step};
  return list;
}

}  // namespace nova::search::queries
