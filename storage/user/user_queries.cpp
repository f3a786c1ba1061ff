// The SQL itself. See user_queries.hpp and migrations/.
#include "storage/user/user_queries.hpp"

namespace nova::user::queries {

const storage::query profile{
    .name = "user.profile",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at "
        "FROM profile WHERE account_id = $1"};

const storage::query profile_by_handle{
    .name = "user.profile_by_handle",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at "
        "FROM profile WHERE handle_name = $1 ORDER BY created_at DESC LIMIT 1"};

const storage::query block_facts{
    .name = "user.block_facts",
    .sql =
        "SELECT EXISTS (SELECT FROM profile WHERE account_id = $2), "
        "EXISTS (SELECT FROM block WHERE account_id = $1 AND blocked_id = $2), "
        "(SELECT count(*) FROM block WHERE account_id = $1)"};

const storage::query insert_profile{
    .name = "user.insert_profile",
    .sql =
        "INSERT INTO profile (account_id, handle, handle_name, display_name, bio, created_at, "
        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"};

const storage::query update_profile{
    .name = "user.update_profile",
    .sql = "UPDATE profile SET display_name = $2, bio = $3, updated_at = $4 WHERE account_id = $1"};

const storage::query insert_block{
    .name = "user.insert_block",
    .sql =
        "INSERT INTO block (account_id, blocked_id, created_at) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING"};

const storage::query delete_block{
    .name = "user.delete_block",
    .sql = "DELETE FROM block WHERE account_id = $1 AND blocked_id = $2"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {&profile,        &profile_by_handle, &block_facts,
                                               &insert_profile, &update_profile,    &insert_block,
                                               &delete_block};
  return list;
}

}  // namespace nova::user::queries
