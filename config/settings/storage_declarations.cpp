// Rows of config/settings/storage_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

namespace {

/// One entry of a map from domain to connection string; the empty text is no entry.
template <std::map<std::string, std::string> storage_settings::* Map, const char* Domain>
declaration connection(std::string_view name, std::string_view help) {
  return make_declaration(
      name, help, text(0, 4'096).hidden(),
      [](const settings& s) -> setting_value {
        const auto at = (s.storage.*Map).find(Domain);
        return at == (s.storage.*Map).end() ? std::string() : at->second;
      },
      [](settings& s, const setting_value& v) {
        const auto& dsn = std::get<std::string>(v);
        if (dsn.empty()) (s.storage.*Map).erase(Domain);
        else (s.storage.*Map)[Domain] = dsn;
      });
}

constexpr char auth[] = "auth";
constexpr char user[] = "user";
constexpr char messaging[] = "messaging";

#define CONNECTION(map, domain, help) \
  connection<&storage_settings::map, domain>("storage." #map "." #domain, help)

constexpr std::string_view role_help =
    "libpq connection string of this domain's database as its run-time role; empty: the embedded server.";
constexpr std::string_view owner_help =
    "The same as the owner role, for migrations; empty: migrations are somebody else's work.";

}  // namespace

std::vector<declaration> storage_declarations() {
  return {
      SETTING(storage, read_connections, between(1, 64), "Connections of one domain's read pool."),
      SETTING(storage, reads_per_connection, between(1, 256),
              "Reads under way on one connection at once."),
      SETTING(storage, max_waiting_reads, between(1, 1'000'000),
              "Reads waiting for a connection; one more is refused as overloaded."),
      SETTING(storage, read_timeout_ms, between(10, 600'000),
              "Limit of one read in the database, milliseconds."),
      SETTING(storage, batch_units, between(1, 10'000), "Decisions that share one transaction."),
      SETTING(storage, commit_delay_us, between(0, 20'000),
              "After a transaction of commit_siblings decisions the next waits so long for more, microseconds."),
      SETTING(storage, commit_siblings, between(1, 10'000),
              "Decisions in one transaction that make the next one wait; with eight times as many it does not."),
      SETTING(storage, batch_bytes, between(4'096, 268'435'456),
              "Parameters of one transaction, bytes."),
      SETTING(storage, max_waiting_units, between(1, 1'000'000),
              "Decisions waiting for the lane; above it calls are refused as unavailable."),
      SETTING(storage, max_waiting_bytes, between(65'536, 4'294'967'296),
              "Parameters of the decisions waiting for the lane, bytes."),
      SETTING(storage, max_unit_bytes, between(4'096, 268'435'456),
              "Parameters of one decision, bytes; a larger one is rejected."),
      SETTING(storage, max_refused_activations, between(16, 1'000'000),
              "Refused activations that are remembered, so that their later decisions are aborted."),
      SETTING(storage, unit_attempts, between(1, 100),
              "Attempts of a decision that runs alone into time-outs or deadlocks."),
      SETTING(storage, lease_ms, between(1'000, 60'000),
              "How long a lane owns its shards after its last commit, milliseconds."),
      SETTING(storage, lease_margin_ms, between(10, 10'000),
              "Subtracted from the lease before memory is served by the own clock, milliseconds."),
      SETTING(storage, lane_statement_timeout_ms, between(100, 30'000),
              "statement_timeout of the lane's session, milliseconds; below the lease."),
      SETTING(storage, lane_lock_timeout_ms, between(50, 30'000),
              "lock_timeout of the lane's session, milliseconds."),
      SETTING(storage, lane_idle_timeout_ms, between(100, 30'000),
              "idle_in_transaction_session_timeout of the lane's session, milliseconds; below the lease."),
      SETTING(storage, lane_stall_ms, between(50, 10'000),
              "A batch without an answer for so long makes the lane refuse new decisions, milliseconds."),
      SETTING(storage, lane_giveup_ms, between(500, 60'000),
              "A batch without an answer for so long is resolved on a new connection, milliseconds."),
      SETTING(storage, reconnect_min_ms, between(1, 10'000),
              "First wait before a lost connection is made anew, milliseconds."),
      SETTING(storage, reconnect_max_ms, between(10, 60'000), "Longest such wait, milliseconds."),
      SETTING(storage, connect_timeout_ms, between(100, 60'000),
              "Limit of one attempt to connect, milliseconds."),
      SETTING(storage, stop_ms, between(0, 60'000),
              "How long a stop waits for the queue to be written, milliseconds."),
      SETTING(storage, embedded_bin_dir, text(0, 4'096),
              "Folder of postgres and initdb; empty: the newest packaged server from 15 on."),
      SETTING(storage, embedded_shared_buffers_mb, between(16, 65'536),
              "shared_buffers of the embedded server, MiB."),
      SETTING(storage, embedded_max_connections, between(20, 1'000),
              "max_connections of the embedded server."),
      SETTING(storage, embedded_max_wal_mb, between(64, 65'536),
              "WAL kept between checkpoints of the embedded server, MiB."),
      SETTING(storage, embedded_start_ms, between(1'000, 600'000),
              "How long the embedded server may take until it answers, milliseconds."),
      SETTING(storage, embedded_stop_ms, between(500, 60'000),
              "For the fast shutdown of the embedded server, milliseconds; then immediate."),
      SETTING(storage, embedded_restart_ms, between(1, 2'000),
              "First wait before a dead embedded server is started again, milliseconds."),
      CONNECTION(dsn, auth, role_help),
      CONNECTION(dsn, user, role_help),
      CONNECTION(dsn, messaging, role_help),
      CONNECTION(owner_dsn, auth, owner_help),
      CONNECTION(owner_dsn, user, owner_help),
      CONNECTION(owner_dsn, messaging, owner_help),
  };
}

}  // namespace nova::config
