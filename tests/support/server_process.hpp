// The real `nova serve` as a child process, with its data folder and its embedded PostgreSQL, and the ways to harm them.
// Used by flow tests, the crash test and the bench; knows nothing of Nova's inside but the ready line and the place of
// postmaster.pid.
#pragma once

#include "tests/support/client/http.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nova::client {

struct server_options {
  std::string binary =
      {};  ///< empty: environment NOVA_BINARY, else what the build was configured with
  std::string data = {};           ///< empty: a folder of its own below TMPDIR, removed at the end
  std::string copy_of = {};        ///< a data folder to begin with a copy of; its server is stopped
  std::uint16_t port = 0;          ///< 0: the server chooses; kept by later starts
  std::string host = "127.0.0.1";  ///< where its gateway or its operations pages are reached
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<std::string> arguments = {};  ///< further ones of `nova serve`
  std::chrono::milliseconds ready_within = std::chrono::seconds(60);
};

/// The `nova` that server_options without a binary starts.
std::string default_binary();
/// A port of loopback that was free a moment ago, and that no outgoing connection is given. Processes of tests get different ones.
std::uint16_t free_port();
/// Adds the settings by which a node finds the domain's database: with the rights of its service, and of its owner.
void add_database(std::vector<std::pair<std::string, std::string>>& environment, std::string domain,
                  const std::string& conninfo, const std::string& owner_conninfo);

class server_process {
 public:
  explicit server_process(server_options options = {});
  /// Stops in order if it can, else kills; ends a PostgreSQL that was left; removes its own folder.
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  /// Starts it and waits for the ready line; the server dies with the thread that calls this. False: it ended or stayed silent; `problem()` says what was seen.
  bool start() { return begin() && await(); }
  /// The two halves of start(), for several processes that come up together.
  bool begin();
  bool await();
  /// SIGTERM. The exit status, or -1 when it had to be killed after `within`.
  int stop(std::chrono::milliseconds within = std::chrono::seconds(15));
  /// SIGKILL to the server alone; PostgreSQL is left as it is.
  void kill();
  /// SIGQUIT to the postmaster (an immediate stop). False when none is running.
  bool stop_postgres_immediately();
  /// SIGSTOP and SIGCONT to the postmaster and all its processes: a disk that does not answer. False when none is running.
  bool pause_postgres();
  void resume_postgres();
  void pause();   ///< SIGSTOP
  void resume();  ///< SIGCONT

  bool running() const;
  endpoint at() const;
  pid_t pid() const noexcept { return pid_; }
  /// 0 when none is running.
  pid_t postmaster() const;
  const std::string& data() const noexcept { return data_; }
  const std::string& problem() const noexcept { return problem_; }
  /// The last part of what it wrote to stderr.
  std::string log_tail(std::size_t bytes = 4000) const;

 private:
  bool copy();
  void end_postgres();

  server_options options_;
  std::string data_, log_, problem_;
  bool own_data_ = false;
  pid_t pid_ = 0;
  int pidfd_ = -1, out_ = -1;
};

/// Sends a signal to a process, then to each of its children. False when there is no such process.
bool signal_family(pid_t parent, int signal);

/// What a process has used so far. All zero when it is gone.
struct process_usage {
  double cpu_seconds = 0;  ///< user and system, all threads
  std::uint64_t rss_bytes = 0;
};
process_usage usage_of(pid_t pid);
/// A process and its children, ended children included.
process_usage usage_of_family(pid_t parent);

}  // namespace nova::client
