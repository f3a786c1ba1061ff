// The lane's own statements and the tags of their results. Included by the lane's sources only.
#pragma once

#include "storage/postgres/session.hpp"

#include <string_view>

namespace nova::storage::lane_tag {
/// Below `other`: the index of a step of the batch.
inline constexpr session_tag other = 1u << 20, lane_row = other + 1, resolve_sync = other + 2,
                             claim = other + 3, claim_sync = other + 4, release_sync = other + 5,
                             begin = other + 6, fence = other + 7, outbox = other + 8,
                             commit = other + 9, batch_sync = other + 10, rollback = other + 11,
                             before_commit = other + 12, batch_row = other + 13;
}  // namespace nova::storage::lane_tag

namespace nova::storage::lane_sql {

inline constexpr std::string_view begin = "BEGIN";
inline constexpr std::string_view commit = "COMMIT";
inline constexpr std::string_view rollback = "ROLLBACK";
inline constexpr std::string_view probe = "SELECT 1";

/// The fence. The lock of the lane's row orders batch and take-over. If there is no row to lock, the lane is fenced and the
/// transaction ends with an error. The inserted row holds the batch's fate and lease; an existing number is refused (23505).
/// The second column is for database_clock.
inline constexpr std::string_view fence =
    "WITH held AS MATERIALIZED (SELECT lane_id FROM lane WHERE lane_id = $1 AND NOT fenced FOR NO "
    "KEY UPDATE), "
    "made AS (INSERT INTO lane_batch SELECT lane_id, $2, clock_timestamp() + $3::bigint * interval "
    "'1 millisecond' FROM held "
    "RETURNING 1) SELECT nova_fence(count(*))::text, clock_timestamp() FROM made";

/// Gives a number up: no attempt with content can be committed under it any more. Such a row is no lease.
inline constexpr std::string_view burn =
    "WITH held AS MATERIALIZED (SELECT lane_id FROM lane WHERE lane_id = $1 AND NOT fenced FOR NO "
    "KEY UPDATE), "
    "made AS (INSERT INTO lane_batch SELECT lane_id, $2, '-infinity' FROM held RETURNING 1) "
    "SELECT nova_fence(count(*)) FROM made";

/// Deletes rows of batches whose fate is known: (lane, from, before). `from` skips rows that were deleted earlier.
inline constexpr std::string_view forget_batches =
    "DELETE FROM lane_batch WHERE lane_id = $1 AND batch_no >= $2 AND batch_no < $3";

inline constexpr std::string_view outbox =
    "INSERT INTO outbox (shard, seq, type, key, payload) "
    "SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::bytea[])";

inline constexpr std::string_view register_lane =
    "INSERT INTO lane (lane_id, node, expires_at, process) VALUES ($1, $2, clock_timestamp() + "
    "$3::bigint * interval '1 millisecond', $4::uuid) "
    "ON CONFLICT DO NOTHING";
/// Ends older sessions, except one that waits for a standby: its end would show readers data that no standby has.
inline constexpr std::string_view end_older =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
    "current_database() "
    "AND usename = current_user AND pid <> pg_backend_pid() AND wait_event IS DISTINCT FROM "
    "'SyncRep' "
    "AND application_name = current_setting('application_name')";
/// Waits for an earlier transaction that has passed the fence. The lock is a write. So the commit after it waits until all data
/// read is as durable as the server is configured to make it.
inline constexpr std::string_view read_lane =
    "SELECT fenced FROM lane WHERE lane_id = $1 FOR NO KEY UPDATE";
/// Without waiting for a batch under way or a standby: planted faults send this instead.
inline constexpr std::string_view look_at_lane = "SELECT fenced FROM lane WHERE lane_id = $1";
/// True: the batch was committed with its content. False: its number was given up. No row: neither.
inline constexpr std::string_view read_batch =
    "SELECT expires_at > '-infinity' FROM lane_batch WHERE lane_id = $1 AND batch_no = $2";
inline constexpr std::string_view claim =
    "SELECT shard, epoch, last_seq FROM nova_claim_part($1, $2, $3::bigint::integer, "
    "$4::bigint::integer, $5::bigint::integer, $6::timestamptz)";
/// Of a lane that has its part for itself, see lane_place.
inline constexpr std::string_view claim_apart =
    "SELECT shard, epoch, last_seq FROM nova_claim_lane($1, $2, $3::bigint::integer, "
    "$4::bigint::integer, $5::bigint::integer, $6::timestamptz, $7::bigint)";
inline constexpr std::string_view release =
    "UPDATE lane SET fenced = true, expires_at = clock_timestamp() WHERE lane_id = $1";

}  // namespace nova::storage::lane_sql
