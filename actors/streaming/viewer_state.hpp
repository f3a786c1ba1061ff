// How many playback addresses of a stream were in use of late, all gateways together. Part of stream_state; in memory only:
// gateways tell of each address again within seconds.
#pragma once

#include "protocols/core/ids.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>

namespace nova::streaming {

class viewer_count {
 public:
  /// An address counts for this time after a gateway told of it.
  static constexpr unix_ms lives_ms = 15'000;
  static constexpr std::size_t most = 100'000;  ///< addresses of one stream; more are not counted

  /// Addresses that count at `now`. Costs the same for any number of them.
  std::int64_t at(unix_ms now) const;
  /// The same behind add(addresses, now).
  std::int64_t with(std::span<const std::uint64_t> addresses, unix_ms now) const;
  void add(std::span<const std::uint64_t> addresses, unix_ms now);
  void clear();
  std::size_t size() const noexcept { return seen_.size(); }

 private:
  bool counts(std::uint64_t address, unix_ms now) const;
  void sweep(unix_ms now);

  std::unordered_map<std::uint64_t, std::int64_t>
      seen_;  ///< address → second in which it was told last
  std::map<std::int64_t, std::int64_t> per_second_;  ///< addresses told last in that second
};

}  // namespace nova::streaming
