// Local verification of access tokens. Holds auth's public keys, refreshed over the bus, and the revoked
// sessions whose tokens have not expired. Shared by all I/O threads;
// started and ticked by server.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "protocols/core/bus.hpp"
#include "protocols/core/jwt.hpp"
#include "protocols/core/published.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace nova::gateway {

/// The owner of a valid access token.
struct principal {
  uuid account{};
  uuid session{};
  unix_ms expires_at = 0;
};

using monotonic_clock = std::function<std::chrono::steady_clock::time_point()>;

class tokens : public std::enable_shared_from_this<tokens> {
 public:
  using verified = std::function<void(result<principal>)>;

  tokens(const config::gateway_settings& settings, const wall_clock& wall,
         monotonic_clock now = &std::chrono::steady_clock::now);

  /// Called for a session that read_revocations() finds. Set before connect().
  std::function<void(const uuid& session)> found_revoked;

  /// Sets the bus for requests of keys and revocations. No token is verified before both have come.
  void connect(rpc::bus& bus);
  /// Ends the requests; waiting verifications are answered.
  void disconnect();

  /// Errors: `unauthenticated`, `token_expired`, and `unavailable` until keys and revocations are known.
  /// So a revoked token is never accepted after a restart.
  /// `done` is called at once. If the token names an unknown key, `done` is called after the keys were
  /// read again, on any thread.
  void verify(std::string_view token, verified done);

  /// Requests the keys when they are due, and the revocations until they have come. Called
  /// about once a second.
  void tick();

  void revoke(const uuid& session, unix_ms until);
  /// Requests the revocations again, because some may not have been told. Those that are known stay in force.
  void read_revocations();
  bool revoked(const uuid& session) const;
  /// True when keys and revocations are known.
  bool ready() const;

 private:
  struct waiting {
    std::string token;
    verified done;
  };
  rpc::call question(const rpc::method& method, rpc::reply_fn reply) const;
  result<principal> check(std::string_view token) const;
  void set_keys(key_set keys);
  bool have_keys() const;
  bool may_ask_again();
  void ask_keys();
  void ask_revocations();
  void keys_answered(rpc::reply_result reply);
  void revocations_answered(const rpc::reply_result& reply);
  void answer_waiting();

  const config::gateway_settings& settings_;
  const wall_clock& wall_;
  const monotonic_clock now_;
  const rpc::method& keys_method_;
  const rpc::method& revocations_method_;
  jwt_policy policy_;
  published<key_set> keys_;
  std::atomic<bool> revocations_known_{false};
  std::mutex mutex_;
  rpc::bus* bus_ = nullptr;
  bool asking_ = false, asking_revocations_ = false, revocations_wanted_ = false;
  std::chrono::steady_clock::time_point last_asked_{};
  std::vector<waiting> waiting_;  ///< at most max_waiting; more are refused
  mutable std::shared_mutex revoked_mutex_;
  std::unordered_map<uuid, unix_ms, boost::hash<uuid>> revoked_;
};

}  // namespace nova::gateway
