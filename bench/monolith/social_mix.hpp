// The load of the scenario `social`: 1 login, 9 profile updates, 20 posts and 70 feed pages of a hundred requests, by clients that each
// wait for their answer. It drives Nova and the monolith alike.
#pragma once

#include "bench/support/report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

/// The content of both systems before the load.
struct social_world {
  std::size_t accounts = 0;
  std::size_t follows = 8;  ///< of each account: the accounts that come after it, in a ring
  std::size_t posts = 4;    ///< of each account
  std::string password;
};

enum class social_kind : std::uint8_t { login, profile, post, feed };
inline constexpr std::size_t social_kinds = 4;
const char* name_of(social_kind k) noexcept;

/// One client; one request at a time. False: refused.
class social_client {
 public:
  virtual ~social_client() = default;
  /// Of account number `account`. `n` makes the request's text different from all others.
  virtual bool request(social_kind kind, std::size_t account, std::uint64_t n) = 0;
};

/// Answered profile updates of one account in one run.
struct updates_made {
  std::uint64_t count = 0;
  std::uint64_t last = 0;  ///< the `n` of the last one
};

class social_system {
 public:
  virtual ~social_system() = default;
  /// Null: no client can be had.
  virtual std::unique_ptr<social_client> connect() = 0;
  /// Profile updates since the call before that were answered and are not there. `made`: by account number.
  virtual std::uint64_t lost_updates(const std::vector<updates_made>& made) = 0;
  /// CPU of the servers since their start.
  virtual double cpu_seconds() const = 0;
};

struct mix_result {
  double per_s = 0;
  double cpu_ms_each = 0;
  std::array<latencies, social_kinds> took;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;
};

/// Runs `lanes` clients for so long. Lane i updates the profile of account i only; all else is about any account.
mix_result run_mix(social_system& system, std::size_t lanes, std::size_t accounts, double seconds);

}  // namespace nova::bench
