#include "storage/feed/feed_queries.hpp"

namespace nova::feed::queries {

using storage::query;

// Reads of a feed take: $1 account, $2 and $3 the position behind which the page begins, $4 as_of, $5 shares are shown,
// $6 quotes are shown, $7 muted words, $8 rows, $9 now, $10 the account's shard.
#define FEED_HIDDEN                                                                         \
  "WITH hid AS MATERIALIZED (SELECT other_id FROM hidden WHERE account_id = $1 AND (until " \
  "IS NULL OR until > $9)) "
#define SEEN(x)                                                                                    \
  "($6 OR NOT " x ".quote OR " x ".author_id = $1) AND " x                                         \
  ".author_id NOT IN (SELECT other_id FROM hid) AND (cardinality($7::text[]) = 0 OR " x            \
  ".author_id = $1 OR NOT EXISTS (SELECT FROM post pw, unnest($7::text[]) m WHERE pw.post_id = " x \
  ".post_id AND strpos(pw.words, m) > 0)) "
#define MENTIONED(p, account) "(" p ".visibility <> 3 OR " account " = ANY(" p ".mentions)) "
// All ways by which the post of the alias x comes into the feed.
#define WAYS \
  "(SELECT b.at, b.reason, b.via_id, b.author_id, b.quote FROM timeline b WHERE b.post_id = " \
  "x.post_id AND b.shard = $10::bigint AND b.account_id = $1 AND b.added_at <= $4 "           \
  "UNION ALL SELECT p.at, 1, p.author_id, p.author_id, p.quote FROM post p JOIN follow f ON "    \
  "f.account_id = $1 AND f.author_id = p.author_id AND f.big WHERE p.post_id = x.post_id AND " \
  "(p.at, p.post_id) >= (f.floor_at, f.floor_id) AND greatest(p.added_at, f.added_at) <= $4 AND " MENTIONED("p", "$1")    \
  "UNION ALL SELECT s.at, 2, s.sharer_id, s.author_id, false FROM share s JOIN follow f ON "  \
  "f.account_id = $1 AND f.author_id = s.sharer_id AND f.big WHERE s.post_id = x.post_id AND " \
  "(s.at, s.post_id) >= (f.floor_at, f.floor_id) AND greatest(s.added_at, f.added_at) <= $4 AND NOT EXISTS (SELECT FROM " \
  "withheld h WHERE h.post_id = s.post_id) "                                                  \
  "UNION ALL SELECT g.at, 3, g.author_id, g.author_id, g.quote FROM tagged g JOIN tag_follow " \
  "tf ON tf.account_id = $1 AND tf.tag = g.tag WHERE g.post_id = x.post_id AND g.at >= "      \
  "tf.floor_at AND greatest(g.added_at, tf.added_at) <= $4) w WHERE w.via_id NOT IN (SELECT " \
  "other_id FROM hid) AND ($5 OR w.reason <> 2) "
// True when no other way is before this one.
#define FIRST \
  "NOT EXISTS (SELECT FROM " WAYS "AND (w.at, w.reason, w.via_id) < (x.at, x.reason, x.via_id)) "
#define BEHIND(x) "(" x ".at, " x ".post_id) < ($2, $3) "
#define NEWEST "ORDER BY at DESC, post_id DESC LIMIT $8::bigint"

// The entries of a feed, the newest first, each post once.
#define FEED_ENTRIES \
  "(SELECT * FROM (SELECT x.at, x.post_id, x.author_id, x.via_id, x.reason FROM timeline x "    \
  "WHERE x.account_id = $1 AND " BEHIND("x") "AND x.added_at <= $4 AND ($5 OR x.reason <> 2) "  \
  "AND x.via_id NOT IN (SELECT other_id FROM hid) AND " SEEN("x")                               \
  "AND (x.reason = 1 OR " FIRST ") " NEWEST ") own "                                            \
  "UNION ALL SELECT x.at, x.post_id, x.author_id, x.via_id, 1 FROM follow f CROSS JOIN LATERAL " \
  "(SELECT x.at, x.post_id, x.author_id, x.author_id AS via_id FROM post x WHERE x.author_id = " \
  "f.author_id AND " BEHIND("x") "AND (x.at, x.post_id) >= (f.floor_at, f.floor_id) AND x.added_at <= $4 AND "             \
  MENTIONED("x", "$1") "AND " SEEN("x")                                                         \
  "AND NOT EXISTS (SELECT FROM timeline b WHERE b.post_id = x.post_id AND b.shard = $10::bigint " \
  "AND b.account_id = $1 AND b.via_id = x.author_id AND b.added_at <= $4) " NEWEST ") x WHERE "  \
  "f.account_id = $1 AND f.big AND f.added_at <= $4 "                                           \
  "UNION ALL SELECT x.at, x.post_id, x.author_id, x.via_id, 2 FROM follow f CROSS JOIN LATERAL " \
  "(SELECT x.at, x.post_id, x.author_id, x.via_id FROM (SELECT s.at, s.post_id, s.author_id, "  \
  "s.sharer_id AS via_id, 2 AS reason, false AS quote, s.added_at FROM share s WHERE "          \
  "s.sharer_id = f.author_id) x WHERE " BEHIND("x") "AND (x.at, x.post_id) >= (f.floor_at, f.floor_id) AND x.added_at <= $4 " \
  "AND x.author_id <> $1 AND x.via_id NOT IN (SELECT other_id FROM hid) AND " SEEN("x")         \
  "AND NOT EXISTS (SELECT FROM withheld h WHERE h.post_id = x.post_id) AND NOT EXISTS (SELECT " \
  "FROM timeline b WHERE b.post_id = x.post_id AND b.shard = $10::bigint AND b.account_id = $1 " \
  "AND b.via_id = x.via_id AND b.added_at <= $4) AND " FIRST NEWEST ") x WHERE f.account_id = "  \
  "$1 AND f.big AND $5 AND f.added_at <= $4 "                                                   \
  "UNION ALL SELECT x.at, x.post_id, x.author_id, x.via_id, 3 FROM tag_follow tf CROSS JOIN "   \
  "LATERAL (SELECT x.at, x.post_id, x.author_id, x.via_id FROM (SELECT g.at, g.post_id, "       \
  "g.author_id, g.author_id AS via_id, 3 AS reason, g.quote, g.added_at FROM tagged g WHERE "   \
  "g.tag = tf.tag) x WHERE " BEHIND("x") "AND x.at >= tf.floor_at AND x.added_at <= $4 AND "    \
  SEEN("x") "AND NOT EXISTS (SELECT FROM tagged g JOIN tag_follow o ON o.account_id = $1 AND "  \
  "o.tag = g.tag WHERE g.post_id = x.post_id AND g.tag < tf.tag AND g.at >= o.floor_at AND "    \
  "greatest(g.added_at, o.added_at) <= $4) AND " FIRST NEWEST ") x WHERE tf.account_id = $1 "   \
  "AND tf.added_at <= $4) e "

// ---- an account's feed

const query home{.name = "feed.home",
                 .sql = "SELECT followers, big, preferences FROM home WHERE account_id = $1"};

// The written entries alone, whether there are others to be merged, and as_of.
const query page{
    .name = "feed.page",
    .sql = FEED_HIDDEN
    "SELECT x.at, x.post_id, x.author_id, x.via_id, x.reason::bigint, EXISTS (SELECT FROM follow f "
    "WHERE f.account_id = $1 AND f.big) OR EXISTS (SELECT FROM tag_follow tf WHERE tf.account_id = "
    "$1), $4::timestamptz FROM timeline x WHERE x.account_id = $1 AND " BEHIND("x") "AND x.added_at <= $4 AND ($5 OR "
    "x.reason <> 2) AND x.via_id NOT IN (SELECT other_id FROM hid) AND " SEEN("x") "AND (x.reason = "
    "1 OR NOT EXISTS (SELECT FROM timeline w WHERE w.post_id = x.post_id AND w.shard = $10::bigint "
    "AND w.account_id = $1 AND w.added_at <= $4 AND w.via_id NOT IN (SELECT other_id FROM hid) AND "
    "(w.at, w.reason, w.via_id) < (x.at, x.reason, x.via_id))) " NEWEST};

const query merged_page{.name = "feed.merged_page",
                        .sql = FEED_HIDDEN
                        "SELECT at, post_id, author_id, via_id, reason::bigint, true, "
                        "$4::timestamptz FROM " FEED_ENTRIES NEWEST};

const query candidates{
    .name = "feed.candidates",
    .sql = FEED_HIDDEN
    "SELECT e.at, e.post_id, e.author_id, e.via_id, e.reason::bigint, coalesce(p.reactions, 0), "
    "coalesce(p.comments, 0), coalesce(a.strength, 0), coalesce(a.at, e.at) FROM (SELECT * "
    "FROM " FEED_ENTRIES NEWEST
    ") e LEFT JOIN post p ON p.post_id = e.post_id LEFT JOIN affinity a ON "
    "a.account_id = $1 AND a.author_id = e.author_id ORDER BY e.at DESC, e.post_id DESC",
    .read = {.slow = true, .account_param = 0}};

// The position is the post; the rows are the account's way to it.
const query candidate{
    .name = "feed.candidate",
    .sql = FEED_HIDDEN
    "SELECT e.at, e.post_id, e.author_id, e.via_id, e.reason::bigint, coalesce(p.reactions, 0), "
    "coalesce(p.comments, 0), coalesce(a.strength, 0), coalesce(a.at, e.at) FROM (SELECT w.at, "
    "x.post_id, w.author_id, w.via_id, w.reason, w.quote FROM (SELECT $3::uuid AS post_id) x CROSS "
    "JOIN LATERAL (SELECT w.* FROM " WAYS
    ") w WHERE $2::timestamptz IS NOT NULL ORDER BY w.at, "
    "w.reason, w.via_id LIMIT $8::bigint) e LEFT JOIN post p ON p.post_id = e.post_id LEFT JOIN "
    "affinity a ON a.account_id = $1 AND a.author_id = e.author_id WHERE " SEEN("e")};

#undef FEED_ENTRIES
#undef NEWEST
#undef BEHIND
#undef FIRST
#undef WAYS
#undef SEEN
#undef FEED_HIDDEN

const query ranking{
    .name = "feed.ranking",
    .sql = "SELECT post_ids, scores FROM ranking WHERE account_id = $1 AND made_at = $2"};

const query keep_ranking{
    .name = "feed.keep_ranking",
    .sql =
        "INSERT INTO ranking (account_id, made_at, post_ids, scores) VALUES ($1, $2, $3, $4) ON "
        "CONFLICT DO NOTHING"};

const query cut_rankings{
    .name = "feed.cut_rankings",
    .sql =
        "DELETE FROM ranking WHERE account_id = $1 AND made_at < (SELECT made_at FROM ranking "
        "WHERE account_id = $1 ORDER BY made_at DESC OFFSET $2::bigint LIMIT 1)"};

const query set_preferences{
    .name = "feed.set_preferences",
    .sql =
        "INSERT INTO home (account_id, preferences) VALUES ($1, $2) ON CONFLICT (account_id) DO "
        "UPDATE SET preferences = excluded.preferences"};

// ---- posts and shares of an account

const query insert_post{
    .name = "feed.insert_post",
    .sql =
        "INSERT INTO post (post_id, author_id, at, visibility, mentions, quote, words, added_at) "
        "VALUES ($1, $2, $3, $4::bigint, $5, $6, $7, $8) ON CONFLICT (post_id) DO UPDATE SET "
        "visibility = excluded.visibility, mentions = excluded.mentions, words = excluded.words"};

const query insert_own_entry{
    .name = "feed.insert_own_entry",
    .sql =
        "INSERT INTO timeline (account_id, post_id, via_id, author_id, at, added_at, shard, "
        "reason, quote) SELECT p.author_id, p.post_id, p.author_id, p.author_id, p.at, p.added_at, "
        "$2::bigint, 1, p.quote FROM post p WHERE p.post_id = $1 ON CONFLICT DO NOTHING"};

const query edit_post{.name = "feed.edit_post",
                      .sql = "UPDATE post SET mentions = $2, words = $3 WHERE post_id = $1"};

const query set_visibility{
    .name = "feed.set_visibility",
    .sql = "UPDATE post SET visibility = $2::bigint, mentions = $3 WHERE post_id = $1"};

const query delete_post{.name = "feed.delete_post", .sql = "DELETE FROM post WHERE post_id = $1"};

const query cut_posts{
    .name = "feed.cut_posts",
    .sql =
        "DELETE FROM post WHERE author_id = $1 AND (at, post_id) < (SELECT at, post_id FROM post "
        "WHERE author_id = $1 ORDER BY at DESC, post_id DESC OFFSET $2::bigint LIMIT 1)"};

const query insert_tagged{
    .name = "feed.insert_tagged",
    .sql =
        "INSERT INTO tagged (tag, at, post_id, author_id, quote, added_at) SELECT tag, p.at, "
        "p.post_id, p.author_id, p.quote, p.added_at FROM post p, unnest($2::text[]) tag WHERE "
        "p.post_id = $1 AND p.visibility = 1 ON CONFLICT DO NOTHING"};

const query delete_tagged{
    .name = "feed.delete_tagged",
    .sql = "DELETE FROM tagged WHERE post_id = $1 AND NOT tag = ANY($2::text[])"};

const query cut_tagged{
    .name = "feed.cut_tagged",
    .sql =
        "DELETE FROM tagged g USING unnest($1::text[]) t(tag) CROSS JOIN LATERAL (SELECT at, "
        "post_id FROM tagged x WHERE x.tag = t.tag ORDER BY at DESC, post_id DESC OFFSET "
        "$2::bigint LIMIT 1) c WHERE g.tag = t.tag AND (g.at, g.post_id) < (c.at, c.post_id)"};

const query withhold{
    .name = "feed.withhold",
    .sql =
        "INSERT INTO withheld (post_id, at) VALUES ($1, $2) ON CONFLICT (post_id) DO UPDATE SET "
        "at = excluded.at"};

const query release{.name = "feed.release", .sql = "DELETE FROM withheld WHERE post_id = $1"};

const query insert_share{
    .name = "feed.insert_share",
    .sql =
        "INSERT INTO share (sharer_id, post_id, author_id, at, added_at) VALUES ($1, $2, $3, $4, "
        "$5) ON CONFLICT (post_id, sharer_id) DO UPDATE SET at = excluded.at, added_at = "
        "excluded.added_at"};

const query delete_share{.name = "feed.delete_share",
                         .sql = "DELETE FROM share WHERE sharer_id = $1 AND post_id = $2"};

const query cut_shares{
    .name = "feed.cut_shares",
    .sql =
        "DELETE FROM share WHERE sharer_id = $1 AND (at, post_id) < (SELECT at, post_id FROM share "
        "WHERE sharer_id = $1 ORDER BY at DESC, post_id DESC OFFSET $2::bigint LIMIT 1)"};

const query count_reactions{
    .name = "feed.count_reactions",
    .sql = "UPDATE post SET reactions = greatest(0, reactions + $2::bigint) WHERE post_id = $1"};

const query count_comments{
    .name = "feed.count_comments",
    .sql = "UPDATE post SET comments = greatest(0, comments + $2::bigint) WHERE post_id = $1"};

// $4: milliseconds in which the strength halves.
const query add_affinity{
    .name = "feed.add_affinity",
    .sql =
        "INSERT INTO affinity AS a (account_id, author_id, strength, at) VALUES ($1, $2, 1, $3) ON "
        "CONFLICT (account_id, author_id) DO UPDATE SET at = excluded.at, strength = 1 + "
        "a.strength "
        "* power(0.5, greatest(0, extract(epoch FROM excluded.at - a.at)) * 1000 / $4::bigint)"};

// ---- follows

const query follows{.name = "feed.follows",
                    .sql = "SELECT true FROM follow WHERE account_id = $1 AND author_id = $2"};

const query insert_follow{
    .name = "feed.insert_follow",
    .sql = "INSERT INTO follow (account_id, author_id, shard, big, floor_at, floor_id, added_at) SELECT "
           "$1, $2, $3::bigint, coalesce((SELECT big FROM home WHERE account_id = $2), false), "
           "coalesce(e.at, to_timestamp(0)), coalesce(e.post_id, $1), $4 FROM (SELECT) one LEFT JOIN "
           "(SELECT at, post_id FROM ((SELECT at, post_id FROM post WHERE author_id = $2 AND "
           MENTIONED("post", "$1")
           "ORDER BY at DESC, post_id DESC LIMIT $5::bigint) UNION ALL (SELECT at, post_id FROM share "
           "WHERE sharer_id = $2 ORDER BY at DESC, post_id DESC LIMIT $5::bigint)) x ORDER BY at DESC, "
           "post_id DESC OFFSET $5::bigint - 1 LIMIT 1) e ON true ON CONFLICT DO NOTHING"};

const query backfill_posts{
    .name = "feed.backfill_posts",
    .sql =
        "INSERT INTO timeline (account_id, post_id, via_id, author_id, at, added_at, shard, "
        "reason, "
        "quote) SELECT f.account_id, p.post_id, p.author_id, p.author_id, p.at, "
        "greatest(p.added_at, "
        "f.added_at), f.shard, 1, p.quote FROM follow f JOIN post p ON p.author_id = f.author_id "
        "AND "
        "(p.at, p.post_id) >= (f.floor_at, f.floor_id) WHERE f.account_id = $1 AND f.author_id = "
        "$2 AND NOT f.big AND " MENTIONED("p", "$1") "ON CONFLICT DO NOTHING"};

const query backfill_shares{
    .name = "feed.backfill_shares",
    .sql =
        "INSERT INTO timeline (account_id, post_id, via_id, author_id, at, added_at, shard, "
        "reason, "
        "quote) SELECT f.account_id, s.post_id, s.sharer_id, s.author_id, s.at, "
        "greatest(s.added_at, "
        "f.added_at), f.shard, 2, false FROM follow f JOIN share s ON s.sharer_id = f.author_id "
        "AND "
        "(s.at, s.post_id) >= (f.floor_at, f.floor_id) WHERE f.account_id = $1 AND f.author_id = "
        "$2 AND NOT f.big AND "
        "s.author_id <> $1 AND NOT EXISTS (SELECT FROM withheld h WHERE h.post_id = s.post_id) ON "
        "CONFLICT DO NOTHING"};

const query delete_follow{.name = "feed.delete_follow",
                          .sql = "DELETE FROM follow WHERE account_id = $1 AND author_id = $2"};

const query forget_author{.name = "feed.forget_author",
                          .sql = "DELETE FROM timeline WHERE account_id = $1 AND via_id = $2"};

const query cut_timeline{
    .name = "feed.cut_timeline",
    .sql =
        "DELETE FROM timeline WHERE account_id = $1 AND (at, post_id) < (SELECT at, post_id FROM "
        "timeline WHERE account_id = $1 ORDER BY at DESC, post_id DESC OFFSET $2::bigint LIMIT 1)"};

const query set_followers{.name = "feed.set_followers",
                          .sql =
                              "INSERT INTO home (account_id, followers, big) VALUES ($1, $2, $3) "
                              "ON CONFLICT (account_id) "
                              "DO UPDATE SET followers = excluded.followers, big = excluded.big"};

// As the author's own row says: an event that told it could be older than that row.
const query take_big{
    .name = "feed.take_big",
    .sql =
        "UPDATE follow f SET big = coalesce(h.big, false) FROM (SELECT) one LEFT JOIN home h ON "
        "h.account_id = $2 WHERE f.account_id = $1 AND f.author_id = $2 AND f.big <> "
        "coalesce(h.big, false)"};

const query follow_tag{.name = "feed.follow_tag",
                       .sql =
                           "INSERT INTO tag_follow (account_id, tag, floor_at, added_at) SELECT "
                           "$1, $2, coalesce((SELECT "
                           "at FROM tagged WHERE tag = $2 ORDER BY at DESC, post_id DESC OFFSET "
                           "$4::bigint - 1 LIMIT 1), "
                           "to_timestamp(0)), $3 ON CONFLICT DO NOTHING"};

const query unfollow_tag{.name = "feed.unfollow_tag",
                         .sql = "DELETE FROM tag_follow WHERE account_id = $1 AND tag = $2"};

// ---- whom an account does not see

const query hide{
    .name = "feed.hide",
    .sql =
        "INSERT INTO hidden (account_id, other_id, kind, until) VALUES ($1, $2, $3::bigint, $4) ON "
        "CONFLICT (account_id, other_id, kind) DO UPDATE SET until = excluded.until"};

const query unhide{
    .name = "feed.unhide",
    .sql = "DELETE FROM hidden WHERE account_id = $1 AND other_id = $2 AND kind = $3::bigint"};

// ---- timelines, shard by shard

// Each step of the recursion finds the next shard in the index, so that many followers cost no more.
const query follower_shards{
    .name = "feed.follower_shards",
    .sql =
        "WITH RECURSIVE s AS ((SELECT shard FROM follow WHERE author_id = $1 ORDER BY shard LIMIT "
        "1) "
        "UNION ALL SELECT (SELECT f.shard FROM follow f WHERE f.author_id = $1 AND f.shard > "
        "s.shard "
        "ORDER BY f.shard LIMIT 1) FROM s WHERE s.shard IS NOT NULL) SELECT shard::bigint FROM s "
        "WHERE shard IS NOT NULL"};

const query sharer_follower_shards{
    .name = "feed.sharer_follower_shards",
    .sql =
        "SELECT DISTINCT f.shard::bigint FROM share s JOIN follow f ON f.author_id = s.sharer_id "
        "WHERE s.post_id = $1 ORDER BY 1",
    .read = {.slow = true}};

const query entry_shards{
    .name = "feed.entry_shards",
    .sql =
        "WITH RECURSIVE s AS ((SELECT shard FROM timeline WHERE post_id = $1 ORDER BY shard LIMIT "
        "1) "
        "UNION ALL SELECT (SELECT t.shard FROM timeline t WHERE t.post_id = $1 AND t.shard > "
        "s.shard "
        "ORDER BY t.shard LIMIT 1) FROM s WHERE s.shard IS NOT NULL) SELECT shard::bigint FROM s "
        "WHERE shard IS NOT NULL"};

const query fan_out_post{
    .name = "feed.fan_out_post",
    .sql =
        "INSERT INTO timeline (account_id, post_id, via_id, author_id, at, added_at, shard, "
        "reason, "
        "quote) SELECT f.account_id, p.post_id, p.author_id, p.author_id, p.at, "
        "greatest(p.added_at, "
        "f.added_at), f.shard, 1, p.quote FROM post p JOIN follow f ON f.author_id = p.author_id "
        "WHERE "
        "p.post_id = $1 AND f.shard = $2::bigint AND NOT f.big AND (p.at, p.post_id) >= "
        "(f.floor_at, f.floor_id) AND " MENTIONED("p", "f.account_id") "ON CONFLICT DO NOTHING"};

// $3 null: all who share the post.
const query fan_out_share{.name = "feed.fan_out_share",
                          .sql =
                              "INSERT INTO timeline (account_id, post_id, via_id, author_id, at, "
                              "added_at, shard, reason, "
                              "quote) SELECT f.account_id, s.post_id, s.sharer_id, s.author_id, "
                              "s.at, greatest(s.added_at, "
                              "f.added_at), f.shard, 2, false FROM share s JOIN follow f ON "
                              "f.author_id = s.sharer_id WHERE "
                              "s.post_id = $1 AND f.shard = $2::bigint AND ($3::uuid IS NULL OR "
                              "s.sharer_id = $3) AND NOT "
                              "f.big AND (s.at, s.post_id) >= (f.floor_at, f.floor_id) AND "
                              "f.account_id <> s.author_id AND NOT EXISTS (SELECT FROM "
                              "withheld h WHERE h.post_id = s.post_id) ON CONFLICT DO NOTHING"};

// The author's posts and shares were merged at reading until now.
const query fan_out_author{
    .name = "feed.fan_out_author",
    .sql = "WITH ordinary AS (UPDATE follow SET big = false WHERE author_id = $1 AND shard = $2::bigint "
           "AND big RETURNING account_id, author_id, floor_at, floor_id, added_at, shard) INSERT INTO timeline "
           "(account_id, post_id, via_id, author_id, at, added_at, shard, reason, quote) SELECT "
           "f.account_id, p.post_id, p.author_id, p.author_id, p.at, greatest(p.added_at, f.added_at), "
           "f.shard, 1, p.quote FROM ordinary f JOIN post p ON p.author_id = f.author_id AND (p.at, p.post_id) >= (f.floor_at, f.floor_id) AND " MENTIONED("p", "f.account_id")
           "UNION ALL SELECT f.account_id, s.post_id, s.sharer_id, s.author_id, s.at, "
           "greatest(s.added_at, f.added_at), f.shard, 2, false FROM ordinary f JOIN share s ON "
           "s.sharer_id = f.author_id AND (s.at, s.post_id) >= (f.floor_at, f.floor_id) AND s.author_id <> f.account_id AND NOT "
           "EXISTS (SELECT FROM withheld h WHERE h.post_id = s.post_id) ON CONFLICT DO NOTHING"};

// $3 null: all rows of the post.
const query delete_entries{
    .name = "feed.delete_entries",
    .sql =
        "DELETE FROM timeline WHERE post_id = $1 AND shard = $2::bigint AND ($3::uuid IS NULL OR "
        "(via_id = $3 AND reason = 2)) AND NOT ($4 AND account_id = author_id)"};

// Of the followers in a shard those whose turn it is: $3 is the post's number, one in $4 is looked at.
const query cut_timelines{
    .name = "feed.cut_timelines",
    .sql =
        "DELETE FROM timeline t USING follow f CROSS JOIN LATERAL (SELECT at, post_id FROM "
        "timeline x "
        "WHERE x.account_id = f.account_id ORDER BY at DESC, post_id DESC OFFSET $5::bigint LIMIT "
        "1) c "
        "WHERE f.author_id = $1 AND f.shard = $2::bigint AND NOT f.big AND "
        "(uuid_hash(f.account_id)::bigint + $3::bigint) % $4::bigint = 0 AND t.account_id = "
        "f.account_id AND (t.at, t.post_id) < (c.at, c.post_id)"};

const query mark_big{
    .name = "feed.mark_big",
    .sql = "UPDATE follow SET big = true WHERE author_id = $1 AND shard = $2::bigint AND NOT big"};

const query push_readers{
    .name = "feed.push_readers",
    .sql = "SELECT f.account_id FROM post p JOIN follow f ON f.author_id = p.author_id WHERE p.post_id = "
           "$1 AND " MENTIONED("p", "f.account_id")
           "AND NOT EXISTS (SELECT FROM hidden h WHERE h.account_id = f.account_id AND h.other_id = "
           "p.author_id AND (h.until IS NULL OR h.until > $2)) LIMIT $3::bigint",
    .read = {.slow = true}};

#undef MENTIONED

// ---- retention

const query withheld_due{
    .name = "feed.withheld_due",
    .sql = "SELECT count(*) FROM (SELECT 1 FROM withheld WHERE at < $1 LIMIT $2::bigint) x"};

const query withheld_step{.name = "feed.withheld_step",
                          .sql =
                              "DELETE FROM withheld WHERE post_id IN (SELECT post_id FROM withheld "
                              "WHERE at < $1 ORDER BY "
                              "at LIMIT $2::bigint)"};

const query ranking_due{
    .name = "feed.ranking_due",
    .sql = "SELECT count(*) FROM (SELECT 1 FROM ranking WHERE made_at < $1 LIMIT $2::bigint) x"};

const query ranking_step{.name = "feed.ranking_step",
                         .sql =
                             "DELETE FROM ranking WHERE (account_id, made_at) IN (SELECT "
                             "account_id, made_at FROM ranking "
                             "WHERE made_at < $1 ORDER BY made_at LIMIT $2::bigint)"};

std::span<const query* const> all() {
  static const query* const list[] = {&home,
                                      &page,
                                      &merged_page,
                                      &candidates,
                                      &candidate,
                                      &ranking,
                                      &keep_ranking,
                                      &cut_rankings,
                                      &set_preferences,
                                      &insert_post,
                                      &insert_own_entry,
                                      &edit_post,
                                      &set_visibility,
                                      &delete_post,
                                      &cut_posts,
                                      &insert_tagged,
                                      &delete_tagged,
                                      &cut_tagged,
                                      &withhold,
                                      &release,
                                      &insert_share,
                                      &delete_share,
                                      &cut_shares,
                                      &count_reactions,
                                      &count_comments,
                                      &add_affinity,
                                      &follows,
                                      &insert_follow,
                                      &backfill_posts,
                                      &backfill_shares,
                                      &delete_follow,
                                      &forget_author,
                                      &cut_timeline,
                                      &set_followers,
                                      &take_big,
                                      &follow_tag,
                                      &unfollow_tag,
                                      &hide,
                                      &unhide,
                                      &follower_shards,
                                      &sharer_follower_shards,
                                      &entry_shards,
                                      &fan_out_post,
                                      &fan_out_share,
                                      &fan_out_author,
                                      &delete_entries,
                                      &cut_timelines,
                                      &mark_big,
                                      &push_readers,
                                      &withheld_due,
                                      &withheld_step,
                                      &ranking_due,
                                      &ranking_step};
  return list;
}

}  // namespace nova::feed::queries
