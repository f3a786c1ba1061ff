#include "gateway/session/request_log.hpp"

#include "gateway/loop/io_thread.hpp"
#include "protocols/core/log.hpp"

namespace nova::gateway {
namespace {

constexpr int first_failure = 400;
constexpr std::size_t max_method_bytes = 128;

}  // namespace

bool request_is_logged(int status) {
  return log::writes(log::level::debug) ||
         (status >= first_failure && log::writes(log::level::info));
}

void log_request(io_thread& thread, const request_facts& f) {
  const bool failed = f.status >= first_failure;
  if (failed && !log::writes(log::level::debug) && !thread.may_log()) return;
  const auto took_us = std::chrono::duration_cast<std::chrono::microseconds>(f.took).count();
  const log::fields fields = {
      {"transport", f.transport},   {"method", f.method.substr(0, max_method_bytes)},
      {"status", f.status},         {"took_us", took_us},
      {"request_id", f.request_id}, {"account", f.account ? to_string(*f.account) : std::string()},
      {"address", f.address}};
  if (failed) log::info("gateway.request_failed", fields);
  else log::debug("gateway.request", fields);
}

}  // namespace nova::gateway
