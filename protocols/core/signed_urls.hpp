// Signed addresses: with one, the thing that it names can be read without a token until it ends. Signed by the domain that has decided
// (media), verified by the gateway; the key is of the installation, so they outlive a restart.
#pragma once

#include "protocols/core/ids.hpp"

#include <array>
#include <string>
#include <string_view>

namespace nova {

class url_signer {
 public:
  /// `secret`: at least 32 bytes; throws std::invalid_argument for a shorter one.
  explicit url_signer(std::string_view secret);

  /// `path` with the query `until=SECONDS&sig=…`. It ends `ttl_s` to 1.125 × `ttl_s` from now: addresses that are made within an
  /// eighth of that time are equal, so that caches can use them.
  std::string sign(std::string_view path, unix_ms now, std::uint32_t ttl_s) const;
  /// True when `sig` was made for this path and end, and the end has not come.
  bool good(std::string_view path, std::string_view until, std::string_view sig, unix_ms now) const;

 private:
  std::string signature(std::string_view path, std::string_view until) const;
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace nova
