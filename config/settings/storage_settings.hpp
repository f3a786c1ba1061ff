// Limits and intervals of storage (storage/postgres, storage/embedded). Bound to TOML by config/, read by main.cpp, the
// databases and the embedded server.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace nova::config {

struct storage_settings {
  /// libpq connection string of each domain's database, as its run-time role. Empty: the embedded server. A host is best
  /// given as hostaddr or socket folder: names are resolved on the storage thread.
  std::map<std::string, std::string> dsn;
  /// The same as the owner role, for migrations. Empty: migrations are somebody else's work.
  std::map<std::string, std::string> owner_dsn;

  /// Connections of one domain's read pool. 1–64.
  std::uint32_t read_connections = 4;
  /// Reads under way on one connection at once (pipelined). 1–256.
  std::uint32_t reads_per_connection = 16;
  /// Reads waiting for a connection; one more is refused with `overloaded`. 1–1000000.
  std::uint32_t max_waiting_reads = 4096;
  /// Limit of one read in the database, milliseconds; a second later its connection is given up. 10–600000.
  std::uint32_t read_timeout_ms = 5000;

  /// Decisions that share one transaction. 1–10000.
  std::uint32_t batch_units = 2048;
  /// After a transaction of commit_siblings or more, how long the next one waits for as many of its kind, microseconds. It
  /// saves PostgreSQL a quarter of its CPU at half load; a lonely send never waits. 0–20000, 0: not at all.
  std::uint32_t commit_delay_us = 1000;
  /// Decisions in one transaction that make the next one wait; it waits no longer when eight times as many are there. 1–10000.
  std::uint32_t commit_siblings = 8;
  /// Parameters of one transaction, bytes (the last decision may exceed it). 4 KiB–256 MiB.
  std::uint64_t batch_bytes = 4u << 20;
  /// Decisions waiting for the lane; above it the lane does not accept. 1–1000000.
  std::uint32_t max_waiting_units = 65'536;
  /// Their parameters, bytes. 64 KiB–4 GiB.
  std::uint64_t max_waiting_bytes = 64u << 20;
  /// Parameters of one decision, bytes; a larger one is rejected. 4 KiB–256 MiB.
  std::uint64_t max_unit_bytes = 32u << 20;
  /// Refused activations that are remembered, so that their later decisions are aborted; the oldest are forgotten. 16–1000000.
  std::uint32_t max_refused_activations = 4096;
  /// Attempts of a decision that runs alone into time-outs or deadlocks before it is rejected. 1–100.
  std::uint32_t unit_attempts = 5;

  /// How long a lane owns its shards after its last commit, milliseconds, by the database's clock. 1000–60000.
  std::uint32_t lease_ms = 3000;
  /// Subtracted from it before memory is served by the own clock, milliseconds. 10–10000.
  std::uint32_t lease_margin_ms = 200;
  /// statement_timeout of the lane's session, milliseconds; below the lease. 100–30000.
  std::uint32_t lane_statement_timeout_ms = 1500;
  /// lock_timeout of the lane's session, milliseconds. 50–30000.
  std::uint32_t lane_lock_timeout_ms = 1000;
  /// idle_in_transaction_session_timeout of the lane's session, milliseconds; below the lease. 100–30000.
  std::uint32_t lane_idle_timeout_ms = 1500;
  /// A batch without an answer for this long makes the lane refuse new decisions, milliseconds. 50–10000.
  std::uint32_t lane_stall_ms = 600;
  /// … and for this long: its connection is given up and the batch resolved on a new one, milliseconds. 500–60000.
  std::uint32_t lane_giveup_ms = 5000;

  /// First wait before a lost connection is made anew, doubling with jitter, milliseconds. 1–10000.
  std::uint32_t reconnect_min_ms = 50;
  /// Longest such wait, milliseconds. 10–60000.
  std::uint32_t reconnect_max_ms = 1000;
  /// Limit of one attempt to connect, milliseconds. 100–60000.
  std::uint32_t connect_timeout_ms = 2000;
  /// stop() waits this long for the queue to be written, milliseconds. 0–60000.
  std::uint32_t stop_ms = 3000;

  /// Folder of postgres and initdb. Empty: the newest packaged server from 15 on.
  std::string embedded_bin_dir;
  /// shared_buffers of the embedded server, MiB. 16–65536.
  std::uint32_t embedded_shared_buffers_mb = 192;
  /// max_connections of the embedded server. 20–1000.
  std::uint32_t embedded_max_connections = 100;
  /// WAL kept between checkpoints of the embedded server, MiB. 64–65536. A checkpoint's syncs hold commits up for about 100 ms:
  /// at 20,000 messages a second they are to be minutes apart.
  std::uint32_t embedded_max_wal_mb = 4096;
  /// How long the embedded server may take until it answers (crash recovery included), milliseconds. 1000–600000.
  std::uint32_t embedded_start_ms = 60'000;
  /// Fast shutdown, then immediate, milliseconds. 500–60000.
  std::uint32_t embedded_stop_ms = 5000;
  /// First wait before a dead embedded server is started again, doubling up to 2 s, milliseconds. 1–2000.
  std::uint32_t embedded_restart_ms = 50;
};

}  // namespace nova::config
