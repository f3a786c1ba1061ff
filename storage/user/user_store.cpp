// See user_store.hpp; the SQL is in user_queries.cpp.
#include "storage/user/user_store.hpp"

#include "protocols/core/text.hpp"
#include "storage/user/user_queries.hpp"

namespace nova::user::store {

using storage::statement;
using storage::timestamp;

namespace {

storage::value or_null(const uuid& id) {
  if (id.is_nil()) return std::monostate{};
  return id;
}

}  // namespace

statement profile(const uuid& account) { return {&queries::profile, {account}}; }
statement profile_by_handle(std::string handle_name) {
  return {&queries::profile_by_handle, {std::move(handle_name)}};
}
statement cards(std::vector<uuid> accounts, const uuid& viewer, unix_ms now) {
  return {&queries::cards, {std::move(accounts), or_null(viewer), timestamp{now}}};
}
statement block_facts(const uuid& account, const uuid& target) {
  return {&queries::block_facts, {account, target}};
}

statement insert_profile(const profile_row& row) {
  return {&queries::insert_profile,
          {row.account_id, row.handle, ascii_lower(row.handle), row.display_name, row.bio,
           timestamp{row.created_at}, timestamp{row.updated_at}}};
}
statement update_profile(const profile_row& row) {
  return {&queries::update_profile,
          {row.account_id, row.display_name, row.bio, timestamp{row.updated_at}},
          1};
}
statement insert_block(const uuid& account, const uuid& target, unix_ms now) {
  return {&queries::insert_block, {account, target, timestamp{now}}};
}
statement delete_block(const uuid& account, const uuid& target) {
  return {&queries::delete_block, {account, target}};
}

}  // namespace nova::user::store
