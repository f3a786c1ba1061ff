// Column positions are those of auth_queries.cpp.
#include "storage/auth/auth_rows.hpp"

namespace nova::auth {
namespace {

// Columns of each query, in the order of its SQL.
namespace account {
enum : std::size_t {
  email,
  handle,
  password_hash,
  created_at,
  failures,
  last_failure_at,
  locked_until
};
}
namespace session {
enum : std::size_t { id, generation, salt, user_agent, created_at, last_seen_at, rotated_at };
}
namespace revocation {
enum : std::size_t { session, until };
}
namespace erasure {
enum : std::size_t { erased, anonymised };
}
constexpr std::size_t only_column = 0;

}  // namespace

std::optional<account_row> read_account(const storage::rows& r) {
  if (r.empty() || r.null(0, account::email)) return std::nullopt;
  return account_row{r.text(0, account::email), r.text(0, account::handle),
                     r.text(0, account::password_hash), r.time(0, account::created_at)};
}

std::vector<session_row> read_sessions(const storage::rows& r) {
  std::vector<session_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, session::id), r.int8(i, session::generation), r.blob(i, session::salt),
                   r.text(i, session::user_agent), r.time(i, session::created_at),
                   r.time(i, session::last_seen_at), r.time(i, session::rotated_at)});
  return out;
}

guard_row read_guard(const storage::rows& r) {
  if (r.empty() || r.null(0, account::failures)) return {};
  return {r.int8(0, account::failures), r.time(0, account::last_failure_at),
          r.time(0, account::locked_until)};
}

std::vector<std::string> read_names(const storage::rows& r) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.text(i, only_column));
  return out;
}

std::optional<uuid> read_owner(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return r.id(0, only_column);
}

std::optional<std::string> read_salt(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return r.blob(0, only_column);
}

erased_counts read_erased_counts(const storage::rows& r) {
  if (r.empty()) return {};
  return {r.int8(0, erasure::erased), r.int8(0, erasure::anonymised)};
}

std::vector<revocation_row> read_revocations(const storage::rows& r) {
  std::vector<revocation_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, revocation::session), r.time(i, revocation::until)});
  return out;
}

}  // namespace nova::auth
