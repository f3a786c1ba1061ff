// Identifiers: UUIDv7 (RFC 9562) as 16 bytes inside, as 36 characters at the edge; and the two injected sources that
// domain and runtime code take time and randomness from, so that a simulation can replay to the bit.
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

/// Accepts exactly the 36-character form in either case; anything else is empty.
std::optional<uuid> parse_uuid(std::string_view text);

/// Wall time: milliseconds since 1970-01-01T00:00:00Z.
using unix_ms = std::int64_t;

/// `2026-11-23T02:42:13.123Z`
std::string format_rfc3339(unix_ms t);
std::optional<unix_ms> parse_rfc3339(std::string_view text);

/// Where wall time comes from. Injected; the system's clock in production.
class wall_clock {
 public:
  virtual ~wall_clock() = default;
  virtual unix_ms now() const = 0;
};

/// Where randomness comes from. Injected; the kernel's generator (libsodium) in production. Thread-safe.
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

/// Stable 64-bit hash of an entity key (XXH64-like quality is enough; never changes: shards are assigned by it).
std::uint64_t stable_hash(std::string_view key) noexcept;

}  // namespace nova
