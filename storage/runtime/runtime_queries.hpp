// The named SQL of the runtime's tables in every domain's database (migrations/0001_runtime.sql). Used by actors/runtime.
// Parameters and columns are listed in the order of the statement. `shard`, `type`, `method`, `attempts` are int64 here.
#pragma once

#include "storage/database/value.hpp"

namespace nova::storage::runtime_queries {

/// Events of one shard, in order: (shard, after_seq, limit) → seq, type, key, payload(bytes).
extern const query outbox_page;
/// Highest seq of one shard: (shard) → seq (0: none).
extern const query outbox_head;
/// For replays: (time) → shard, first seq, last seq, first seq from the time on (NULL: none). Slow: it reads the whole table.
extern const query outbox_span;
/// Deletes events up to a seq that every consumer has settled, but keeps each shard's newest row. The claim of a shard reads
/// its counter from that row. (shard, up_to_seq). Not merged.
extern const query prune_outbox;

/// This domain's readers: () → source, source_shard, seq.
extern const query load_offsets;
/// (source, source_shard, seq); merged, the last one of a batch counts; never goes back.
extern const query save_offset;

/// For replays, while the reader stands still: (source, source_shard, seq); never goes forward. Not merged.
extern const query rewind_offset;

/// Marks of one target shard: (shard) → source, source_shard, seq.
extern const query load_marks;
/// (shard, source, source_shard, seq); merged, the last one of a batch counts; never goes back.
extern const query save_mark;

/// An effect in a read model whose entities are to be told: (source, source_shard, seq, type, key, payload, kinds[], keys[]).
/// Not merged.
extern const query insert_refresh_owed;
/// (source, source_shard) → seq, type, key, payload, kinds, keys; in order.
extern const query refreshes_owed;
/// The entities of these events are told: (source, source_shard, seq[]). Not merged.
extern const query delete_refreshes_owed;

/// (source, source_shard, seq, type, key, payload, status 'dead'|'waiting', reason, attempts); merged. A repeat changes nothing.
extern const query insert_dead_letter;
/// The keys with dead letters of one source shard: (source, source_shard) → key, type, count.
extern const query dead_letter_keys;
/// The oldest dead letters of one key with one of these event types:
/// (source, source_shard, key, types[], limit) → seq, type, payload, attempts.
extern const query dead_letters_of_key;
/// Dead letters after a position: (source, source_shard, seq, limit) → source, source_shard, seq, type, key, status, reason,
/// attempts, at.
extern const query dead_letter_page;
/// (source, source_shard, seq) → key, type.
extern const query find_dead_letter;
/// (source, source_shard, seq) → type, key, payload, status, reason, attempts, at.
extern const query show_dead_letter;
/// A new try has failed: (source, source_shard, seq, reason, attempts). Not merged.
extern const query fail_dead_letter;
/// The letter had its effect or was discarded: (source, source_shard, seq). Not merged.
extern const query delete_dead_letter;

/// A shard has the letter's effect: (source, source_shard, seq, shard); merged. A second time is a conflict; without the letter
/// it is refused.
extern const query insert_dead_letter_part;
/// (source, source_shard, seq) → shard. They leave with the letter.
extern const query dead_letter_parts;

/// Sets or moves a reminder: (shard, kind, key, name, due, every_ms); merged, the last one of a batch counts. Runs after delete_reminder.
extern const query upsert_reminder;
/// (kind, key, name). Not merged.
extern const query delete_reminder;
/// Removes a reminder that has been carried out, unless it was moved meanwhile: (kind, key, name, due); merged. Runs before
/// upsert_reminder: a reminder that is set again to the same time in the same batch comes again.
extern const query settle_reminder;
/// Moves a recurring reminder that has been carried out, unless it was moved meanwhile: (kind, key, name, due, next); merged.
extern const query repeat_reminder;
/// Due reminders of these kinds: (shard, until, limit, kinds[]) → kind, key, name, due, every_ms; in order of due.
extern const query due_reminders;
/// The next reminder of these kinds: (shard, kinds[]) → due; NULL when there is none.
extern const query next_reminder;

// Sagas (saga_rows.hpp). The reads return id, entity, phase, step, detail, started_at, step_at,
// definition.
/// The one that has not ended: (definition, entity).
extern const query saga_of_entity;
/// (definition, id).
extern const query find_saga;
/// (id).
extern const query saga_by_id;
/// Those that run, are taken back or are stuck: (after_id, limit), by id.
extern const query open_sagas;
/// (id, definition, entity, phase, step, detail, started_at, step_at); inserts or replaces. Not merged.
extern const query save_saga;
/// (id). Not merged.
extern const query delete_saga;

/// An act of an operator: (act_id, at, actor, act, target, reason). Not merged.
extern const query insert_act;
/// (limit) → act_id, at, actor, act, target, reason; the newest first.
extern const query newest_acts;

// Rebuilds of read models (0008_rebuild.sql); only on the connection that has begun one. Not merged.
/// (tables[]).
extern const query begin_rebuild;
/// (tables[]); refused when the session has ended meanwhile.
extern const query rebuild_there;
/// (id, tables[], lane, sum of offsets).
extern const query take_over_rebuilt;
/// (id) → added, removed.
extern const query rebuild_outcome;

/// Empties the letters of a key; their rows stay and are not tried any more: (key, types[] that are left alone). Not merged.
extern const query empty_dead_letters;
/// The same for letters whose payload contains the text: (text, types[]). Not merged.
extern const query empty_letters_naming;

/// (scope, key) → method, body_hash, reply.
extern const query find_idempotency;
/// (scope, key, method, body_hash, reply). Not merged: a second row of the same scope and key is a conflict.
extern const query insert_idempotency;

// Retention (storage/database/retention.hpp): all queries take (before, most).
/// → number of answers older than `before`; at most `most`.
extern const query idempotency_due;
/// Deletes the oldest of these answers. Not merged.
extern const query prune_idempotency;
/// (before, most, at_last, read[]) → number of partitions of the outbox that may go: they end before `before`, and all consumers
/// have read them (`read` has a seq for each shard; empty: all is read), or they end before `at_last`.
extern const query outbox_due;
/// Drops them; a shard's newest event moves to another partition. The same parameters. Not merged.
extern const query drop_old_events;
/// (before, most, width_s) → 1 when the outbox's last partition ends within two widths behind `before`, else 0.
extern const query outbox_short;
/// Makes the partitions that lack. The same parameters. Not merged.
extern const query extend_outbox;
/// → number of letters older than `before` that empty_dead_letters has emptied; at most `most`.
extern const query emptied_letters;
/// Deletes the oldest of these letters. Not merged.
extern const query delete_emptied_letters;

}  // namespace nova::storage::runtime_queries
