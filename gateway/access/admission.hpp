// Decides whether a call may go to the bus, by the same rules for HTTP and sockets: caller, rate, deadline.
// Used by http_exchange, socket_session and tokens.
#pragma once

#include "gateway/access/tokens.hpp"
#include "gateway/loop/limits.hpp"

#include <string>
#include <string_view>

namespace nova::gateway {

/// The token of `Bearer TOKEN`; empty: none or another scheme.
std::string_view bearer_token(std::string_view authorization) noexcept;

rpc::caller caller_of(const principal& p);

/// The only way to build a call. Its deadline is the method's, counted from `now`; the generator
/// fills in 5 s where a method declares no deadline. The caller of this function sets `request` and `reply`.
rpc::call make_call(const rpc::method& method, rpc::caller from, std::string request_id,
                    clock_point now);

/// The rate classes. Each class has one bucket for each address and one for each account. Calls of
/// both transports count in the same buckets.
class admission {
 public:
  explicit admission(limits& counts) : counts_(counts) {}

  /// `rate_limited` when the address has used up the class of the method.
  result<void> by_address(const rpc::method& method, const std::string& address, clock_point now);
  /// `rate_limited` when the account has used up the class of the method.
  result<void> by_account(const rpc::method& method, const uuid& account, clock_point now);

 private:
  limits& counts_;
};

/// The rate of one socket over all methods, and the number of refused calls that counts as abuse.
class socket_rate {
 public:
  explicit socket_rate(const config::gateway_settings& settings)
      : bucket_(settings.calls_per_s, settings.calls_burst),
        max_refused_(settings.max_refused_calls) {}

  result<void> take(clock_point now);
  /// Counts a refusal by rate, of any bucket. True: more than `max_refused_calls` refusals in
  /// 10 s, so close the socket.
  bool abused(clock_point now);

 private:
  token_bucket bucket_;
  unsigned max_refused_, refused_ = 0;
  clock_point refused_since_{};
};

}  // namespace nova::gateway
