// Replaces the programs of the test bed's nodes by those of another release, one by one, and says whether that went as an upgrade must.
// Used by nemesis.cpp.
#pragma once

#include "tests/nemesis/bed.hpp"
#include "tests/nemesis/nemesis.hpp"

#include <map>
#include <string>
#include <vector>

namespace nova::nemesis {

class rolling_upgrade {
 public:
  /// `next`: empty for the program that the build made.
  rolling_upgrade(bed& b, std::string previous, std::string next);

  /// Under load, while all nodes run the previous release. False, here and below: `why` says what failed.
  bool begin(std::string& why);
  std::size_t first_of_previous() const;
  /// SIGTERM, then the other program with the same name and data; waits until the node is ready and has its parts.
  bool replace(std::size_t i, bool to_next, std::string& detail, std::string& why);
  /// Under load, at the end: no socket was closed with another code than the one that says to resume. By close code.
  static bool judge_closes(const std::map<int, std::uint64_t>& closes, std::string& why);
  /// At rest: each node says that it is the new release, the new migrations were applied once, and no operation was refused that the
  /// client cannot repeat.
  bool judge(nemesis_report& report, const crash::history& record, std::string& why);

 private:
  struct release {
    std::string binary;
    std::string version = {};  ///< as it says itself
  };
  /// Of all databases: "messaging: runtime/0001_runtime" → when it was applied.
  using applied = std::map<std::string, std::string>;
  bool read_applied(applied& into, std::string& why);
  /// Node i runs the next release: it alone has applied what is new of domains that none of their nodes had begun as this release.
  bool note_applied(std::size_t i, std::string& why);
  bool judge_migrations(nemesis_report& report, std::string& why);
  bool judge_releases(nemesis_report& report, std::string& why);

  bed& bed_;
  release previous_, next_;
  std::vector<bool> upgraded_;
  std::vector<bool> began_;  ///< the nodes that have run the next release, if only for a while
  applied before_;           ///< the previous release's
  applied after_;            ///< when the last node of the next release was ready
};

}  // namespace nova::nemesis
