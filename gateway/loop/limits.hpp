// Limits by rate and by count: token buckets for calls, requests and handshakes, and exact counts
// of connections for the process and for each source address. Shared by all I/O threads.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nova::gateway {

using clock_point = std::chrono::steady_clock::time_point;

/// Starts full. Needs one owner or a lock.
class token_bucket {
 public:
  token_bucket() = default;
  token_bucket(double per_s, double burst) : per_s_(per_s), burst_(burst), tokens_(burst) {}
  bool take(clock_point now) noexcept;
  /// Milliseconds until the next take() succeeds; at least 1.
  unsigned wait_ms() const noexcept;
  /// Sets another rate from now on. Keeps the remaining tokens, up to the new burst.
  void change(double per_s, double burst) noexcept;
  bool full(clock_point now) const noexcept;

 private:
  double per_s_ = 0, burst_ = 0, tokens_ = 0;
  clock_point last_{};
};

/// Buckets by key (an address, an account) and class. Bounded: at `max_keys`, keys with only full buckets are
/// forgotten. If there is no such key, a new key is refused.
class keyed_buckets {
 public:
  struct rate {
    double per_s = 0;  ///< 0: unlimited
    double burst = 0;
  };
  static constexpr std::size_t classes = 5;  ///< of rpc::rate_class
  using rates = std::array<rate, classes>;
  keyed_buckets(const rates& of_classes, std::size_t max_keys);
  /// Any thread.
  void change(const rates& of_classes);

  /// Milliseconds to wait when the key has used up its rate.
  std::optional<unsigned> take(std::string_view key, std::size_t rate_class, clock_point now);

 private:
  struct hash : std::hash<std::string_view> {
    using is_transparent = void;  ///< looks up a known key without a copy
  };
  struct shard {
    std::mutex mutex;
    keyed_buckets::rates rates;
    std::unordered_map<std::string, std::array<token_bucket, classes>, hash, std::equal_to<>> keys;
  };
  void forget_full(shard& in, clock_point now);
  static constexpr std::size_t shard_count = 16;
  std::size_t max_keys_per_shard_;
  std::array<shard, shard_count> shards_;
};

class limits;

/// One counted connection; the destructor gives its place back.
class connection_lease {
 public:
  connection_lease() = default;
  connection_lease(limits& owner, std::string address, bool proxy)
      : owner_(&owner), address_(std::move(address)), proxy_(proxy) {}
  connection_lease(connection_lease&& other) noexcept { *this = std::move(other); }
  connection_lease& operator=(connection_lease&& other) noexcept;
  ~connection_lease() { release(); }
  /// The client's address: the peer, or the client that a listed proxy names.
  const std::string& address() const noexcept { return address_; }
  bool proxy() const noexcept { return proxy_; }
  /// Only for a proxy's connection, which counts for no address.
  void speak_for(std::string client) { address_ = std::move(client); }

 private:
  void release() noexcept;
  limits* owner_ = nullptr;
  std::string address_;
  bool proxy_ = false;
};

/// Each address is counted exactly. IPv6 addresses may count together by their first `ipv6_prefix_bits`.
class limits {
 public:
  explicit limits(const config::gateway_settings& settings);
  /// Takes the live limits: for connections from the next one on, for rates from the next request on. Any thread.
  void change(const config::gateway_settings& settings);

  enum class refused { none, total, address };
  /// `proxy`: the connections of a listed proxy belong to many clients, so they count only in the total.
  refused admit(const std::string& address, connection_lease& to, bool proxy = false);
  std::size_t connections() const;
  /// Waits until no connection is left. False: `until` was reached first.
  bool wait_for_none(clock_point until);

  /// False: too many sockets wait for their session.open. Each success needs one call of
  /// leave_unauthenticated().
  bool enter_unauthenticated();
  void leave_unauthenticated();

  /// Milliseconds to wait, when the address or the account has used up its rate.
  std::optional<unsigned> address_request(rpc::rate_class c, const std::string& address,
                                          clock_point now);
  std::optional<unsigned> account_request(rpc::rate_class c, const uuid& account, clock_point now);
  std::optional<unsigned> handshake(const std::string& address, clock_point now);
  /// False: the address has used up its TLS handshakes.
  bool tls_handshake(const std::string& address, clock_point now);

 private:
  friend class connection_lease;
  void leave(const std::string& address, bool proxy) noexcept;
  std::string key_of(const std::string& address) const;
  const unsigned ipv6_prefix_bits_;
  mutable std::mutex mutex_;
  std::size_t max_total_, max_per_address_, max_unauthenticated_;
  std::condition_variable none_left_;
  std::size_t total_ = 0, unauthenticated_ = 0;
  std::unordered_map<std::string, std::size_t> per_address_;
  keyed_buckets addresses_, accounts_, handshakes_;
};

}  // namespace nova::gateway
