// The named SQL of what the runtime keeps in every domain's database (migrations/0001_runtime.sql). Used by actors/runtime.
// Parameters and columns are listed in the order of the statement. `shard`, `type`, `method`, `attempts` are int64 here.
#pragma once

#include "storage/database/value.hpp"

namespace nova::storage::runtime_queries {

/// Events of one shard, in order: (shard, after_seq, limit) → seq, type, key, payload(bytes).
extern const query outbox_page;
/// Highest seq of one shard: (shard) → seq (0: none).
extern const query outbox_head;
/// Deletes events up to a seq that every consumer has settled, but never a shard's newest row: the claim of a shard reads
/// its counter from it. (shard, up_to_seq). In its place.
extern const query prune_outbox;

/// This domain's readers: () → source, source_shard, seq.
extern const query load_offsets;
/// (source, source_shard, seq); merged, the last one of a batch counts; never moves back.
extern const query save_offset;

/// Marks of one target shard: (shard) → source, source_shard, seq.
extern const query load_marks;
/// (shard, source, source_shard, seq); merged, the last one of a batch counts; never moves back.
extern const query save_mark;

/// (source, source_shard, seq, type, key, payload, status 'dead'|'waiting', reason, attempts); merged. A repeat changes nothing.
extern const query insert_dead_letter;
/// Is anything of this key dead or waiting: (source, source_shard, key) → seq, status, in order.
extern const query find_dead_letters;
/// All keys that have dead letters of one source shard: (source, source_shard) → key.
extern const query dead_letter_keys;
/// (source, source_shard, after_seq, limit) → seq, type, key, payload, status, reason, attempts, at.
extern const query dead_letter_page;

/// Sets or moves: (shard, kind, key, name, due); merged, the last one of a batch counts. Runs after delete_reminder.
extern const query upsert_reminder;
/// (kind, key, name); in its place.
extern const query delete_reminder;
/// Removes a reminder that has been carried out, unless it was moved meanwhile: (kind, key, name, due). In its place.
extern const query settle_reminder;
/// (shard, until, limit) → kind, key, name, due; in order of due.
extern const query due_reminders;
/// The next one to come: (shard) → due; NULL when there is none.
extern const query next_reminder;

/// (scope, key) → method, body_hash, reply.
extern const query find_idempotency;
/// (scope, key, method, body_hash, reply); in its place: a second one of the same scope and key is a conflict.
extern const query insert_idempotency;
/// (before); deletes at most 1000 older ones. In its place.
extern const query prune_idempotency;

}  // namespace nova::storage::runtime_queries
