#include "storage/user/erasure_queries.hpp"

namespace nova::user::queries {

const storage::query close_profile{
    .name = "user.close_profile",
    .sql =
        "WITH gone AS (DELETE FROM profile WHERE account_id = $1 RETURNING *) "
        "INSERT INTO closed_profile SELECT account_id, to_jsonb(gone) FROM gone "
        "ON CONFLICT (account_id) DO UPDATE SET profile = excluded.profile"};

const storage::query reopen_profile{
    .name = "user.reopen_profile",
    .sql =
        "WITH back AS (DELETE FROM closed_profile WHERE account_id = $1 RETURNING profile) "
        "INSERT INTO profile SELECT p.* FROM back, jsonb_populate_record(NULL::profile, "
        "back.profile) p"};

const storage::query erasure_count{
    .name = "user.erasure_count",
    .sql =
        "SELECT (SELECT count(*) FROM profile WHERE account_id = $1) + "
        "(SELECT count(*) FROM closed_profile WHERE account_id = $1) + "
        "(SELECT count(*) FROM block WHERE account_id = $1 OR blocked_id = $1) + "
        "(SELECT count(*) FROM follow WHERE account_id = $1 OR target_id = $1) + "
        "(SELECT count(*) FROM settings WHERE account_id = $1) + "
        "(SELECT count(*) FROM mute WHERE account_id = $1 OR muted_id = $1)"};

const storage::query leave_tallies{
    .name = "user.leave_tallies",
    .sql =
        "UPDATE tally t SET followers = t.followers - "
        "(SELECT count(*) FROM follow f WHERE f.account_id = $1 AND f.target_id = t.account_id "
        "AND NOT f.requested), following = t.following - (SELECT count(*) FROM follower f "
        "WHERE f.account_id = $1 AND f.follower_id = t.account_id AND NOT f.requested) "
        "WHERE t.account_id IN (SELECT target_id FROM follow WHERE account_id = $1 UNION "
        "SELECT follower_id FROM follower WHERE account_id = $1)"};

const storage::query erase_person{
    .name = "user.erase_person",
    .sql =
        "WITH a AS (DELETE FROM profile WHERE account_id = $1), "
        "b AS (DELETE FROM closed_profile WHERE account_id = $1), "
        "c AS (DELETE FROM block WHERE account_id = $1 OR blocked_id = $1), "
        "d AS (DELETE FROM follow WHERE account_id = $1 OR target_id = $1), "
        "e AS (DELETE FROM follower WHERE account_id = $1 OR follower_id = $1), "
        "f AS (DELETE FROM tally WHERE account_id = $1), "
        "g AS (DELETE FROM settings WHERE account_id = $1), "
        "h AS (DELETE FROM notification WHERE account_id = $1 OR actor_id = $1), "
        "i AS (DELETE FROM notification_mark WHERE account_id = $1), "
        "j AS (DELETE FROM name_word WHERE account_id = $1), "
        "k AS (DELETE FROM former_handle WHERE account_id = $1) "
        "DELETE FROM mute WHERE account_id = $1 OR muted_id = $1"};

const storage::query empty_events{
    .name = "user.empty_events",
    .sql = "UPDATE outbox SET type = 0, payload = '' WHERE key = $1 AND type IN (2001, 2013)"};

std::span<const storage::query* const> all_erasure() {
  static const storage::query* const list[] = {&close_profile, &reopen_profile, &erasure_count,
                                               &leave_tallies, &erase_person,   &empty_events};
  return list;
}

}  // namespace nova::user::queries
