// Running PostgreSQL's programs: initdb, and the postmaster as a process that outlives Nova's own crash. Used by
// embedded_postgres.cpp.
//
// When Nova is root, the programs run as the OS user `postgres`. They get the data folder as `/proc/self/fd/N`, an inherited
// handle. That user then needs no access to the parents of the folder, and no capability is raised.
#pragma once

#include "protocols/core/error.hpp"

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nova::storage {

/// The OS user that the server runs as.
struct server_user {
  bool change = false;  ///< this process is root and must change to another user
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
  std::filesystem::path log;  ///< the program's output is appended; empty: discarded
  std::string
      input;  ///< for "{input}" in an argument: a file with this text, which only the program can read
  bool end_with_process = false;  ///< killed when this process's calling thread ends
  bool own_session = false;       ///< outlives this process and its terminal
};
/// Returns the process id, or why the program could not be started.
result<pid_t> launch(const program& p, const server_user& user);
/// Waits for a child. Returns its exit status, or −1 when the child did not end in time.
int wait_for(pid_t child, std::chrono::milliseconds limit);

/// The content of `<data>/postmaster.pid`.
struct postmaster_file {
  pid_t pid = 0;
  std::filesystem::path socket_folder;
  bool ready = false;
};
std::optional<postmaster_file> read_postmaster_file(const std::filesystem::path& data);
/// Whether `pid` is alive and its working directory is that folder (the same inode).
bool serves_folder(pid_t pid, const std::filesystem::path& data);
/// All processes of a server that work in that folder, also those that a killed postmaster left behind.
std::vector<pid_t> processes_in(const std::filesystem::path& data);

/// A short 0700 folder for the unix socket, owned by the server's user. A socket's path is limited to 107 bytes.
result<std::filesystem::path> make_socket_folder(const server_user& user);
/// Removes a folder made by make_socket_folder; leaves any other folder alone.
void remove_socket_folder(const std::filesystem::path& folder);
/// Removes this user's socket folders, in the usual places, whose server has ended: no process listens at the socket, and
/// the process that its lock file names does not serve the data folder named there; or it is empty and an hour old.
void remove_dead_socket_folders();

}  // namespace nova::storage
