// `nova serve|doctor|migrate|databases|backup|restore|events|sagas|account|acts|certs|cluster|version` and their options. Called only by
// gateway/main.cpp.
#pragma once

#include "config/process/operator_commands.hpp"
#include "config/settings/assignments.hpp"
#include "protocols/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace nova::config {

enum class command : std::uint8_t {
  serve,
  doctor,
  migrate,
  databases,
  backup,
  restore,
  operate,  ///< a call to a running Nova
  certs,
  cluster,
  version
};

/// Exit statuses of the process.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;     ///< the command did not succeed
inline constexpr int exit_bad_usage = 2;  ///< wrong command line or settings
inline constexpr int exit_refused = 3;    ///< doctor refused to serve with these settings

struct command_line {
  config::command command = command::serve;
  std::filesystem::path file;          ///< --config; empty: none
  std::string host = "localhost";      ///< databases: --host of the printed connection strings
  unsigned database_port = 5432;       ///< databases: --port
  bool status = false;                 ///< migrate: --status
  std::filesystem::path copy;          ///< backup and restore: the folder of the backup
  std::filesystem::path new_settings;  ///< databases: --settings; empty: none is written
  operator_call call;                  ///< operate: what the running Nova is asked
  std::vector<std::string> nodes;      ///< certs: --node, once for each
  std::vector<std::string> revoked;    ///< certs: --revoke, once for each
  int days = 365;                      ///< certs: --days
  std::string topic;                   ///< cluster: status, members, shards, move or drain
  std::string domain, receiver;        ///< cluster move: the domain and its next owner
  std::string operations;              ///< cluster: --at, an operations port
  bool json = false;                   ///< cluster: --json
  std::string trace_file;              ///< --trace of serve: spans of requests; empty: none
  config::assignments
      values;  ///< --data, --port and --set NAME=VALUE; they override file and environment
};

/// The options, or the status to end with at once. Help or the example configuration (`doctor --example`) is written to `out`,
/// faults are written to `err`.
std::variant<command_line, int> parse_command_line(int argc, const char* const* argv,
                                                   std::ostream& out, std::ostream& err);

/// Prints one line a problem: `gateway.port: line 3: 70000 must be 0 to 65535`.
void print_problems(const error& e, std::ostream& err);

/// "nova 0.1.0 (release)"
std::string version_text();

}  // namespace nova::config
