// One private PostgreSQL per test process, in a temporary folder, with a fresh database for each caller. Used by all
// *_pgtest and flow tests; never touches a server of the machine. The server ends with the process.
#pragma once

#include "storage/embedded/embedded_postgres.hpp"
#include "storage/postgres/migration.hpp"
#include "storage/postgres/postgres_database.hpp"

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

namespace nova::test {

/// A database that nobody else uses, migrated with the runtime's migrations and those given.
struct fresh_database {
  std::string domain;    ///< "t<n>": its database is nova_t<n>
  std::string conninfo;  ///< run-time role
  std::string owner_conninfo;
  std::string admin_conninfo;  ///< superuser, same database

  storage::postgres_options options(std::string node = "node-a") const;
};

class postgres_fixture {
 public:
  /// Starts the server at the first call in the process (1–3 s). Throws std::runtime_error with the reason.
  static postgres_fixture& instance();
  ~postgres_fixture();

  fresh_database fresh(std::initializer_list<storage::migration_set> sets = {});
  /// Without any table.
  fresh_database bare();

  /// Immediate shutdown (as a crash); the embedded supervision starts it again.
  void crash();
  /// SIGSTOP and SIGCONT of all its processes.
  void pause();
  void resume();
  /// Looks every few milliseconds, on the storage thread, whether `done` holds; false when it does not within `limit`
  /// (times slowdown).
  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds limit = std::chrono::seconds(15));
  storage::embedded_postgres& server() { return *server_; }
  storage::storage_io& io();

 private:
  postgres_fixture();
  std::string folder_;
  std::unique_ptr<storage::embedded_postgres> server_;
  std::unique_ptr<storage::storage_io> io_;
  unsigned count_ = 0;
};

/// A database object that stop()s itself before it goes.
class open_handle {
 public:
  open_handle(storage::storage_io& io, storage::postgres_options options)
      : database_(storage::open_database(io, std::move(options))) {}
  open_handle(open_handle&&) = default;
  ~open_handle() { close(); }
  void close();
  storage::database& operator*() const { return *database_; }
  storage::database* operator->() const { return database_.get(); }
  const std::shared_ptr<storage::database>& shared() const { return database_; }

 private:
  std::shared_ptr<storage::database> database_;
};

/// The calls of `database`, waited for. Each gives up after 20 s with an error.
result<storage::rows> read(storage::database& db, storage::statement s);
storage::commit_outcome commit(storage::database& db, storage::commit_unit unit);
result<std::vector<storage::shard_claim>> claim(storage::database& db, std::uint32_t shards);

}  // namespace nova::test
