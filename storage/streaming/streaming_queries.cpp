#include "storage/streaming/streaming_queries.hpp"

namespace nova::streaming::queries {

#define FOLLOWS(me, whom) \
  "EXISTS (SELECT 1 FROM follow f WHERE f.account_id = " me " AND f.followed_id = " whom ")"
#define BLOCKED(me, whom)                                                               \
  "EXISTS (SELECT 1 FROM block b WHERE (b.account_id = " me " AND b.blocked_id = " whom \
  ") OR (b.account_id = " whom " AND b.blocked_id = " me "))"
#define PRIVATE(whom) \
  "coalesce((SELECT o.private FROM person o WHERE o.account_id = " whom "), false)"
#define CLOSED(whom) \
  "coalesce((SELECT d.closed FROM person d WHERE d.account_id = " whom "), false)"
// A guest is the nil account: it follows nobody. Public streams of a private account are for its followers.
#define VISIBLE(s, me)                                                                             \
  "(NOT " CLOSED(s ".owner_id") " AND (" s ".owner_id = " me " OR (((" s                           \
                                ".visibility = 1 AND NOT " PRIVATE(s ".owner_id") ") OR " FOLLOWS( \
                                    me, s ".owner_id") ") AND NOT " BLOCKED(me,                    \
                                                                            s ".owner_id") ")))"
#define STREAM                                                                          \
  "s.stream_id, s.owner_id, s.conversation_id, s.title, s.visibility::bigint, "         \
  "s.state::bigint, s.record, s.created_at, s.scheduled_at, s.started_at, s.ended_at, " \
  "s.viewers, s.peak, s.key_hash, s.recording_id, s.run, s.publisher, s.last_at, "      \
  "s.sequence, s.next_number, s.discontinuities, s.recorded, " CLOSED("s.owner_id")

const storage::query load_stream{.name = "streaming.load_stream",
                                 .sql = "SELECT " STREAM " FROM stream s WHERE s.stream_id = $1"};

const storage::query may_see{
    .name = "streaming.may_see",
    .sql = "SELECT " VISIBLE("s", "$2") " FROM stream s WHERE s.stream_id = $1"};

const storage::query streams_of_state{
    .name = "streaming.streams_of_state",
    .sql = "SELECT " STREAM
           " FROM stream s WHERE s.state = $1::bigint AND (s.created_at, "
           "s.stream_id) < ($3::timestamptz, $4::uuid) AND " VISIBLE(
               "s", "$2") " ORDER BY s.created_at DESC, s.stream_id DESC LIMIT $5::bigint"};

const storage::query count_open{
    .name = "streaming.count_open",
    .sql =
        "SELECT count(*) FROM (SELECT FROM stream WHERE owner_id = $1 AND state <> 4 LIMIT "
        "$2::bigint) s"};

const storage::query insert_stream{
    .name = "streaming.insert_stream",
    .sql =
        "INSERT INTO stream (stream_id, owner_id, conversation_id, title, visibility, state, "
        "record, created_at, scheduled_at, key_hash) VALUES ($1, $2, $3, $4, "
        "$5::bigint::smallint, 1, $6, $7, $8, $9)"};

const storage::query update_stream{
    .name = "streaming.update_stream",
    .sql =
        "UPDATE stream SET title = $2, visibility = $3::bigint::smallint, record = $4, "
        "scheduled_at = $5, key_hash = $6 WHERE stream_id = $1"};

const storage::query set_course{
    .name = "streaming.set_course",
    .sql =
        "UPDATE stream SET state = $2::bigint::smallint, started_at = $3, ended_at = $4, run = "
        "$5, publisher = $6, last_at = $7, sequence = $8, next_number = $9, discontinuities = $10 "
        "WHERE stream_id = $1"};

const storage::query set_viewers{
    .name = "streaming.set_viewers",
    .sql = "UPDATE stream SET viewers = $2, peak = $3 WHERE stream_id = $1"};

const storage::query set_recording{
    .name = "streaming.set_recording",
    .sql = "UPDATE stream SET recording_id = $2, recorded = true WHERE stream_id = $1"};

const storage::query delete_stream{.name = "streaming.delete_stream",
                                   .sql = "DELETE FROM stream WHERE stream_id = $1"};

const storage::query uploads{
    .name = "streaming.uploads",
    .sql = "SELECT file, blob, size FROM upload WHERE stream_id = $1 ORDER BY at LIMIT $2::bigint"};

const storage::query put_upload{
    .name = "streaming.put_upload",
    .sql =
        "INSERT INTO upload (stream_id, file, blob, size, at) VALUES ($1, $2, $3, $4, $5) ON "
        "CONFLICT (stream_id, file) DO UPDATE SET blob = excluded.blob, size = excluded.size, at = "
        "excluded.at"};

const storage::query delete_upload{.name = "streaming.delete_upload",
                                   .sql = "DELETE FROM upload WHERE stream_id = $1 AND file = $2"};

const storage::query delete_uploads{.name = "streaming.delete_uploads",
                                    .sql = "DELETE FROM upload WHERE stream_id = $1"};

const storage::query newest_segments{
    .name = "streaming.newest_segments",
    .sql =
        "SELECT * FROM (SELECT number, blob, size, duration_ms, at, discontinuous, init_blob, "
        "init_size, extension FROM segment WHERE stream_id = $1 ORDER BY number DESC LIMIT "
        "$2::bigint) x ORDER BY number"};

const storage::query segments_from{
    .name = "streaming.segments_from",
    .sql =
        "SELECT number, blob, size, duration_ms, at, discontinuous, init_blob, init_size, "
        "extension FROM segment WHERE stream_id = $1 AND number >= $2::bigint ORDER BY number "
        "LIMIT $3::bigint"};

const storage::query insert_segment{
    .name = "streaming.insert_segment",
    .sql =
        "INSERT INTO segment (stream_id, number, blob, size, duration_ms, at, discontinuous, "
        "init_blob, init_size, extension) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};

const storage::query cut_segments{
    .name = "streaming.cut_segments",
    .sql = "DELETE FROM segment WHERE stream_id = $1 AND number < $2::bigint"};

const storage::query delete_segments{.name = "streaming.delete_segments",
                                     .sql = "DELETE FROM segment WHERE stream_id = $1"};

// Those of the names that no row has.
const storage::query unnamed{
    .name = "streaming.unnamed",
    .sql =
        "SELECT x.b FROM unnest($1::text[]) x(b) WHERE NOT EXISTS (SELECT FROM upload u WHERE "
        "u.blob = x.b) AND NOT EXISTS (SELECT FROM segment g WHERE g.blob = x.b) AND NOT EXISTS "
        "(SELECT FROM segment g WHERE g.init_blob = x.b AND g.init_blob <> '')",
    .read = {.slow = true}};

// ---- people

const storage::query set_private{
    .name = "streaming.set_private",
    .sql =
        "INSERT INTO person (account_id, private) VALUES ($1, $2) ON CONFLICT (account_id) DO "
        "UPDATE SET private = excluded.private"};

const storage::query set_closed{
    .name = "streaming.set_closed",
    .sql =
        "INSERT INTO person (account_id, closed) VALUES ($1, $2) ON CONFLICT (account_id) DO "
        "UPDATE SET closed = excluded.closed"};

const storage::query insert_follow{
    .name = "streaming.insert_follow",
    .sql = "INSERT INTO follow (account_id, followed_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
const storage::query delete_follow{
    .name = "streaming.delete_follow",
    .sql = "DELETE FROM follow WHERE account_id = $1 AND followed_id = $2"};
const storage::query insert_block{
    .name = "streaming.insert_block",
    .sql = "INSERT INTO block (account_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"};
const storage::query delete_block{
    .name = "streaming.delete_block",
    .sql = "DELETE FROM block WHERE account_id = $1 AND blocked_id = $2"};

// ---- an account's export and end

const storage::query streams_of_owner{
    .name = "streaming.streams_of_owner",
    .sql = "SELECT " STREAM
           " FROM stream s WHERE s.owner_id = $1 AND (s.created_at, s.stream_id) "
           "< ($2::timestamptz, $3::uuid) ORDER BY s.created_at DESC, s.stream_id DESC LIMIT "
           "$4::bigint"};

const storage::query owned_streams{
    .name = "streaming.owned_streams",
    .sql =
        "SELECT stream_id FROM stream WHERE owner_id = $1 ORDER BY created_at DESC, stream_id "
        "DESC LIMIT $2::bigint"};

// Before the streams go: the row says how many there were.
const storage::query note_erasure{
    .name = "streaming.note_erasure",
    .sql =
        "INSERT INTO erased_account (account_id, erased) SELECT $1, (SELECT count(*) FROM stream "
        "WHERE "
        "owner_id = $1) + (SELECT count(*) FROM follow WHERE account_id = $1 OR followed_id = $1) "
        "+ (SELECT count(*) FROM block WHERE account_id = $1 OR blocked_id = $1) ON CONFLICT DO "
        "NOTHING"};

const storage::query empty_events{
    .name = "streaming.empty_events",
    .sql =
        "UPDATE outbox SET type = 0, payload = '' WHERE type BETWEEN 11001 AND 11004 AND key IN "
        "(SELECT unnest(ARRAY[stream_id::text, conversation_id::text]) FROM stream WHERE owner_id "
        "= $1)"};

const storage::query erase_streams{
    .name = "streaming.erase_streams",
    .sql =
        "WITH mine AS (SELECT stream_id FROM stream WHERE owner_id = $1), a AS (DELETE FROM "
        "upload WHERE stream_id IN (SELECT * FROM mine)), b AS (DELETE FROM segment WHERE "
        "stream_id IN (SELECT * FROM mine)) DELETE FROM stream WHERE owner_id = $1"};

const storage::query erase_person{
    .name = "streaming.erase_person",
    .sql =
        "WITH a AS (DELETE FROM follow WHERE account_id = $1 OR followed_id = $1), b AS (DELETE "
        "FROM block WHERE account_id = $1 OR blocked_id = $1) DELETE FROM person WHERE account_id "
        "= $1"};

const storage::query erasure{.name = "streaming.erasure",
                             .sql = "SELECT erased FROM erased_account WHERE account_id = $1"};
const storage::query forget_erasure{.name = "streaming.forget_erasure",
                                    .sql = "DELETE FROM erased_account WHERE account_id = $1"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {
      &load_stream,   &may_see,        &streams_of_state, &count_open,      &insert_stream,
      &update_stream, &set_course,     &set_viewers,      &set_recording,   &delete_stream,
      &uploads,       &put_upload,     &delete_upload,    &delete_uploads,  &newest_segments,
      &segments_from, &insert_segment, &cut_segments,     &delete_segments, &unnamed,
      &set_private,   &set_closed,     &insert_follow,    &delete_follow,   &insert_block,
      &delete_block,  &owned_streams,  &streams_of_owner, &note_erasure,    &empty_events,
      &erase_streams, &erase_person,   &erasure,          &forget_erasure};
  return list;
}

}  // namespace nova::streaming::queries
