// Content refuses the follows of some accounts while the faults strike: they become dead letters, and what has their key waits
// behind them. Used by the crash run.
#pragma once

#include "tests/crash/database_audit.hpp"

#include <functional>
#include <map>
#include <string>

namespace nova::crash {

class poisoned_follows {
 public:
  /// From now on. False: `why` says what failed.
  bool begin(const database_audit& audit, std::string& why);

  /// When all events are taken: false when a letter is not of the poison, or a refused follow is no letter.
  bool judge(const database_audit& audit, std::string& why);
  /// Takes the poison away and has all letters tried again by `retry`, which takes a letter's name.
  bool cure(const database_audit& audit, const std::function<void(const std::string&)>& retry,
            std::string& why) const;

  std::size_t refused() const noexcept { return refused_; }  ///< after judge()
  std::size_t behind() const noexcept { return behind_; }

 private:
  std::string accounts_;                      ///< whom no follow may name, as a list of SQL
  std::map<std::string, std::int64_t> last_;  ///< by shard of user: events of before
  std::size_t refused_ = 0, behind_ = 0;
};

}  // namespace nova::crash
