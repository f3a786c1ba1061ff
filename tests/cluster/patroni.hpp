// Three PostgreSQL servers with Patroni and etcd on loopback, by the settings files of config/cluster. Each machine is an address
// of its own in 127.0.0.0/8, with the same ports. Used by patroni_flow_test.
#pragma once

#include "tests/crash/replicated_servers.hpp"

#include <sys/types.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace nova::cluster {

struct patroni_options {
  int ttl_s = 6;  ///< how long a primary that says nothing stays the primary
  int retry_s = 2;
};

/// All calls come from one thread: the processes die with the thread that starts them.
class patroni final : public crash::replicated_servers {
 public:
  /// The programs that are not installed here, with commas; empty: all are.
  static std::string missing();

  explicit patroni(patroni_options options = {});
  ~patroni() override;
  patroni(const patroni&) = delete;
  patroni& operator=(const patroni&) = delete;

  /// Starts all, and makes Nova's databases by `nova databases`.
  bool start(std::string& why);

  std::string settings_file() const override { return folder_ + "/nova.toml"; }
  std::string conninfo(const std::string& database) const override;
  bool await_whole(std::string& why) override;
  bool replace_primary(crash::replacement how, std::string& why) override;
  bool give_back(std::string& why) override;

  /// The last lines of each Patroni's log.
  std::string logs() const;

 private:
  struct machine {
    std::string name, folder, address;
    pid_t etcd = 0, agent = 0;
  };

  bool take_network();
  bool write_files(machine& m, std::string& why) const;
  std::string translated(const machine& m, const std::string& file) const;
  pid_t spawn(const machine& m, const std::vector<std::string>& words,
              const std::string& log) const;
  void start_agent(machine& m);
  static pid_t postmaster(const machine& m);
  bool make_databases(std::string& why) const;
  std::string conninfo(const machine& m, const std::string& database) const;
  /// The server that is the primary by its own account; machines_.size(): none, or only the struck one.
  std::size_t find_primary() const;
  /// By Patroni's own account all three serve on one timeline, and one may take over.
  bool agree() const;
  void switch_over(const machine& m);

  patroni_options options_;
  std::string folder_, network_;  ///< "127.x.y."
  std::array<machine, 3> machines_;
  pid_t control_ = 0;                      ///< patronictl, while it switches over
  std::size_t struck_ = machines_.size();  ///< this one, until give_back()
  crash::replacement how_ = crash::replacement::switched;
};

}  // namespace nova::cluster
