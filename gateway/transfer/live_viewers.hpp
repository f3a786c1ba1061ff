// The playback addresses that this edge has seen of late, by stream. Used by live_play of all I/O threads.
#pragma once

#include "protocols/core/ids.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nova::gateway {

class live_viewers {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  /// An address that is used on is told again after this time. With `between_tells` it bounds by how much the domain errs about the
  /// last use: an address counts for 15 s behind it, exact to 2 s.
  static constexpr std::chrono::seconds told_again{1};
  static constexpr std::chrono::seconds kept{15};          ///< an address that is not used any more
  static constexpr std::chrono::seconds between_tells{2};  ///< of one stream
  static constexpr std::size_t most_streams = 10'000, most_viewers = 100'000;  ///< of one stream

  struct tell {
    std::vector<std::uint64_t> addresses;  ///< hashes of those in use
    std::vector<uuid> accounts;            ///< signed-in viewers since the last tell
  };
  /// A playlist was fetched. A value: it is time to tell the stream's domain. Thread-safe.
  std::optional<tell> seen(const std::string& stream, const std::string& token, time_point now);

 private:
  struct stream {
    std::unordered_map<std::uint64_t, time_point> told_at;
    std::vector<std::uint64_t> due;  ///< seen and not told
    std::vector<uuid> accounts;
    time_point told{};
  };
  std::mutex mutex_;
  std::map<std::string, stream, std::less<>> streams_;
};

}  // namespace nova::gateway
