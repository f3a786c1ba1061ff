// What lies in a data folder, found by looking only: for `nova doctor`, which starts and writes nothing. Used by
// domain_databases.cpp and embedded_postgres.cpp.
#pragma once

#include "protocols/core/error.hpp"
#include "storage/embedded/server_process.hpp"

#include <sys/types.h>
#include <filesystem>
#include <string>

namespace nova::storage {

/// The process that holds `<data>/lock`, from the kernel's table of locks; 0: none.
pid_t lock_holder(const std::filesystem::path& data);

struct folder_look {
  pid_t nova = 0;    ///< serves this folder
  int version = 0;   ///< of the PostgreSQL that made the cluster; 0: there is no cluster yet
  pid_t server = 0;  ///< the running postmaster
  std::filesystem::path socket_folder;  ///< the running server's
  std::string problem;                  ///< why a start would fail; empty: nothing is seen
};
folder_look look_at_folder(const std::filesystem::path& data,
                           const std::string& configured_bin_dir);

/// Refuses a cluster that the server could not use as `user`: one of another OS user, or without a whole pg_control.
result<void> check_cluster(const std::filesystem::path& cluster, const server_user& user);

/// The sentence of a server's log that says why it did not start, from what it wrote since `from_byte`.
std::string explain_log(const std::filesystem::path& log, std::uintmax_t from_byte);

}  // namespace nova::storage
