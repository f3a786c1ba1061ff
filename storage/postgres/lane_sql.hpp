// The lane's own statements and the tags of their results. Included by lane.cpp and lane_batch.cpp only.
#pragma once

#include "storage/postgres/session.hpp"

#include <string_view>

namespace nova::storage::lane_tag {
/// Below `other`: the index of a step of the batch.
inline constexpr session_tag other = 1u << 20, lane_row = other + 1, resolve_sync = other + 2, claim = other + 3,
                             claim_sync = other + 4, release_sync = other + 5, begin = other + 6,
                             fence = other + 7, outbox = other + 8, commit = other + 9, batch_sync = other + 10,
                             rollback = other + 11, before_commit = other + 12;
}  // namespace nova::storage::lane_tag

namespace nova::storage::lane_sql {

inline constexpr std::string_view begin = "BEGIN";
inline constexpr std::string_view commit = "COMMIT";
inline constexpr std::string_view rollback = "ROLLBACK";
inline constexpr std::string_view probe = "SELECT 1";

/// The fence: no row means fenced, or that this very batch was committed before; then the transaction ends itself.
inline constexpr std::string_view fence =
    "WITH x AS (UPDATE lane SET expires_at = clock_timestamp() + $3::bigint * interval '1 millisecond', batch_no = $2 "
    "WHERE lane_id = $1 AND NOT fenced AND batch_no < $2 RETURNING 1) SELECT nova_fence(count(*)) FROM x";

inline constexpr std::string_view outbox =
    "INSERT INTO outbox (shard, seq, type, key, payload) "
    "SELECT * FROM unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::bytea[])";

inline constexpr std::string_view register_lane =
    "INSERT INTO lane (lane_id, node, expires_at) VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 millisecond') "
    "ON CONFLICT DO NOTHING";
inline constexpr std::string_view end_older =
    "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usename = current_user AND pid <> pg_backend_pid() "
    "AND application_name = current_setting('application_name')";
inline constexpr std::string_view read_lane = "SELECT batch_no, fenced FROM lane WHERE lane_id = $1";
inline constexpr std::string_view claim = "SELECT shard, epoch, last_seq FROM nova_claim($1, $2, $3::bigint::integer)";
inline constexpr std::string_view release =
    "UPDATE lane SET fenced = true, expires_at = clock_timestamp() WHERE lane_id = $1";

}  // namespace nova::storage::lane_sql
