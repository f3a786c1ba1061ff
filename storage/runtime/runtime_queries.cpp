#include "storage/runtime/runtime_queries.hpp"

namespace nova::storage::runtime_queries {

const query outbox_page{"runtime.outbox_page",
                        "SELECT seq, type, key, payload, at FROM outbox WHERE shard = $1 AND seq > "
                        "$2 ORDER BY seq LIMIT $3"};

const query outbox_head{"runtime.outbox_head",
                        "SELECT coalesce(max(seq), 0) FROM outbox WHERE shard = $1"};

const query outbox_span{.name = "runtime.outbox_span",
                        .sql =
                            "SELECT shard::bigint, min(seq), max(seq), min(seq) FILTER (WHERE at "
                            ">= $1) FROM outbox GROUP BY shard ORDER BY shard",
                        .read = {.slow = true}};

const query prune_outbox{"runtime.prune_outbox",
                         "DELETE FROM outbox WHERE shard = $1 AND seq <= $2 "
                         "AND seq < (SELECT max(seq) FROM outbox WHERE shard = $1)"};

const query load_offsets{"runtime.load_offsets",
                         "SELECT source, source_shard, seq FROM intake_offset ORDER BY 1, 2"};

const query save_offset{
    "runtime.save_offset",
    "INSERT INTO intake_offset AS o (source, source_shard, seq) "
    "SELECT source, shard, max(seq) FROM unnest($1::text[], $2::bigint[], $3::bigint[]) "
    "AS x(source, shard, seq) GROUP BY source, shard "
    "ON CONFLICT (source, source_shard) DO UPDATE SET seq = greatest(o.seq, excluded.seq)",
    merging::rows,
    90,
    1,
    {"text[]", "bigint[]", "bigint[]"}};

const query rewind_offset{"runtime.rewind_offset",
                          "UPDATE intake_offset SET seq = least(seq, $3::bigint) "
                          "WHERE source = $1 AND source_shard = $2"};

const query insert_refresh_owed{
    "runtime.insert_refresh_owed",
    "INSERT INTO refresh_owed (source, source_shard, seq, type, key, payload, kinds, keys) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (source, source_shard, seq) DO UPDATE SET "
    "kinds = excluded.kinds, keys = excluded.keys"};

const query refreshes_owed{"runtime.refreshes_owed",
                           "SELECT seq, type::bigint, key, payload, kinds, keys FROM refresh_owed "
                           "WHERE source = $1 AND source_shard = $2 ORDER BY seq"};

const query delete_refreshes_owed{
    "runtime.delete_refreshes_owed",
    "DELETE FROM refresh_owed WHERE source = $1 AND source_shard = $2 "
    "AND seq = ANY($3::bigint[])"};

const query load_marks{"runtime.load_marks",
                       "SELECT source, source_shard, seq FROM intake_mark WHERE shard = $1"};

const query save_mark{
    "runtime.save_mark",
    "INSERT INTO intake_mark AS m (shard, source, source_shard, seq) "
    "SELECT shard, source, source_shard, max(seq) FROM unnest($1::bigint[], $2::text[], "
    "$3::bigint[], $4::bigint[]) AS x(shard, source, source_shard, seq) "
    "GROUP BY shard, source, source_shard "
    "ON CONFLICT (shard, source, source_shard) DO UPDATE SET seq = greatest(m.seq, excluded.seq)",
    merging::rows,
    91,
    1,
    {"bigint[]", "text[]", "bigint[]", "bigint[]"}};

const query insert_dead_letter{
    "runtime.insert_dead_letter",
    "INSERT INTO dead_letter (source, source_shard, seq, type, key, payload, status, reason, "
    "attempts) "
    "SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], "
    "$6::bytea[], $7::text[], $8::text[], $9::bigint[]) "
    "ON CONFLICT (source, source_shard, seq) DO NOTHING",
    merging::rows,
    92,
    1,
    {"text[]", "bigint[]", "bigint[]", "bigint[]", "text[]", "bytea[]", "text[]", "text[]",
     "bigint[]"}};

const query dead_letter_keys{"runtime.dead_letter_keys",
                             "SELECT key, type::bigint, count(*) FROM dead_letter "
                             "WHERE source = $1 AND source_shard = $2 AND type <> 0 "
                             "GROUP BY 1, 2 ORDER BY 1, 2"};

const query dead_letters_of_key{
    "runtime.dead_letters_of_key",
    "SELECT seq, type::bigint, payload, attempts::bigint FROM dead_letter "
    "WHERE source = $1 AND source_shard = $2 AND key = $3 AND type = ANY ($4::bigint[]) "
    "ORDER BY seq LIMIT $5"};

const query dead_letter_page{
    "runtime.dead_letter_page",
    "SELECT source, source_shard::bigint, seq, type::bigint, key, status, reason, "
    "attempts::bigint, at "
    "FROM dead_letter WHERE (source, source_shard, seq) > ($1, $2::bigint, $3::bigint) "
    "ORDER BY source, source_shard, seq LIMIT $4"};

const query find_dead_letter{"runtime.find_dead_letter",
                             "SELECT key, type::bigint FROM dead_letter WHERE source = $1 AND "
                             "source_shard = $2 AND seq = $3"};

const query show_dead_letter{
    "runtime.show_dead_letter",
    "SELECT type::bigint, key, payload, status, reason, attempts::bigint, at FROM dead_letter "
    "WHERE source = $1 AND source_shard = $2 AND seq = $3"};

const query fail_dead_letter{
    "runtime.fail_dead_letter",
    "UPDATE dead_letter SET status = 'dead', reason = $4, attempts = $5::bigint "
    "WHERE source = $1 AND source_shard = $2 AND seq = $3"};

const query delete_dead_letter{
    "runtime.delete_dead_letter",
    "DELETE FROM dead_letter WHERE source = $1 AND source_shard = $2 AND seq = $3"};

const query insert_dead_letter_part{
    "runtime.insert_dead_letter_part",
    "INSERT INTO dead_letter_part (source, source_shard, seq, shard) "
    "SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])",
    merging::rows,
    94,
    1,
    {"text[]", "bigint[]", "bigint[]", "bigint[]"}};

const query dead_letter_parts{"runtime.dead_letter_parts",
                              "SELECT shard::bigint FROM dead_letter_part WHERE source = $1 AND "
                              "source_shard = $2 AND seq = $3 ORDER BY shard"};

const query upsert_reminder{
    "runtime.upsert_reminder",
    "INSERT INTO reminder (shard, kind, key, name, due, every_ms) "
    "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], "
    "$6::bigint[]) ON CONFLICT (kind, key, name) DO UPDATE SET shard = excluded.shard, "
    "due = excluded.due, every_ms = excluded.every_ms",
    merging::last,
    93,
    4,
    {"bigint[]", "text[]", "text[]", "text[]", "timestamptz[]", "bigint[]"}};

const query delete_reminder{"runtime.delete_reminder",
                            "DELETE FROM reminder WHERE kind = $1 AND key = $2 AND name = $3"};

const query settle_reminder{
    "runtime.settle_reminder",
    "DELETE FROM reminder r USING unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS "
    "x(kind, key, name, due) WHERE r.kind = x.kind AND r.key = x.key AND r.name = x.name AND r.due "
    "= x.due",
    merging::rows,
    91,
    1,
    {"text[]", "text[]", "text[]", "timestamptz[]"}};

const query repeat_reminder{
    "runtime.repeat_reminder",
    "UPDATE reminder r SET due = x.next FROM unnest($1::text[], $2::text[], $3::text[], "
    "$4::timestamptz[], $5::timestamptz[]) AS x(kind, key, name, due, next) WHERE r.kind = x.kind "
    "AND r.key = x.key AND r.name = x.name AND r.due = x.due",
    merging::rows,
    92,
    1,
    {"text[]", "text[]", "text[]", "timestamptz[]", "timestamptz[]"}};

const query due_reminders{
    "runtime.due_reminders",
    "SELECT kind, key, name, due, every_ms FROM reminder "
    "WHERE shard = $1 AND due <= $2 AND kind = ANY ($4::text[]) ORDER BY due LIMIT $3"};

const query next_reminder{
    "runtime.next_reminder",
    "SELECT min(due) FROM reminder WHERE shard = $1 AND kind = ANY ($2::text[])"};

#define SAGA_COLUMNS \
  "saga_id, entity, phase, step, detail, started_at, step_at, definition FROM saga "

const query saga_of_entity{"runtime.saga_of_entity",
                           "SELECT " SAGA_COLUMNS
                           "WHERE definition = $1 AND entity = $2 AND entity <> '' "
                           "AND phase NOT IN ('done', 'undone') ORDER BY saga_id LIMIT 1"};

const query find_saga{"runtime.find_saga",
                      "SELECT " SAGA_COLUMNS "WHERE definition = $1 AND saga_id = $2"};

const query saga_by_id{"runtime.saga_by_id", "SELECT " SAGA_COLUMNS "WHERE saga_id = $1"};

const query open_sagas{"runtime.open_sagas",
                       "SELECT " SAGA_COLUMNS
                       "WHERE saga_id > $1 AND phase IN ('running', 'compensating', 'stuck') "
                       "ORDER BY saga_id LIMIT $2"};

#undef SAGA_COLUMNS

const query save_saga{
    "runtime.save_saga",
    "INSERT INTO saga (saga_id, definition, entity, phase, step, detail, started_at, step_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (saga_id) DO UPDATE SET "
    "entity = excluded.entity, phase = excluded.phase, step = excluded.step, "
    "detail = excluded.detail, step_at = excluded.step_at"};

const query delete_saga{"runtime.delete_saga", "DELETE FROM saga WHERE saga_id = $1"};

const query insert_act{"runtime.insert_act",
                       "INSERT INTO operator_act (act_id, at, actor, act, target, reason) "
                       "VALUES ($1, $2, $3, $4, $5, $6)"};

const query newest_acts{"runtime.newest_acts",
                        "SELECT act_id, at, actor, act, target, reason FROM operator_act "
                        "ORDER BY at DESC, act_id DESC LIMIT $1"};

const query begin_rebuild{"runtime.begin_rebuild", "SELECT nova_rebuild_begin($1)"};

const query rebuild_there{"runtime.rebuild_there", "SELECT nova_rebuild_there($1)"};

const query take_over_rebuilt{"runtime.take_over_rebuilt",
                              "SELECT nova_rebuild_take_over($1, $2, $3, $4)"};

const query rebuild_outcome{"runtime.rebuild_outcome",
                            "SELECT added, removed FROM rebuild WHERE rebuild_id = $1"};

const query empty_dead_letters{"runtime.empty_dead_letters",
                               "UPDATE dead_letter SET type = 0, payload = '', reason = '' "
                               "WHERE key = $1 AND type <> ALL ($2::bigint[])"};

const query emptied_letters{
    "runtime.emptied_letters",
    "SELECT count(*) FROM (SELECT 1 FROM dead_letter WHERE type = 0 AND at < $1 LIMIT $2::bigint) "
    "x"};

const query delete_emptied_letters{
    "runtime.delete_emptied_letters",
    "DELETE FROM dead_letter WHERE (source, source_shard, seq) IN (SELECT source, source_shard, "
    "seq "
    "FROM dead_letter WHERE type = 0 AND at < $1 ORDER BY at LIMIT $2::bigint)"};

const query empty_letters_naming{
    "runtime.empty_letters_naming",
    "UPDATE dead_letter SET type = 0, payload = '', reason = '' "
    "WHERE type = ANY ($2::bigint[]) AND position(convert_to($1, 'UTF8') IN payload) > 0"};

const query find_idempotency{
    "runtime.find_idempotency",
    "SELECT method, body_hash, reply FROM idempotency WHERE scope = $1 AND key = $2"};

const query insert_idempotency{
    "runtime.insert_idempotency",
    "INSERT INTO idempotency (scope, key, method, body_hash, reply) VALUES ($1, $2, $3, $4, $5)"};

const query idempotency_due{
    "runtime.idempotency_due",
    "SELECT count(*) FROM (SELECT 1 FROM idempotency WHERE at < $1 LIMIT $2::bigint) x"};

const query prune_idempotency{
    "runtime.prune_idempotency",
    "DELETE FROM idempotency WHERE (scope, key) IN "
    "(SELECT scope, key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2::bigint)"};

const query outbox_due{"runtime.outbox_due",
                       "SELECT count(*) FROM (SELECT nova_outbox_old($1, $3, $4) LIMIT "
                       "$2::bigint) x"};

const query drop_old_events{"runtime.drop_old_events",
                            "SELECT nova_outbox_drop($1, $3, $4) FROM (SELECT $2::bigint) most"};

const query outbox_short{"runtime.outbox_short",
                         "SELECT count(*) FROM (SELECT 1 FROM outbox_part HAVING "
                         "coalesce(max(upto), '-infinity') <= $1 + 2 * $3::bigint * interval '1 "
                         "second' LIMIT $2::bigint) x"};

const query extend_outbox{"runtime.extend_outbox",
                          "SELECT nova_outbox_extend($1 + 2 * $3::bigint * interval '1 second', "
                          "$3::bigint * interval '1 second') FROM (SELECT $2::bigint) most"};

}  // namespace nova::storage::runtime_queries
