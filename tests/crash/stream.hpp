// What one device's stream says, and how far it has followed it: shared by the crash test's workload and the simulated devices.
#pragma once

#include "tests/crash/history.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nova::crash {

/// A push as its params are written in JSON. Nothing: not one that the checker judges.
std::optional<stream_event> read_push(std::string_view method, std::string_view params);

/// What a device has seen of each conversation.
class seen_marks {
 public:
  struct mark {
    std::int64_t seq = 0, rev = 0;
  };

  /// From its beginning, if nothing of it was seen so far.
  void follow(const std::string& conversation) { marks_[conversation]; }
  void take(const stream_event& e);
  mark of(const std::string& conversation) const;
  /// `resume.seen` of session.open, as JSON.
  std::string text() const;

 private:
  std::map<std::string, mark> marks_;  ///< by conversation
};

}  // namespace nova::crash
