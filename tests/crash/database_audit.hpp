// What only the databases of a running Nova show: whether a lane wrote after it had lost its shards, and whether all events
// were taken. Enters the embedded server as its administrator, by the files in the data folder. Used by the crash test.
#pragma once

#include "tests/crash/history.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::crash {

class database_audit {
 public:
  /// `data`: the data folder of the Nova whose embedded server holds all domains.
  explicit database_audit(std::string data) : data_(std::move(data)) {}
  /// `administrator`: the connection string of a database's administrator, by the database's name.
  explicit database_audit(std::function<std::string(const std::string&)> administrator)
      : administrator_(std::move(administrator)) {}

  /// Puts a trigger on every table that a lane writes: a write under a lane that is fenced at that moment is remembered.
  /// To be called when migrations are done. False: `why` says what failed.
  bool install(std::string& why) const;
  /// Waits until every consumer has taken all events, at most a few seconds, then reads everything.
  bool read(database_record& into, std::string& why) const;

  /// How many events all domains have committed; below 0: `why` says what failed.
  std::int64_t events(std::string& why) const;
  /// Locks the member rows whose marks moved last, until the result goes. Null: `why` says what failed.
  std::shared_ptr<void> lock_members(std::string& why) const;
  /// Commits wait for a standby of this name from a moment later on; empty: for none.
  bool wait_for_standby(const std::string& name, std::string& why) const;
  /// Ends messaging's sessions that wait for a standby.
  bool end_waiting_commits(std::string& why) const;

  /// How another Nova reaches the same databases: settings' variables and values.
  std::vector<std::pair<std::string, std::string>> settings_for_another() const;
  /// Connection string of a domain's database. `role` counts for the embedded server only.
  std::string conninfo(const std::string& domain, const std::string& role) const;

 private:
  bool read_once(database_record& into, std::string& why) const;

  std::string data_;
  std::function<std::string(const std::string&)> administrator_;
};

}  // namespace nova::crash
