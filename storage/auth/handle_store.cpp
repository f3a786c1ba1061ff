// See handle_store.hpp; the SQL is in handle_queries.cpp.
#include "storage/auth/handle_store.hpp"

#include "storage/auth/handle_queries.hpp"

namespace nova::auth::store {

using storage::statement;
using storage::timestamp;

statement last_handle_change(const uuid& account) {
  return {&handle_queries::last_change, {account}};
}
std::optional<unix_ms> read_last_handle_change(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return r.time(0, 0);
}

statement update_handle(const uuid& account, std::string handle) {
  return {&handle_queries::update_handle, {account, std::move(handle)}, 1};
}
statement save_handle_change(const uuid& account, unix_ms now) {
  return {&handle_queries::save_change, {account, timestamp{now}}};
}
statement keep_former_handle(std::string name, const uuid& account, unix_ms until) {
  return {&handle_queries::keep_former, {std::move(name), account, timestamp{until}}};
}
statement take_handle_back(std::string name) {
  return {&handle_queries::take_back, {std::move(name)}};
}

storage::retention_job ended_former_handles() {
  return {"former_handle", &handle_queries::due_former, &handle_queries::free_former};
}

}  // namespace nova::auth::store
