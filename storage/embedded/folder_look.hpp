// The state of a data folder, found by looking only. For `nova doctor`, which starts and writes nothing. Used by
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
  pid_t nova = 0;    ///< the process that serves this folder
  int version = 0;   ///< of the PostgreSQL that made the cluster; 0: there is no cluster yet
  pid_t server = 0;  ///< the running postmaster
  std::filesystem::path socket_folder;  ///< the running server's
  std::string problem;                  ///< why a start would fail; empty: no reason was found
};
folder_look look_at_folder(const std::filesystem::path& data,
                           const std::string& configured_bin_dir);

/// Refuses a cluster that the server cannot use as `user`: another OS user owns it, or pg_control is not whole.
result<void> check_cluster(const std::filesystem::path& cluster, const server_user& user);

/// The sentence of a server's log that says why the server did not start. Reads the log from `from_byte` on.
std::string explain_log(const std::filesystem::path& log, std::uintmax_t from_byte);

}  // namespace nova::storage
