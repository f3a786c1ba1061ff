// The environment of a scenario: a Nova that is started or given, accounts, and the CPU time of each side. Used by every
// scenario.
#pragma once

#include "tests/support/client/account.hpp"
#include "tests/support/client/io_thread.hpp"
#include "tests/support/server_process.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

/// Options of all scenarios; each scenario uses some of them.
struct run_options {
  std::size_t sockets = 64;
  std::size_t window = 16;
  double rate = 0;  ///< intended operations a second, open loop; 0: as fast as the window allows
  double seconds = 10;
  double warm_up_seconds = 2;
  double reference_seconds = 4;  ///< 0: no reference
  std::size_t text_bytes = 100;
  std::size_t members = 0;  ///< accounts of a room; 0: at most 200, which the sockets share
  std::uint64_t entities =
      0;  ///< largest number of entities in activation and growth; 0: the scenario's own
  std::string corpus;  ///< search: a file of corpus.py; empty: made texts
  std::string data;    ///< data folder of the started server, kept; empty: a new one, removed later
  bool tiny = false;   ///< a short run: only checks that the scenario works
  bool all = false;    ///< durable-send and fanout: all their sockets and windows in one run
  std::string against;      ///< durable-send and fanout: RIVAL=ws://HOST:PORT instead of Nova
  std::string against_key;  ///< the key by which the rival knows its clients
  std::vector<int>
      against_pids;  ///< process ids of the rival, for CPU and memory; the second is the postmaster of its PostgreSQL
  std::uint16_t port = 0;  ///< of a running server; 0: start one
  std::vector<std::pair<std::string, std::string>>
      environment;  ///< settings of the started server, as environment
};

/// CPU seconds since a common moment, by side.
struct cpu_split {
  double client = 0, server = 0, postgres = 0;
  cpu_split operator-(const cpu_split& o) const {
    return {client - o.client, server - o.server, postgres - o.postgres};
  }
};

/// Of a server that takes sign-ins as fast as they come.
run_options without_sign_in_limits(run_options options);

class stage {
 public:
  explicit stage(const run_options& options);
  virtual ~stage();

  /// Starts the server unless the options name one. False: `problem` says why.
  virtual bool open(std::string& problem);
  /// Where socket `number` connects. Several gateways take turns.
  virtual client::endpoint at(std::size_t number = 0) const;
  client::io_thread& io() { return io_; }

  /// Returns `count` accounts with valid access tokens. Accounts of an earlier run on the same data folder are used again,
  /// because their refresh tokens cost no password hash. The others are registered. Empty: refused.
  std::vector<client::account> accounts(std::size_t count);

  /// The administrator's connection string to the started server's database of `domain`, for seeding rows in bulk. Empty: the
  /// server was not started here.
  virtual std::string admin_conninfo(const std::string& domain) const;

  virtual cpu_split cpu() const;
  /// Resident memory of the server's processes, bytes; 0 for a server that was not started here.
  virtual std::uint64_t server_rss() const;
  /// User-space memory of the server process that is not shared with files (RssAnon), bytes.
  std::uint64_t server_anonymous() const;
  client::server_process* server() { return server_.get(); }

 protected:
  struct no_server {};
  stage(const run_options& options, no_server) : options_(options) {}
  const run_options& options() const { return options_; }

 private:
  std::string accounts_file() const;
  std::vector<client::account> kept_accounts(std::size_t most);
  void keep(const std::vector<client::account>& accounts) const;

  run_options options_;
  std::unique_ptr<client::server_process> server_;
  client::io_thread io_;
};

/// The administrator's connection string to a database of the embedded PostgreSQL in a data folder.
std::string admin_conninfo(const std::string& data, const std::string& database);
/// Makes the server write its changed pages to disk. True when they are on disk.
bool checkpoint(const std::string& admin_conninfo);

std::uint64_t now_us();
/// CPU seconds that this process has used.
double own_cpu();

/// Raises the limit of open files as far as possible. False when the limit stays below `wanted`.
bool allow_files(std::size_t wanted);

}  // namespace nova::bench
