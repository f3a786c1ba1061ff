#include "storage/feed/erasure_queries.hpp"

namespace nova::feed::queries {

using storage::query;

const query begin_erasure{
    .name = "feed.begin_erasure",
    .sql =
        "INSERT INTO erasure (account_id, erased, anonymised) VALUES ($1, 0, 0) "
        "ON CONFLICT DO NOTHING"};

const query entries_of{
    .name = "feed.entries_of",
    .sql =
        "(SELECT 1::bigint, post_id FROM post WHERE author_id = $1 LIMIT $2::bigint) UNION ALL "
        "(SELECT 2::bigint, post_id FROM share WHERE sharer_id = $1 LIMIT $2::bigint) UNION ALL "
        "(SELECT 3::bigint, author_id FROM follow WHERE account_id = $1 LIMIT $2::bigint)"};

const query erase_posts{
    .name = "feed.erase_posts",
    .sql =
        "WITH a AS (DELETE FROM tagged WHERE author_id = $1 AND post_id = ANY ($2::uuid[])) DELETE "
        "FROM post WHERE author_id = $1 AND post_id = ANY ($2::uuid[])"};

const query erase_shares{
    .name = "feed.erase_shares",
    .sql = "DELETE FROM share WHERE sharer_id = $1 AND post_id = ANY ($2::uuid[])"};

const query erase_follows{
    .name = "feed.erase_follows",
    .sql = "DELETE FROM follow WHERE account_id = $1 AND author_id = ANY ($2::uuid[])"};

const query rows_left{
    .name = "feed.rows_left",
    .sql =
        "SELECT EXISTS (SELECT FROM timeline WHERE account_id = $1) OR EXISTS (SELECT FROM hidden "
        "WHERE account_id = $1) OR EXISTS (SELECT FROM hidden WHERE other_id = $1) OR EXISTS "
        "(SELECT FROM affinity WHERE account_id = $1) OR EXISTS (SELECT FROM affinity WHERE "
        "author_id = $1) OR EXISTS (SELECT FROM tag_follow WHERE account_id = $1) OR EXISTS "
        "(SELECT FROM ranking WHERE account_id = $1) OR EXISTS (SELECT FROM tagged WHERE author_id "
        "= $1) OR EXISTS (SELECT FROM share WHERE author_id = $1)"};

const query erase_rows{
    .name = "feed.erase_rows",
    .sql =
        "WITH a AS (DELETE FROM timeline WHERE account_id = $1 AND (at, post_id) IN (SELECT at, "
        "post_id FROM timeline WHERE account_id = $1 ORDER BY at DESC, post_id DESC LIMIT "
        "$2::bigint) RETURNING 1), b AS (DELETE FROM tag_follow WHERE account_id = $1 AND tag IN "
        "(SELECT tag FROM tag_follow WHERE account_id = $1 LIMIT $2::bigint) RETURNING 1), c AS "
        "(DELETE FROM ranking WHERE account_id = $1 RETURNING 1), d AS (DELETE FROM affinity WHERE "
        "account_id = $1 AND author_id IN (SELECT author_id FROM affinity WHERE account_id = $1 "
        "LIMIT $2::bigint) RETURNING 1), e AS (DELETE FROM hidden WHERE account_id = $1 AND "
        "other_id IN (SELECT other_id FROM hidden WHERE account_id = $1 LIMIT $2::bigint) "
        "RETURNING 1) UPDATE erasure SET erased = erased + (SELECT count(*) FROM (SELECT 1 FROM a "
        "UNION ALL SELECT 1 FROM b UNION ALL SELECT 1 FROM c UNION ALL SELECT 1 FROM d UNION ALL "
        "SELECT 1 FROM e) x) WHERE account_id = $1"};

const query erase_named{
    .name = "feed.erase_named",
    .sql =
        "WITH a AS (DELETE FROM hidden WHERE other_id = $1 AND account_id IN (SELECT account_id "
        "FROM hidden WHERE other_id = $1 LIMIT $2::bigint) RETURNING 1), b AS (DELETE FROM "
        "affinity WHERE author_id = $1 AND account_id IN (SELECT account_id FROM affinity WHERE "
        "author_id = $1 LIMIT $2::bigint) RETURNING 1), c AS (DELETE FROM tagged WHERE author_id = "
        "$1 AND post_id IN (SELECT post_id FROM tagged WHERE author_id = $1 LIMIT $2::bigint) "
        "RETURNING 1), d AS (DELETE FROM share WHERE author_id = $1 AND post_id IN (SELECT post_id "
        "FROM share WHERE author_id = $1 LIMIT $2::bigint) RETURNING 1) UPDATE erasure SET erased "
        "= erased + (SELECT count(*) FROM (SELECT 1 FROM a UNION ALL SELECT 1 FROM b UNION ALL "
        "SELECT 1 FROM c UNION ALL SELECT 1 FROM d) x) WHERE account_id = $1"};

const query count_erased{
    .name = "feed.count_erased",
    .sql = "UPDATE erasure SET erased = erased + $2::bigint WHERE account_id = $1"};

const query erasure{.name = "feed.erasure",
                    .sql = "SELECT erased FROM erasure WHERE account_id = $1"};

const query end_erasure{.name = "feed.end_erasure",
                        .sql = "DELETE FROM erasure WHERE account_id = $1"};

const query forget_home{.name = "feed.forget_home",
                        .sql = "DELETE FROM home WHERE account_id = $1"};

const query forget_followers{
    .name = "feed.forget_followers",
    .sql =
        "WITH gone AS (DELETE FROM follow WHERE author_id = $1 AND shard = $2::bigint RETURNING "
        "account_id) DELETE FROM timeline t USING gone g WHERE t.account_id = g.account_id AND "
        "t.via_id = $1"};

std::span<const query* const> all_erasure() {
  static const query* const list[] = {&begin_erasure,   &entries_of, &erase_posts, &erase_shares,
                                      &erase_follows,   &rows_left,  &erase_rows,  &erase_named,
                                      &count_erased,    &erasure,    &end_erasure, &forget_home,
                                      &forget_followers};
  return list;
}

}  // namespace nova::feed::queries
