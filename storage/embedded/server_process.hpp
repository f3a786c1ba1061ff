// Running PostgreSQL's programs: initdb, and the postmaster as a process that outlives Nova's own crash. Used by
// embedded_postgres.cpp.
//
// As root, the programs run as the OS user `postgres` and get their data folder as `/proc/self/fd/N`, an inherited handle:
// the parents of the folder need not be open to that user, and no capability is raised for it.
#pragma once

#include "protocols/core/error.hpp"

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nova::storage {

/// Who the server runs as.
struct server_user {
  bool change = false;  ///< we are root and must become somebody else
  uid_t uid = 0;
  gid_t gid = 0;
};
/// Errors name the package to install.
result<server_user> choose_server_user();

struct program {
  std::filesystem::path executable;
  std::vector<std::string>
      arguments;  ///< "{data}" stands for the data folder as the program sees it
  std::filesystem::path data;
  std::filesystem::path log;  ///< its output is appended; empty: discarded
  std::string
      input;  ///< "{input}" in an argument: a file with this text that only the program can read
  bool end_with_process = false;  ///< killed when this process's calling thread ends
  bool own_session = false;       ///< outlives this process and its terminal
};
/// Process id, or why it could not be started.
result<pid_t> launch(const program& p, const server_user& user);
/// Waits for a child; its exit status, −1 when it did not end in time.
int wait_for(pid_t child, std::chrono::milliseconds limit);

/// What `<data>/postmaster.pid` says.
struct postmaster_file {
  pid_t pid = 0;
  std::filesystem::path socket_folder;
  bool ready = false;
};
std::optional<postmaster_file> read_postmaster_file(const std::filesystem::path& data);
/// Whether `pid` is alive and works in that very folder (its working directory is the data folder's inode).
bool serves_folder(pid_t pid, const std::filesystem::path& data);
/// All processes of a server (also orphans of a killed postmaster) that work in that folder.
std::vector<pid_t> processes_in(const std::filesystem::path& data);

/// A short 0700 folder for the unix socket (its path is limited to 107 bytes), owned by the server's user.
result<std::filesystem::path> make_socket_folder(const server_user& user);
/// Removes a folder made by make_socket_folder; anything else is left alone.
void remove_socket_folder(const std::filesystem::path& folder);
/// Removes those of this user in the usual places whose server is gone: nobody listens at the socket.
void remove_dead_socket_folders();

}  // namespace nova::storage
