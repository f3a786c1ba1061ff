// A domain's database on libpq. main.cpp calls `open_database` after `migrate` and gives the result to the runtime.
#pragma once

#include "config/settings/storage_settings.hpp"
#include "storage/database/database.hpp"
#include "storage/postgres/storage_io.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace nova::storage {

struct postgres_options {
  std::string domain;    ///< label of metrics and log records
  std::string conninfo;  ///< libpq's, as the run-time role
  /// The name of the data folder. Its lock file allows at most one living process with this name. So the first claim fences
  /// the lanes of earlier processes of the same name without waiting for their lease.
  std::string node;
  config::storage_settings settings;
  bool apart = false;  ///< see database::apart
  /// Tests only: called on the storage thread when all statements of a batch have succeeded, before its COMMIT is sent.
  std::function<void(std::uint64_t batch_no)> before_commit = {};
  /// Tests only: how long this machine has been suspended since it was started, in place of the kernel's answer.
  std::function<std::chrono::nanoseconds()> suspended = {};
};

/// The lanes of one domain for `storage.lanes` on a machine with so many cores; 0 means one lane for four cores, at least 1 and at
/// most 4. One storage thread carries four lanes, and eight domains with four lanes each fit PostgreSQL's default of 100 connections.
std::uint32_t lanes_for(std::uint32_t setting, unsigned cores);

/// Begins to connect, and registers a lane as soon as the server answers. Waits for an absent server. `io` must outlive
/// the database. Destroy the database only after stop() has called back.
std::shared_ptr<database> open_database(storage_io& io, postgres_options options);

}  // namespace nova::storage
