// Identifiers: UUIDv7 (RFC 9562), 16 bytes inside and 36 characters at the edge. Also the two injected sources of time and
// randomness for domain and runtime code; with them a simulation can replay a run bit by bit.
#pragma once

#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_hash.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nova {

using uuid = boost::uuids::uuid;

/// 36 characters, lower case.
std::string to_string(const uuid& id);

/// Accepts exactly the 36-character form, in upper or lower case. Every other text gives an empty result.
std::optional<uuid> parse_uuid(std::string_view text);

/// Wall time: milliseconds since 1970-01-01T00:00:00Z.
using unix_ms = std::int64_t;

/// `2026-11-23T02:42:13.123Z`
std::string format_rfc3339(unix_ms t);
std::optional<unix_ms> parse_rfc3339(std::string_view text);

/// The source of wall time. Injected; in production the system's clock.
class wall_clock {
 public:
  virtual ~wall_clock() = default;
  virtual unix_ms now() const = 0;
};

/// The source of randomness. Injected; in production the kernel's generator (libsodium). Thread-safe.
class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::uint64_t next_u64();
};

/// A new UUIDv7: 48 bits of `now`, 74 random bits.
uuid make_uuid_v7(unix_ms now, random_source& random);

const wall_clock& system_wall_clock();
random_source& system_random();

/// Stable 64-bit hash of an entity key. Shards are assigned by this hash, so the function never changes.
std::uint64_t stable_hash(std::string_view key) noexcept;

}  // namespace nova
