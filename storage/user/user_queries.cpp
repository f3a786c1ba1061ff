// The SQL itself. See user_queries.hpp and migrations/.
#include "storage/user/user_queries.hpp"

// The card of `p`, and how $2, who asks at $3, stands to the account `id`. Null asks nothing.
#define CARD "p.account_id, p.handle, p.display_name, p.avatar_media_id, p.private"
#define RELATION                                                                               \
  "coalesce(NOT f.requested, false), coalesce(f.requested, false), r.account_id IS NOT NULL, " \
  "b.account_id IS NOT NULL, m.account_id IS NOT NULL"
#define RELATION_TO(id)                                                \
  " LEFT JOIN follow f ON f.account_id = $2 AND f.target_id = " id     \
  " LEFT JOIN follower r ON r.account_id = $2 AND r.follower_id = " id \
  " AND NOT r.requested"                                               \
  " LEFT JOIN block b ON b.account_id = $2 AND b.blocked_id = " id     \
  " LEFT JOIN mute m ON m.account_id = $2 AND m.muted_id = " id        \
  " AND (m.until IS NULL OR m.until > $3) "
// A page of a list of $1, the newest first, behind ($4, $5), at most $6.
#define PAGE(table, other, at, which)                                                 \
  "SELECT " CARD ", " RELATION ", l." at " FROM " table                               \
  " l JOIN profile p ON p.account_id = l." other RELATION_TO(                         \
      "p.account_id") "WHERE l.account_id = $1 AND " which " AND (l." at ", l." other \
                      ") < ($4, $5) "                                                 \
                      "ORDER BY l." at " DESC, l." other " DESC LIMIT $6"

namespace nova::user::queries {

const storage::query profile{
    .name = "user.profile",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at, links, "
        "avatar_media_id, cover_media_id, private, pinned "
        "FROM profile WHERE account_id = $1"};

const storage::query profile_by_handle{
    .name = "user.profile_by_handle",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at, links, "
        "avatar_media_id, cover_media_id, private, pinned "
        "FROM profile WHERE handle_name = $1 ORDER BY created_at DESC LIMIT 1"};

const storage::query profile_by_former_handle{
    .name = "user.profile_by_former_handle",
    .sql =
        "SELECT p.account_id, p.handle, p.display_name, p.bio, p.created_at, p.updated_at, "
        "p.links, p.avatar_media_id, p.cover_media_id, p.private, p.pinned "
        "FROM former_handle f JOIN profile p ON p.account_id = f.account_id "
        "WHERE f.handle_name = $1 AND f.kept_until > $2"};

const storage::query update_handle{
    .name = "user.update_handle",
    .sql =
        "UPDATE profile SET handle = $2, handle_name = $3, updated_at = $4 WHERE account_id = $1"};

const storage::query keep_former_handle{
    .name = "user.keep_former_handle",
    .sql =
        "INSERT INTO former_handle (handle_name, account_id, kept_until) VALUES ($1, $2, $3) "
        "ON CONFLICT (handle_name) DO UPDATE SET account_id = $2, kept_until = $3"};

const storage::query due_former_handles{
    .name = "user.due_former_handles",
    .sql = "SELECT count(*) FROM (SELECT FROM former_handle WHERE kept_until < $1 LIMIT $2) due"};

const storage::query delete_former_handles{
    .name = "user.delete_former_handles",
    .sql =
        "DELETE FROM former_handle WHERE handle_name IN "
        "(SELECT handle_name FROM former_handle WHERE kept_until < $1 LIMIT $2)"};

const storage::query cards{.name = "user.cards",
                           .sql = "SELECT " CARD ", " RELATION
                                  " FROM unnest($1::uuid[]) AS asked(id) JOIN profile p ON "
                                  "p.account_id = asked.id" RELATION_TO("p.account_id")};

// Of $1, as $2 sees it at $3; the last column: $1 blocks $2.
const storage::query profile_facts{
    .name = "user.profile_facts",
    .sql = "SELECT coalesce(t.followers, 0), coalesce(t.following, 0), coalesce(t.posts, 0), " RELATION
           ", against.account_id IS NOT NULL FROM (SELECT $1::uuid AS id) o "
           "LEFT JOIN tally t ON t.account_id = o.id" RELATION_TO("o.id")
           "LEFT JOIN block against ON against.account_id = o.id AND against.blocked_id = $2"};

// How $1 stands to $2 at $3, from both sides. $4 says which rows of $1 are counted: 0 none, 1 blocks, 2 mutes, 3 follows.
const storage::query relation_facts{
    .name = "user.relation_facts",
    .sql =
        "SELECT p.account_id IS NOT NULL, coalesce(p.private, false), f.account_id IS NOT NULL, "
        "coalesce(f.requested, false), f.at, r.account_id IS NOT NULL, "
        "coalesce(r.requested, false), r.at, b.account_id IS NOT NULL, "
        "against.account_id IS NOT NULL, m.account_id IS NOT NULL, m.until, "
        "CASE $4::bigint "
        "WHEN 1 THEN (SELECT count(*) FROM block WHERE account_id = $1) "
        "WHEN 2 THEN (SELECT count(*) FROM mute WHERE account_id = $1 "
        "AND (until IS NULL OR until > $3)) "
        "WHEN 3 THEN (SELECT count(*) FROM follow WHERE account_id = $1 AND requested) "
        "+ coalesce((SELECT following FROM tally WHERE account_id = $1), 0) "
        "ELSE 0 END "
        "FROM (SELECT $2::uuid AS id) o LEFT JOIN profile p ON p.account_id = o.id "
        "LEFT JOIN follow f ON f.account_id = $1 AND f.target_id = o.id "
        "LEFT JOIN follower r ON r.account_id = $1 AND r.follower_id = o.id "
        "LEFT JOIN block b ON b.account_id = $1 AND b.blocked_id = o.id "
        "LEFT JOIN block against ON against.account_id = o.id AND against.blocked_id = $1 "
        "LEFT JOIN mute m ON m.account_id = $1 AND m.muted_id = o.id "
        "AND (m.until IS NULL OR m.until > $3)"};

const storage::query followers{.name = "user.followers",
                               .sql = PAGE("follower", "follower_id", "at", "NOT l.requested")};
const storage::query following{.name = "user.following",
                               .sql = PAGE("follow", "target_id", "at", "NOT l.requested")};
const storage::query follow_requests{.name = "user.follow_requests",
                                     .sql = PAGE("follower", "follower_id", "at", "l.requested")};
const storage::query blocks{.name = "user.blocks",
                            .sql = PAGE("block", "blocked_id", "created_at", "true")};
const storage::query mutes{
    .name = "user.mutes",
    .sql = PAGE("mute", "muted_id", "created_at", "(l.until IS NULL OR l.until > $3)")};

const storage::query pending_requests{
    .name = "user.pending_requests",
    .sql =
        "SELECT follower_id, at FROM follower WHERE account_id = $1 AND requested "
        "ORDER BY at DESC, follower_id DESC LIMIT $2"};

const storage::query settings{
    .name = "user.settings",
    .sql =
        "SELECT message_from, mention_from, presence_to, discoverable, locale, time_zone, notify "
        "FROM settings WHERE account_id = $1"};

// $1, $4: bounds of handles; $5, $6: bounds of one word; $7: the words that all must begin a word of the name.
const storage::query search_people{
    .name = "user.search_people",
    .sql =
        "WITH found AS ((SELECT account_id FROM profile WHERE handle_name COLLATE \"C\" >= $1 "
        "AND handle_name COLLATE \"C\" < $4 LIMIT 500) UNION "
        "(SELECT w.account_id FROM name_word w WHERE w.word >= $5 AND w.word < $6 "
        "AND NOT EXISTS (SELECT FROM unnest($7::text[]) AS t(term) WHERE NOT EXISTS "
        "(SELECT FROM name_word o WHERE o.account_id = w.account_id "
        "AND starts_with(o.word, t.term))) LIMIT 500)) "
        "SELECT " CARD ", " RELATION
        " FROM found JOIN profile p ON p.account_id = found.account_id" RELATION_TO("p.account_id")
        "LEFT JOIN settings s ON s.account_id = p.account_id "
        "LEFT JOIN tally t ON t.account_id = p.account_id "
        "LEFT JOIN block against ON against.account_id = p.account_id AND against.blocked_id = $2 "
        "WHERE coalesce(s.discoverable, true) AND b.account_id IS NULL "
        "AND against.account_id IS NULL "
        "ORDER BY p.handle_name = $1 DESC, f.account_id IS NULL, coalesce(t.followers, 0) DESC, "
        "p.account_id LIMIT $8",
    .read = {.slow = true, .account_param = 1}};

// To $2 at $3. $1: follows of $2 that are looked at; $4: follows of each of them. So the cost does not grow with anybody's lists.
const storage::query suggestions{
    .name = "user.suggestions",
    .sql =
        "WITH mine AS (SELECT target_id, at FROM follow WHERE account_id = $2 AND NOT requested "
        "ORDER BY at DESC, target_id DESC LIMIT $1), "
        "theirs AS (SELECT t.target_id, mine.target_id AS via, mine.at FROM mine CROSS JOIN LATERAL "
        "(SELECT o.target_id FROM follow o WHERE o.account_id = mine.target_id AND NOT o.requested "
        "ORDER BY o.at DESC, o.target_id DESC LIMIT $4) t WHERE t.target_id <> $2), "
        "found AS (SELECT target_id, count(*) AS n, "
        "(array_agg(via ORDER BY at DESC, via DESC))[1:3] AS via FROM theirs GROUP BY target_id) "
        "SELECT " CARD ", " RELATION
        ", found.n, found.via FROM found "
        "JOIN profile p ON p.account_id = found.target_id" RELATION_TO("p.account_id")
        "LEFT JOIN settings s ON s.account_id = p.account_id "
        "LEFT JOIN block against ON against.account_id = p.account_id AND against.blocked_id = $2 "
        "WHERE coalesce(s.discoverable, true) AND f.account_id IS NULL AND b.account_id IS NULL "
        "AND m.account_id IS NULL AND against.account_id IS NULL "
        "ORDER BY found.n DESC, p.account_id LIMIT $5",
    .read = {.slow = true, .account_param = 1}};

// Counts and ends of the notifications of $1.
const storage::query notice_head{
    .name = "user.notice_head",
    .sql =
        "SELECT m.read_up_to, (SELECT notification_id FROM notification WHERE account_id = $1 "
        "ORDER BY notification_id DESC LIMIT 1), (SELECT count(*) FROM notification "
        "WHERE account_id = $1), (SELECT count(*) FROM notification WHERE account_id = $1 "
        "AND (m.read_up_to IS NULL OR notification_id > m.read_up_to)) "
        "FROM (SELECT $1::uuid AS id) o LEFT JOIN notification_mark m ON m.account_id = o.id"};

// A page of $1's notifications before $4, or the newest.
const storage::query notices{
    .name = "user.notices",
    .sql = "SELECT " CARD ", " RELATION ", n.notification_id, n.kind, n.post_id, n.created_at "
           "FROM notification n JOIN profile p ON p.account_id = n.actor_id"
           RELATION_TO("p.account_id") "WHERE n.account_id = $1 "
           "AND ($4::uuid IS NULL OR n.notification_id < $4) "
           "ORDER BY n.notification_id DESC LIMIT $5"};

const storage::query notice_known{
    .name = "user.notice_known",
    .sql =
        "SELECT true FROM notification WHERE account_id = $1 AND actor_id = $2 AND kind = $3 "
        "AND coalesce(post_id, '00000000-0000-0000-0000-000000000000') = $4 AND told_at = $5"};

const storage::query notices_behind{
    .name = "user.notices_behind",
    .sql = "SELECT count(*) FROM notification WHERE account_id = $1 AND notification_id > $2"};

const storage::query insert_profile{
    .name = "user.insert_profile",
    .sql =
        "INSERT INTO profile (account_id, handle, handle_name, display_name, bio, created_at, "
        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"};

const storage::query update_profile{
    .name = "user.update_profile",
    .sql =
        "UPDATE profile SET display_name = $2, bio = $3, updated_at = $4, links = $5, "
        "avatar_media_id = $6, cover_media_id = $7, private = $8 WHERE account_id = $1"};

const storage::query save_settings{
    .name = "user.save_settings",
    .sql =
        "INSERT INTO settings (account_id, message_from, mention_from, presence_to, discoverable, "
        "locale, time_zone, notify) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (account_id) DO UPDATE SET message_from = $2, mention_from = $3, "
        "presence_to = $4, discoverable = $5, locale = $6, time_zone = $7, notify = $8"};

const storage::query insert_block{
    .name = "user.insert_block",
    .sql =
        "INSERT INTO block (account_id, blocked_id, created_at) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING"};

const storage::query delete_block{
    .name = "user.delete_block",
    .sql = "DELETE FROM block WHERE account_id = $1 AND blocked_id = $2"};

const storage::query save_mute{
    .name = "user.save_mute",
    .sql =
        "INSERT INTO mute (account_id, muted_id, until, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account_id, muted_id) DO UPDATE SET until = $3, created_at = $4"};

const storage::query delete_mute{.name = "user.delete_mute",
                                 .sql = "DELETE FROM mute WHERE account_id = $1 AND muted_id = $2"};

const storage::query due_mutes{
    .name = "user.due_mutes",
    .sql = "SELECT count(*) FROM (SELECT FROM mute WHERE until < $1 LIMIT $2) due"};

const storage::query delete_due_mutes{
    .name = "user.delete_due_mutes",
    .sql =
        "DELETE FROM mute WHERE (account_id, muted_id) IN "
        "(SELECT account_id, muted_id FROM mute WHERE until < $1 LIMIT $2)"};

const storage::query save_follow{
    .name = "user.save_follow",
    .sql =
        "INSERT INTO follow (account_id, target_id, requested, at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account_id, target_id) DO UPDATE SET requested = $3, at = $4"};

const storage::query delete_follow{
    .name = "user.delete_follow",
    .sql = "DELETE FROM follow WHERE account_id = $1 AND target_id = $2"};

const storage::query count_following{
    .name = "user.count_following",
    .sql =
        "INSERT INTO tally AS t (account_id, followers, following) VALUES ($1, 0, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET following = t.following + $2"};

// $2 asks to follow $1. A row that is there is newer: it stays.
const storage::query add_request{
    .name = "user.add_request",
    .sql =
        "INSERT INTO follower (account_id, follower_id, requested, at) VALUES ($1, $2, true, $3) "
        "ON CONFLICT DO NOTHING"};

// $2 follows $1 since $3; counted unless it was there.
const storage::query add_follower{
    .name = "user.add_follower",
    .sql =
        "WITH was AS (SELECT FROM follower WHERE account_id = $1 AND follower_id = $2 "
        "AND NOT requested), "
        "put AS (INSERT INTO follower (account_id, follower_id, requested, at) "
        "VALUES ($1, $2, false, $3) "
        "ON CONFLICT (account_id, follower_id) DO UPDATE SET requested = false, at = $3) "
        "INSERT INTO tally AS t (account_id, followers, following) "
        "SELECT $1, 1, 0 WHERE NOT EXISTS (SELECT FROM was) "
        "ON CONFLICT (account_id) DO UPDATE SET followers = t.followers + 1"};

// The requests of $2 to follow $1 that are there become follows, counted together.
const storage::query accept_requests{
    .name = "user.accept_requests",
    .sql =
        "WITH accepted AS (UPDATE follower SET requested = false, at = $3 "
        "WHERE account_id = $1 AND follower_id = ANY($2::uuid[]) AND requested RETURNING 1), "
        "n AS (SELECT count(*) AS n FROM accepted) "
        "INSERT INTO tally AS t (account_id, followers, following) "
        "SELECT $1, n.n, 0 FROM n WHERE n.n > 0 "
        "ON CONFLICT (account_id) DO UPDATE SET followers = t.followers + EXCLUDED.followers"};

// $2 neither follows $1 nor asks to.
const storage::query drop_follower{
    .name = "user.drop_follower",
    .sql =
        "WITH gone AS (DELETE FROM follower WHERE account_id = $1 AND follower_id = $2 "
        "RETURNING requested) UPDATE tally SET followers = followers - 1 "
        "WHERE account_id = $1 AND EXISTS (SELECT FROM gone WHERE NOT requested)"};

const storage::query count_posts{
    .name = "user.count_posts",
    .sql =
        "INSERT INTO tally AS t (account_id, followers, following, posts) VALUES ($1, 0, 0, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET posts = t.posts + $2"};

const storage::query save_pins{.name = "user.save_pins",
                               .sql = "UPDATE profile SET pinned = $2 WHERE account_id = $1"};

const storage::query save_name_words{
    .name = "user.save_name_words",
    .sql =
        "WITH gone AS (DELETE FROM name_word WHERE account_id = $1 AND NOT word = ANY($2::text[])) "
        "INSERT INTO name_word (account_id, word) SELECT $1, unnest($2::text[]) "
        "ON CONFLICT DO NOTHING"};

const storage::query insert_notice{
    .name = "user.insert_notice",
    .sql =
        "INSERT INTO notification (account_id, notification_id, kind, actor_id, post_id, told_at, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"};

// Keeps the newest $2 of $1.
const storage::query trim_notices{
    .name = "user.trim_notices",
    .sql =
        "DELETE FROM notification WHERE account_id = $1 AND notification_id <= "
        "(SELECT notification_id FROM notification WHERE account_id = $1 "
        "ORDER BY notification_id DESC OFFSET $2 LIMIT 1)"};

const storage::query save_notice_mark{
    .name = "user.save_notice_mark",
    .sql =
        "INSERT INTO notification_mark (account_id, read_up_to) VALUES ($1, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET read_up_to = $2"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {&profile,
                                               &profile_by_handle,
                                               &profile_by_former_handle,
                                               &update_handle,
                                               &keep_former_handle,
                                               &due_former_handles,
                                               &delete_former_handles,
                                               &cards,
                                               &profile_facts,
                                               &relation_facts,
                                               &followers,
                                               &following,
                                               &follow_requests,
                                               &blocks,
                                               &mutes,
                                               &pending_requests,
                                               &settings,
                                               &search_people,
                                               &suggestions,
                                               &notice_head,
                                               &notices,
                                               &notice_known,
                                               &notices_behind,
                                               &insert_profile,
                                               &update_profile,
                                               &save_settings,
                                               &insert_block,
                                               &delete_block,
                                               &save_mute,
                                               &delete_mute,
                                               &due_mutes,
                                               &delete_due_mutes,
                                               &save_follow,
                                               &delete_follow,
                                               &count_following,
                                               &add_request,
                                               &add_follower,
                                               &accept_requests,
                                               &drop_follower,
                                               &count_posts,
                                               &save_pins,
                                               &save_name_words,
                                               &insert_notice,
                                               &trim_notices,
                                               &save_notice_mark};
  return list;
}

}  // namespace nova::user::queries
