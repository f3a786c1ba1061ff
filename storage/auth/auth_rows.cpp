// Column positions are those of auth_queries.cpp. See auth_rows.hpp.
#include "storage/auth/auth_rows.hpp"

namespace nova::auth {

std::optional<account_row> read_account(const storage::rows& r) {
  if (r.empty() || r.null(0, 0)) return std::nullopt;
  return account_row{r.text(0, 0), r.text(0, 1), r.text(0, 2), r.time(0, 3)};
}

std::vector<session_row> read_sessions(const storage::rows& r) {
  std::vector<session_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, 0), r.int8(i, 1), r.blob(i, 2), r.text(i, 3), r.time(i, 4), r.time(i, 5),
                   r.time(i, 6)});
  return out;
}

guard_row read_guard(const storage::rows& r) {
  if (r.empty() || r.null(0, 4)) return {};
  return {r.int8(0, 4), r.time(0, 5), r.time(0, 6)};
}

std::vector<std::string> read_names(const storage::rows& r) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.text(i, 0));
  return out;
}

std::optional<uuid> read_owner(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return r.id(0, 0);
}

std::optional<std::string> read_salt(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return r.blob(0, 0);
}

std::vector<revocation_row> read_revocations(const storage::rows& r) {
  std::vector<revocation_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back({r.id(i, 0), r.time(i, 1)});
  return out;
}

}  // namespace nova::auth
