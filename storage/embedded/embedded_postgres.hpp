// The private PostgreSQL of a Nova without DSNs: the packaged server on a unix socket, with data in `<data>/postgres`.
// Used by main.cpp and by tests/support/postgres_fixture. Thread-safe after start().
#pragma once

#include "config/settings/storage_settings.hpp"
#include "protocols/core/error.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nova::storage {

struct embedded_options {
  std::filesystem::path data;  ///< Nova's data folder; made when absent
  std::vector<std::string>
      domains;  ///< each gets database nova_<domain>, role nova_<domain> and nova_<domain>_owner
  config::storage_settings settings;  ///< only the embedded_* settings
  bool end_with_process =
      false;  ///< tests: the server dies with this process, and initdb does not sync
  /// Tests: the server's own settings by name, which go before Nova's.
  std::vector<std::pair<std::string, std::string>> server_settings = {};
};

/// start() takes the lock `<data>/lock` (one Nova a data folder) and runs initdb when needed. It adopts a server that a killed
/// Nova left running, or removes stale files. It creates missing databases and roles. A server that dies later is started again.
/// When Nova runs as root, the server runs as the OS user `postgres`. The server reaches its data folder through an
/// inherited directory handle, so the folder may lie below directories that this user cannot enter.
/// Errors (errc::unavailable, or invalid_request for a folder in use) carry a sentence for the operator.
class embedded_postgres {
 public:
  explicit embedded_postgres(embedded_options options);
  ~embedded_postgres();  ///< stop()
  embedded_postgres(const embedded_postgres&) = delete;
  embedded_postgres& operator=(const embedded_postgres&) = delete;

  result<void> start();
  /// Fast shutdown; after settings.embedded_stop_ms an immediate one. Gives the lock back. Idempotent.
  void stop();

  /// libpq connection strings; valid after start() until stop(), also across restarts of the server.
  std::string conninfo(const std::string& domain) const;
  std::string owner_conninfo(const std::string& domain) const;
  std::string admin_conninfo(const std::string& database = "postgres") const;
  static std::string runtime_role(const std::string& domain) { return "nova_" + domain; }

  /// Makes the database and roles of one more domain; tests make fresh databases this way. Blocks.
  result<void> add_domain(const std::string& domain);
  /// Process id of the running postmaster; 0 while there is none.
  int postmaster() const noexcept;
  /// How often a dead server was started again.
  unsigned restarts() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The newest packaged server's folder of binaries (version ≥ 15), or an error that names the package to install.
result<std::filesystem::path> find_server(const std::string& configured_bin_dir);

/// The same for a cluster of PostgreSQL `version`, which only that version can read. 0: a new cluster.
result<std::filesystem::path> server_for(const std::string& configured_bin_dir, int version);

/// The node name of a data folder, kept in `<data>/node` and made on first use. It survives restarts and is unique per folder: a
/// copy of a folder, here or on another machine, gets a name of its own.
result<std::string> node_name(const std::filesystem::path& data);

}  // namespace nova::storage
