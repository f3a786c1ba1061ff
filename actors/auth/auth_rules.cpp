// See auth_rules.hpp.
#include "actors/auth/auth_rules.hpp"

#include "actors/auth/password_rules.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::auth {
namespace {

constexpr std::size_t min_handle_bytes = 3;
constexpr std::size_t max_handle_bytes = 30;
constexpr std::size_t max_user_agent_bytes = 256;
constexpr unix_ms ms_per_s = 1000;
constexpr unix_ms ms_per_day = 86'400'000;

bool alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool valid_handle(std::string_view handle) {
  return handle.size() >= min_handle_bytes && handle.size() <= max_handle_bytes &&
         std::ranges::all_of(handle, [](char c) { return alphanumeric(c) || c == '_'; });
}

result<registration> check_registration(const RegisterRequest& q) {
  auto bad = make_error(errc::invalid_request, "Some fields are not valid.");
  const auto refuse = [&](std::string field, std::string_view detail) {
    bad.fields.push_back({std::move(field), std::string(detail)});
  };
  if (!valid_email(q.email())) refuse("email", "This is not an e-mail address.");
  if (!valid_handle(q.handle()))
    refuse("handle", "A handle has 3 to 30 letters A-Z, digits and underscores.");
  if (const auto problem = password_problem(q.password(), q.handle(), q.email()); !problem.empty())
    refuse("password", problem);
  auto name = check_display_name(q.display_name());
  if (!name.problem.empty()) refuse("display_name", name.problem);
  if (!bad.fields.empty()) return bad;
  return registration{q.email(), q.handle(), name.text.empty() ? q.handle() : std::move(name.text),
                      ascii_lower(q.email()), ascii_lower(q.handle())};
}

guard_row remembered(const guard_row& guard, unix_ms now, const config::auth_settings& s) {
  return guard.last_failure_at + s.lockout_forget_s * ms_per_s <= now ? guard_row{} : guard;
}

std::optional<error> lock_of(const guard_row& guard, unix_ms now) {
  if (guard.locked_until <= now) return std::nullopt;
  return make_error(errc::locked_out, "There were too many failed attempts with this name.",
                    static_cast<std::uint32_t>(guard.locked_until - now));
}

guard_row after_failure(const guard_row& guard, unix_ms now, const config::auth_settings& s) {
  guard_row next{guard.failures + 1, now, 0};
  if (next.failures <= s.free_login_failures) return next;
  const auto doublings = next.failures - s.free_login_failures - 1;
  const auto cap = s.lockout_cap_s * ms_per_s;
  auto delay = s.lockout_base_s * ms_per_s;
  for (std::int64_t i = 0; i < doublings && delay < cap; ++i) delay *= 2;
  next.locked_until = now + std::min(delay, cap);
  return next;
}

error failure_answer(const guard_row& guard, unix_ms now) {
  if (auto locked = lock_of(guard, now)) return *std::move(locked);
  return make_error(errc::invalid_credentials, "The name or the password is wrong.");
}

bool session_alive(const session_row& session, unix_ms now, const config::auth_settings& s) {
  return now < session.created_at + s.session_lifetime_d * ms_per_day &&
         now < session.last_seen_at + s.session_idle_d * ms_per_day;
}

std::string kept_user_agent(std::string_view header) {
  std::string out(header.substr(0, max_user_agent_bytes));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

error unauthenticated(std::string detail) { return {errc::unauthenticated, std::move(detail)}; }
error bad_refresh_token() { return unauthenticated("The refresh token is not valid."); }

}  // namespace nova::auth
