#include "storage/content/erasure_queries.hpp"

namespace nova::content::queries {

using storage::query;

#define COUNT(column, gone)                                                  \
  "UPDATE erasure SET " column " = " column " + (SELECT count(*) FROM " gone \
  ") WHERE account_id = $1"

const query begin_erasure{
    .name = "content.begin_erasure",
    .sql =
        "INSERT INTO erasure (account_id, erased, anonymised) VALUES ($1, 0, 0) "
        "ON CONFLICT DO NOTHING"};

// A post is found by one of two indexes: deleted ones, and those that are not.
const query written_by{
    .name = "content.written_by",
    .sql =
        "(SELECT post_id, NULL::uuid FROM post WHERE author_id = $1 AND deleted_at IS NOT NULL "
        "LIMIT $2::bigint) UNION ALL (SELECT post_id, NULL::uuid FROM post WHERE author_id = $1 "
        "AND NOT scheduled AND deleted_at IS NULL LIMIT $2::bigint) UNION ALL (SELECT post_id, "
        "NULL::uuid FROM post WHERE author_id = $1 AND scheduled AND deleted_at IS NULL LIMIT "
        "$2::bigint) UNION ALL (SELECT post_id, comment_id FROM comment WHERE author_id = $1 LIMIT "
        "$2::bigint)"};

const query rows_left{
    .name = "content.rows_left",
    .sql =
        "SELECT EXISTS (SELECT FROM reaction WHERE account_id = $1) OR EXISTS (SELECT FROM share "
        "WHERE account_id = $1) OR EXISTS (SELECT FROM vote WHERE account_id = $1) OR EXISTS "
        "(SELECT FROM bookmark WHERE account_id = $1) OR EXISTS (SELECT FROM draft WHERE "
        "account_id = $1) OR EXISTS (SELECT FROM pin WHERE account_id = $1) OR EXISTS (SELECT FROM "
        "tag_follow WHERE account_id = $1) OR EXISTS (SELECT FROM follow WHERE account_id = $1) OR "
        "EXISTS (SELECT FROM follow WHERE followed_id = $1) OR EXISTS (SELECT FROM block WHERE "
        "account_id = $1) OR EXISTS (SELECT FROM block WHERE blocked_id = $1)"};

const query erase_reactions{
    .name = "content.erase_reactions",
    .sql =
        "WITH gone AS (DELETE FROM reaction WHERE account_id = $1 AND subject_id IN (SELECT "
        "subject_id FROM reaction WHERE account_id = $1 LIMIT $2::bigint) RETURNING subject_id, "
        "emoji), counts AS (UPDATE reaction_count k SET n = k.n - 1 FROM gone g WHERE "
        "k.subject_id = g.subject_id AND k.emoji = g.emoji) " COUNT("erased", "gone")};

const query erase_shares{
    .name = "content.erase_shares",
    .sql =
        "WITH gone AS (DELETE FROM share WHERE account_id = $1 AND post_id IN (SELECT post_id "
        "FROM share WHERE account_id = $1 LIMIT $2::bigint) RETURNING post_id), counts AS "
        "(UPDATE post p SET shares = p.shares - 1 FROM gone g WHERE p.post_id = g.post_id) " COUNT(
            "erased", "gone")};

#define VOTES_OF(open)                                             \
  "SELECT v.post_id FROM vote v WHERE v.account_id = $1 AND " open \
  " (SELECT FROM post p WHERE "                                    \
  "p.post_id = v.post_id AND p.poll_ends_at > $3) LIMIT $2::bigint"

const query erase_votes{
    .name = "content.erase_votes",
    .sql = "WITH gone AS (DELETE FROM vote WHERE account_id = $1 AND post_id IN (" VOTES_OF("EXISTS")
           ") RETURNING post_id, choices), counts AS (UPDATE vote_count k SET n = k.n - 1 FROM "
           "(SELECT post_id, unnest(choices || -1::bigint) AS option FROM gone) g WHERE k.post_id = "
           "g.post_id AND k.option = g.option) " COUNT("erased", "gone")};

const query anonymise_votes{
    .name = "content.anonymise_votes",
    .sql =
        "WITH kept AS (UPDATE vote SET account_id = gen_random_uuid() WHERE account_id = $1 AND "
        "post_id IN (" VOTES_OF("NOT EXISTS") ") RETURNING post_id) " COUNT("anonymised", "kept")};

#undef VOTES_OF

const query erase_shelf{
    .name = "content.erase_shelf",
    .sql =
        "WITH a AS (DELETE FROM bookmark WHERE account_id = $1 AND post_id IN (SELECT post_id FROM "
        "bookmark WHERE account_id = $1 LIMIT $2::bigint) RETURNING 1), b AS (DELETE FROM draft "
        "WHERE account_id = $1 AND draft_id IN (SELECT draft_id FROM draft WHERE account_id = $1 "
        "LIMIT $2::bigint) RETURNING 1), c AS (DELETE FROM pin WHERE account_id = $1 RETURNING 1), "
        "d AS (DELETE FROM tag_follow WHERE account_id = $1 AND tag IN (SELECT tag FROM tag_follow "
        "WHERE account_id = $1 LIMIT $2::bigint) RETURNING 1) " COUNT(
            "erased",
            "(SELECT 1 FROM a UNION ALL SELECT 1 FROM b UNION ALL SELECT 1 FROM c "
            "UNION ALL SELECT 1 FROM d) x")};

const query erase_relations{
    .name = "content.erase_relations",
    .sql =
        "WITH a AS (DELETE FROM follow WHERE account_id = $1 AND followed_id IN (SELECT "
        "followed_id FROM follow WHERE account_id = $1 LIMIT $2::bigint) RETURNING 1), b AS "
        "(DELETE FROM follow WHERE followed_id = $1 AND account_id IN (SELECT account_id FROM "
        "follow WHERE followed_id = $1 LIMIT $2::bigint) RETURNING 1), c AS (DELETE FROM block "
        "WHERE account_id = $1 AND blocked_id IN (SELECT blocked_id FROM block WHERE account_id = "
        "$1 LIMIT $2::bigint) RETURNING 1), d AS (DELETE FROM block WHERE blocked_id = $1 AND "
        "account_id IN (SELECT account_id FROM block WHERE blocked_id = $1 LIMIT $2::bigint) "
        "RETURNING 1) " COUNT(
            "erased",
            "(SELECT 1 FROM a UNION ALL SELECT 1 FROM b UNION ALL SELECT 1 FROM c "
            "UNION ALL SELECT 1 FROM d) x")};

#undef COUNT

const query count_erased{.name = "content.count_erased",
                         .sql =
                             "UPDATE erasure SET erased = erased + $2::bigint, anonymised = "
                             "anonymised + $3::bigint WHERE account_id = $1"};

const query erasure{.name = "content.erasure",
                    .sql = "SELECT erased, anonymised FROM erasure WHERE account_id = $1"};

const query end_erasure{.name = "content.end_erasure",
                        .sql = "DELETE FROM erasure WHERE account_id = $1"};

const query forget_person{.name = "content.forget_person",
                          .sql = "DELETE FROM person WHERE account_id = $1"};

const query empty_shelf_events{.name = "content.empty_shelf_events",
                               .sql =
                                   "UPDATE outbox SET type = 0, payload = '' WHERE key = $1 AND "
                                   "type IN (4014, 4015, 4016, 4018)"};

const query blank_post{
    .name = "content.blank_post",
    .sql =
        "UPDATE post SET author_id = '00000000-0000-0000-0000-000000000000', text = '', "
        "content_warning = NULL, language = NULL, body = '', has_media = false, mentions = '{}', "
        "quote_id = NULL, poll_ends_at = NULL, scheduled = false, deleted_at = "
        "coalesce(deleted_at, $2) WHERE post_id = $1"};

const query texts_told{.name = "content.texts_told",
                       .sql =
                           "SELECT shard::bigint, seq, type::bigint, payload FROM outbox WHERE key "
                           "= $1 AND type IN (4001, 4002, 4003, 4005)"};

const query replace_told{
    .name = "content.replace_told",
    .sql = "UPDATE outbox SET payload = $3 WHERE shard = $1::bigint AND seq = $2::bigint"};

const query disown_comment{
    .name = "content.disown_comment",
    .sql = "UPDATE comment SET author_id = gen_random_uuid() WHERE comment_id = $1"};

std::span<const query* const> all_erasure() {
  static const query* const list[] = {
      &begin_erasure, &written_by,      &rows_left,     &erase_reactions,    &erase_shares,
      &erase_votes,   &anonymise_votes, &erase_shelf,   &erase_relations,    &count_erased,
      &erasure,       &end_erasure,     &forget_person, &empty_shelf_events, &blank_post,
      &texts_told,    &replace_told,    &disown_comment};
  return list;
}

}  // namespace nova::content::queries
