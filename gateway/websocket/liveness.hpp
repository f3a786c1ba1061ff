// Detects a client that has vanished: pings after silence. Also limits the client's
// own pings. Owned by websocket_connection.
#pragma once

#include "gateway/loop/io_thread.hpp"
#include "gateway/loop/limits.hpp"

#include <chrono>

namespace nova::gateway {

class liveness {
 public:
  liveness(const config::gateway_settings& settings, time_point now)
      : interval_(settings.ping_interval_ms),
        pings_(settings.max_pings_per_s, 10.0 * settings.max_pings_per_s),
        last_heard_(now),
        ping_at_(now + interval_) {}

  /// Call when any byte came from the client.
  void heard(time_point now) noexcept {
    last_heard_ = now;
    missed_ = 0;
  }
  /// Call when a ping or pong came. False: more than `max_pings_per_s` allows.
  bool may_ping(time_point now) noexcept { return pings_.take(now); }

  enum class due : std::uint8_t { nothing, ping, gone };
  /// After `tolerated` pings without an answer the client is gone.
  due check(time_point now) noexcept;
  time_point deadline() const noexcept { return ping_at_; }

  static constexpr unsigned tolerated = 2;

 private:
  std::chrono::milliseconds interval_;
  token_bucket pings_;
  unsigned missed_ = 0;
  time_point last_heard_, ping_at_;
};

inline liveness::due liveness::check(time_point now) noexcept {
  if (now < ping_at_) return due::nothing;
  ping_at_ = last_heard_ + interval_ * (1 + missed_);
  if (now < ping_at_) return due::nothing;
  if (missed_++ >= tolerated) return due::gone;
  ping_at_ = now + interval_;
  return due::ping;
}

}  // namespace nova::gateway
