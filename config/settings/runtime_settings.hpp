// Limits and intervals of the actor runtime (actors/runtime). Bound to TOML by config/, read by runtime::node.
#pragma once

#include <cstdint>

namespace nova::config {

struct runtime_settings {
  /// Scheduler threads; 0: the cgroup's CPU quota, at least 2. 0–256.
  std::uint32_t threads = 0;
  /// Threads of the work pool for jobs (password hashes). 1–64.
  std::uint32_t job_threads = 2;
  /// Jobs that may wait for a thread; one more is refused with `overloaded`. 1–10000.
  std::uint32_t max_queued_jobs = 64;
  /// What a refused caller is told to wait, milliseconds. 1–60000.
  std::uint32_t overload_retry_ms = 1000;

  /// Items waiting in the inbox of one shard; calls beyond it are refused with `overloaded`. 16–1000000.
  std::uint32_t max_shard_inbox = 8192;
  /// Calls waiting for one entity (it loads, or a command of it reads); one more is `overloaded`. 1–100000.
  std::uint32_t max_stash = 1024;
  /// Items that one shard handles before it lets other actors run. 1–10000.
  std::uint32_t items_per_turn = 64;
  /// Decisions of one entity that may wait for their commit; further calls are stashed. 1–100000.
  std::uint32_t max_pending_commits = 2048;
  /// Rounds of needs that one handler may ask for before it is taken for a crash. 1–1000.
  std::uint32_t max_need_rounds = 32;

  /// Entities in memory of one shard, then the longest unused go. 1–10000000.
  std::uint32_t max_entities = 20'000;
  /// Their state in memory of one shard, bytes as the kinds report them. 1 KiB–1 TiB.
  std::uint64_t max_entity_bytes = 64ull << 20;
  /// How often idle entities are looked for, milliseconds. 10–60000.
  std::uint32_t passivation_interval_ms = 1000;

  /// Resolution of deadlines and pauses, milliseconds. 1–1000.
  std::uint32_t tick_ms = 10;
  /// A caller whose decision waits for a database that is away is told `unavailable` after this, milliseconds. 50–10000.
  std::uint32_t commit_patience_ms = 750;
  /// How often a command is decided again after a conflict. 0–100.
  std::uint32_t max_attempts = 3;
  /// The same message ending a handler with an exception this often is refused from then on. 1–100.
  std::uint32_t poison_after = 3;

  /// How long a reply waits for another domain to settle its events (method.settles_in), milliseconds. 0–10000.
  std::uint32_t settle_ms = 1000;
  /// Failures of one event before it becomes a dead letter. 1–100.
  std::uint32_t intake_attempts = 5;
  /// First wait after a failure, doubling with jitter up to 100 times itself, milliseconds. 1–10000.
  std::uint32_t intake_backoff_ms = 50;
  /// Events of one source shard that a reader has under way at once. 1–10000.
  std::uint32_t intake_window = 64;
  /// Events of one page when a reader pulls. 1–10000.
  std::uint32_t pull_page = 500;
  /// Events that a reader holds while it waits for earlier ones; more are pulled later. 1–1000000.
  std::uint32_t max_reader_backlog = 4096;
  /// A reader's durable offset follows at the latest after this, milliseconds. 1–10000.
  std::uint32_t offset_ms = 200;
  /// … or after this many events. 1–100000.
  std::uint32_t offset_events = 100;

  /// Mailbox slots of sockets (couriers). A power of two. 1–1024.
  std::uint32_t courier_slots = 8;
  /// Pushes waiting in one courier; beyond it they are dropped and its sockets closed with 4008 (resume). 1000–100000000.
  std::uint32_t max_courier_inbox = 200'000;
  /// Accounts per courier whose time of leaving is remembered. 0–100000000.
  std::uint32_t max_last_seen = 16'384;
  /// Changes of presence are collected for this long, milliseconds. 1–60000.
  std::uint32_t presence_interval_ms = 250;
  /// Accounts whose presence one socket may watch. 1–100000.
  std::uint32_t max_watched = 1000;
  /// Audiences whose grouping by courier is remembered per shard. 1–100000.
  std::uint32_t audience_cache = 256;

  /// Due reminders taken at once per shard. 1–10000.
  std::uint32_t reminder_page = 100;
  /// Answers to Idempotency-Keys are kept for this long, hours. 1–720.
  std::uint32_t idempotency_hours = 24;

  /// Shards that are missing or a warm-up that failed: tried again after this, milliseconds. 10–60000.
  std::uint32_t claim_retry_ms = 1000;
  /// Restarts of one runtime actor within restart_period_ms before its supervisor gives up. 0–1000.
  std::uint32_t restart_intensity = 5;
  /// Milliseconds. 1–3600000.
  std::uint32_t restart_period_ms = 30'000;
  /// Grace of a child at an ordered stop, then it is killed, milliseconds. 1–60000.
  std::uint32_t stop_grace_ms = 2000;
  /// How often the scheduler's latency is probed, milliseconds. 10–60000.
  std::uint32_t probe_ms = 100;
};

}  // namespace nova::config
