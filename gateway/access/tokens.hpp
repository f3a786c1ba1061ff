// Local verification of access tokens: auth's public keys, kept fresh over the bus, and the
// sessions that were revoked while their tokens were still alive. Shared by all I/O threads;
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

/// Who a valid access token speaks for.
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

  /// Where keys and revocations are asked for; until they came nothing is verified.
  void connect(rpc::bus& bus);
  /// No more questions; waiting verifications are answered.
  void disconnect();

  /// Answers `unauthenticated`, `token_expired` or, until keys and revocations are known,
  /// `unavailable`: after a restart a revoked token is never taken for a good one.
  /// `done` is called at once, or, when the token names an unknown key, after the keys were read
  /// again: then on any thread.
  void verify(std::string_view token, verified done);

  /// Asks for the keys when they are due, and for the revocations until they have come. Called
  /// about each second.
  void tick();

  void revoke(const uuid& session, unix_ms until);
  bool revoked(const uuid& session) const;
  /// Keys and revocations are known.
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
  bool asking_ = false, asking_revocations_ = false;
  std::chrono::steady_clock::time_point last_asked_{};
  std::vector<waiting> waiting_;  ///< at most max_waiting, then refused
  mutable std::shared_mutex revoked_mutex_;
  std::unordered_map<uuid, unix_ms, boost::hash<uuid>> revoked_;
};

}  // namespace nova::gateway
