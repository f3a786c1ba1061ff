// A domain's database on libpq: `open_database` gives what main.cpp hands to the runtime, after `migrate` has run.
#pragma once

#include "config/settings/storage_settings.hpp"
#include "storage/database/database.hpp"
#include "storage/postgres/storage_io.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace nova::storage {

struct postgres_options {
  std::string domain;    ///< label of metrics and log records
  std::string conninfo;  ///< libpq's, as the run-time role
  /// Names the data folder. At most one process may be alive with it (its lock file sees to that): at the first claim the
  /// lanes of earlier processes of the same name are fenced without waiting for their lease.
  std::string node;
  config::storage_settings settings;
  /// Tests only: called on the storage thread when all statements of a batch have succeeded, before its COMMIT is sent.
  std::function<void(std::uint64_t batch_no)> before_commit;
  /// Tests only: how long this machine has been suspended since it was started, in place of the kernel's answer.
  std::function<std::chrono::nanoseconds()> suspended = {};
};

/// Begins to connect and registers a lane as soon as the server answers; an absent server is waited for. `io` must outlive
/// the database, and stop() must have called back before it is destroyed.
std::shared_ptr<database> open_database(storage_io& io, postgres_options options);

}  // namespace nova::storage
