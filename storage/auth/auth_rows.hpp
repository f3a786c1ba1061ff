// Rows of auth's tables as structs, and their mapping. Only auth_rows.cpp knows column positions;
// they are those of auth_queries.cpp. Used by auth_store and by actors/auth.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::auth {

struct account_row {
  std::string email;
  std::string handle;         ///< as typed at registration
  std::string password_hash;  ///< `$argon2id$v=19$m=…,t=…,p=1$…`
  unix_ms created_at = 0;
};

struct session_row {
  uuid session_id{};
  std::int64_t generation = 0;  ///< of the refresh token that is valid now
  std::string salt;             ///< 16 random bytes
  std::string user_agent;
  unix_ms created_at = 0;
  unix_ms last_seen_at = 0;
  unix_ms rotated_at = 0;  ///< when `generation` last grew
};

struct guard_row {
  std::int64_t failures = 0;
  unix_ms last_failure_at = 0;
  unix_ms locked_until = 0;
};

/// Both from store::account.
std::optional<account_row> read_account(const storage::rows& r);
/// All zero when nothing failed.
guard_row read_guard(const storage::rows& r);

std::vector<session_row> read_sessions(const storage::rows& r);

/// From store::taken_names.
std::vector<std::string> read_names(const storage::rows& r);
/// From store::name_owner.
std::optional<uuid> read_owner(const storage::rows& r);
/// From store::session_salt.
std::optional<std::string> read_salt(const storage::rows& r);

struct erased_counts {
  std::int64_t erased = 0;
  std::int64_t anonymised = 0;
};
/// From store::deletion_counts.
erased_counts read_erased_counts(const storage::rows& r);

struct revocation_row {
  uuid session_id{};
  unix_ms until = 0;  ///< the session's access tokens have expired by then
};
std::vector<revocation_row> read_revocations(const storage::rows& r);

}  // namespace nova::auth
