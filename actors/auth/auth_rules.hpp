// The pure decisions of auth: the rules of a registration, the lock after failures, the life of a
// session. Called by the entities; no state, no clock, no database.
#pragma once

#include "config/settings/auth_settings.hpp"
#include "protocols/core/error.hpp"
#include "protocols/core/text.hpp"
#include "storage/auth/auth_rows.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace nova::auth {

class RegisterRequest;

struct registration {
  std::string email;         ///< as typed
  std::string handle;        ///< as typed
  std::string display_name;  ///< trimmed; the handle if no name was given
  std::string email_name;    ///< lower case
  std::string handle_name;   ///< lower case
};

/// Checks all fields. Reports all faults at once, as `invalid_request`.
result<registration> check_registration(const RegisterRequest& q);

/// 3 to 30 of [A-Za-z0-9_].
bool valid_handle(std::string_view handle);

/// The guard after its expiry: all zero when the last failure is too long ago.
guard_row remembered(const guard_row& guard, unix_ms now, const config::auth_settings& s);
/// `locked_out` with the time to wait while the guard is locked; else empty.
std::optional<error> lock_of(const guard_row& guard, unix_ms now);
/// Adds one failure. After the free failures each one locks, for twice the time of the one before, up to the cap.
guard_row after_failure(const guard_row& guard, unix_ms now, const config::auth_settings& s);
/// The answer to the failure that led to `guard`: invalid_credentials or locked_out.
error failure_answer(const guard_row& guard, unix_ms now);

/// False when the session is too old or was not used for too long.
bool session_alive(const session_row& session, unix_ms now, const config::auth_settings& s);

/// Printable ASCII of a User-Agent header, at most 256 bytes; other bytes become '?'.
std::string kept_user_agent(std::string_view header);

error unauthenticated(std::string detail);
error bad_refresh_token();

}  // namespace nova::auth
