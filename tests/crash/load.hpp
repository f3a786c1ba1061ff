// The load on a running Nova with all that it was told, how it comes to rest, and how it is judged. Used by the crash test and by the
// nemesis, which harm Nova meanwhile.
#pragma once

#include "tests/crash/checker.hpp"
#include "tests/crash/database_audit.hpp"
#include "tests/crash/side_load.hpp"
#include "tests/crash/workload.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::crash {

struct load_report {
  std::string failed;            ///< why the run could not be brought to its end; empty: it was
  std::vector<violation> found;  ///< by the checker
  workload_counts counts;
  std::size_t messages = 0, changes = 0, marks = 0, member_changes = 0, blocks = 0, accounts = 0,
              devices = 0;
  std::int64_t events = 0;  ///< in the outboxes of all domains

  bool sound() const { return failed.empty() && found.empty(); }
  /// Violations of one kind.
  std::size_t count(fault f) const;
};

/// What each device was told, one line an event: to see how a violation came about.
void write_streams(const history& h, const std::string& file);

/// Counts, closes, refusals and the first violations, on stdout.
void print(const load_report& r);

class load {
 public:
  explicit load(workload_options options) : options_(std::move(options)) {}

  /// Registers everybody, opens the sockets and begins. False: `why` says what failed.
  bool begin(std::string& why);
  std::uint64_t acked() { return sockets_->counts().acked_sends; }
  /// Before judge().
  workload_counts counts() { return sockets_ ? sockets_->counts() : workload_counts(); }
  /// Goes on for so long, or until so many more sends are acknowledged; how many were.
  std::uint64_t acked_within(std::chrono::milliseconds time, std::uint64_t enough = no_end);
  void move_to(const client::endpoint& to, bool stubborn_too);
  /// Some devices stop reading until one of them is closed with 4008, then go on. How many were closed; 0: none within six tries.
  std::uint64_t slow_down();

  /// Ends the load and reads what is there at rest, over HTTP at `at` and by SQL. `taken` is called when all events are taken; what
  /// it brings about is read. False: `why` says what failed.
  bool rest(const database_audit& audit, const client::endpoint& at, std::string& why,
            const std::function<bool(std::string& why)>& taken = {});
  /// Ends the sockets and lets the checker judge. After rest().
  void judge(load_report& into);

  workload& sockets() noexcept { return *sockets_; }
  client::io_thread& io() noexcept { return io_; }
  history& record() noexcept { return record_; }
  /// All who were registered, with their passwords. After rest().
  const std::vector<client::account>& everybody() const noexcept { return everybody_; }

 private:
  static constexpr std::uint64_t no_end = 1'000'000;

  const workload_options options_;
  history record_;
  client::io_thread io_;
  std::unique_ptr<workload> sockets_;
  std::unique_ptr<side_load> side_;
  std::vector<const client::account*> blocked_;
  std::vector<client::account> everybody_;
};

}  // namespace nova::crash
