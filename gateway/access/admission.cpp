#include "gateway/access/admission.hpp"

#include "protocols/core/text.hpp"

namespace nova::gateway {
namespace {

result<void> outcome(std::optional<unsigned> wait_ms) {
  if (wait_ms) return make_error(errc::rate_limited, {}, *wait_ms);
  return {};
}

}  // namespace

std::string_view bearer_token(std::string_view authorization) noexcept {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() <= scheme.size() ||
      !same_ignoring_case(authorization.substr(0, scheme.size()), scheme))
    return {};
  authorization.remove_prefix(scheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

rpc::caller caller_of(const principal& p) {
  rpc::caller out;
  out.kind = rpc::caller_kind::user;
  out.account = p.account;
  out.session = p.session;
  return out;
}

rpc::call make_call(const rpc::method& method, rpc::caller from, std::string request_id,
                    clock_point now) {
  rpc::call out;
  out.method = &method;
  out.caller = std::move(from);
  out.request_id = std::move(request_id);
  out.deadline = now + std::chrono::milliseconds(method.deadline_ms);
  return out;
}

result<void> admission::by_address(const rpc::method& method, const std::string& address,
                                   clock_point now) {
  return outcome(counts_.address_request(method.rate, address, now));
}

result<void> admission::by_account(const rpc::method& method, const uuid& account,
                                   clock_point now) {
  return outcome(counts_.account_request(method.rate, account, now));
}

result<void> socket_rate::take(clock_point now) {
  if (bucket_.take(now)) return {};
  return outcome(bucket_.wait_ms());
}

bool socket_rate::abused(clock_point now) {
  constexpr auto window = std::chrono::seconds(10);
  if (now - refused_since_ >= window) {
    refused_since_ = now;
    refused_ = 0;
  }
  return ++refused_ > max_refused_;
}

}  // namespace nova::gateway
