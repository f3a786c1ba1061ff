// Rows of config/settings/runtime_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

namespace {

std::vector<declaration> calls_and_memory() {
  return {
      SETTING(runtime, threads, between(0, 256),
              "Scheduler threads; 0: the control group's CPU quota, at least 2."),
      SETTING(runtime, job_threads, between(1, 64),
              "Threads of the work pool for password hashes."),
      SETTING(runtime, max_queued_jobs, between(1, 10'000),
              "Jobs that may wait for a thread; one more is refused as overloaded."),
      SETTING(runtime, overload_retry_ms, between(1, 60'000),
              "What a refused caller is told to wait, milliseconds."),
      SETTING(runtime, max_shard_inbox, between(16, 1'000'000),
              "Items waiting for one shard; calls beyond it are refused as overloaded."),
      SETTING(runtime, max_stash, between(1, 100'000),
              "Calls waiting for one entity; one more is refused as overloaded."),
      SETTING(runtime, items_per_turn, between(1, 10'000),
              "Items that one shard handles before it lets other actors run."),
      SETTING(runtime, max_pending_commits, between(1, 100'000),
              "Decisions of one entity that may wait for their commit."),
      SETTING(runtime, max_need_rounds, between(1, 1'000),
              "Rounds of reads that one handler may ask for before it is taken for a crash."),
      SETTING(runtime, max_entities, between(1, 10'000'000),
              "Entities in memory of one shard, then the longest unused go."),
      SETTING(runtime, max_entity_bytes, between(1'024, 1'099'511'627'776),
              "Their state in memory of one shard, bytes."),
      SETTING(runtime, passivation_interval_ms, between(10, 60'000),
              "How often idle entities are looked for, milliseconds."),
      SETTING(runtime, tick_ms, between(1, 1'000),
              "Resolution of deadlines and pauses, milliseconds."),
      SETTING(runtime, commit_patience_ms, between(50, 10'000),
              "A caller is told unavailable when the database is away for longer, milliseconds."),
      SETTING(runtime, max_attempts, between(0, 100),
              "How often a command is decided again after a conflict."),
      SETTING(runtime, poison_after, between(1, 100),
              "The same message ending a handler with an exception this often is refused."),
  };
}

std::vector<declaration> events_and_care() {
  return {
      SETTING(runtime, settle_ms, between(0, 10'000),
              "How long a reply waits for another domain to settle its events, milliseconds."),
      SETTING(runtime, intake_attempts, between(1, 100),
              "Failures of one event before it becomes a dead letter."),
      SETTING(runtime, intake_backoff_ms, between(1, 10'000),
              "First wait after a failure, doubling up to 100 times itself, milliseconds."),
      SETTING(runtime, intake_window, between(1, 10'000),
              "Events of one source shard that a reader has under way at once."),
      SETTING(runtime, pull_page, between(1, 10'000), "Events of one page when a reader pulls."),
      SETTING(runtime, max_reader_backlog, between(1, 1'000'000),
              "Events that a reader holds while it waits for earlier ones."),
      SETTING(runtime, offset_ms, between(1, 10'000),
              "A reader's durable offset follows at the latest after this, milliseconds."),
      SETTING(runtime, offset_events, between(1, 100'000),
              "A reader's durable offset follows at the latest after so many events."),
      SETTING(runtime, courier_slots, between(1, 1'024),
              "Mailbox slots of sockets; a power of two."),
      SETTING(runtime, max_courier_inbox, between(1'000, 100'000'000),
              "Pushes waiting in one courier; beyond it its sockets are closed with 4008."),
      SETTING(runtime, max_last_seen, between(0, 100'000'000),
              "Accounts per courier whose time of leaving is remembered."),
      SETTING(runtime, presence_interval_ms, between(1, 60'000),
              "Changes of presence are collected for this long, milliseconds."),
      SETTING(runtime, max_watched, between(1, 100'000),
              "Accounts whose presence one socket may watch."),
      SETTING(runtime, audience_cache, between(1, 100'000),
              "Audiences whose grouping by courier is remembered per shard."),
      SETTING(runtime, reminder_page, between(1, 10'000), "Due reminders taken at once per shard."),
      SETTING(runtime, idempotency_hours, between(1, 720),
              "Answers to Idempotency-Keys are kept for this long, hours."),
      SETTING(runtime, claim_retry_ms, between(10, 60'000),
              "Missing shards are tried again after this, milliseconds."),
      SETTING(runtime, restart_intensity, between(0, 1'000),
              "Restarts of one runtime actor within restart_period_ms before its supervisor gives up."),
      SETTING(runtime, restart_period_ms, between(1, 3'600'000),
              "Window of restart_intensity, milliseconds."),
      SETTING(runtime, stop_grace_ms, between(1, 60'000),
              "Grace of a child at an ordered stop, milliseconds."),
      SETTING(runtime, probe_ms, between(10, 60'000),
              "How often the scheduler's latency is probed, milliseconds."),
  };
}

}  // namespace

std::vector<declaration> runtime_declarations() {
  auto rows = calls_and_memory();
  for (auto& row : events_and_care()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace nova::config
