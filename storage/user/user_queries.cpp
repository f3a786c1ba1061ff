// The SQL itself. See user_queries.hpp and migrations/.
#include "storage/user/user_queries.hpp"

namespace nova::user::queries {

const storage::query profile{
    .name = "user.profile",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at, links, "
        "avatar_media_id, cover_media_id, private "
        "FROM profile WHERE account_id = $1"};

const storage::query profile_by_handle{
    .name = "user.profile_by_handle",
    .sql =
        "SELECT account_id, handle, display_name, bio, created_at, updated_at, links, "
        "avatar_media_id, cover_media_id, private "
        "FROM profile WHERE handle_name = $1 ORDER BY created_at DESC LIMIT 1"};

// $1: the accounts; $2: who asks, or null; $3: now.
const storage::query cards{
    .name = "user.cards",
    .sql =
        "SELECT p.account_id, p.handle, p.display_name, p.avatar_media_id, p.private, "
        "coalesce(NOT f.requested, false), coalesce(f.requested, false), r.account_id IS NOT NULL, "
        "b.account_id IS NOT NULL, m.account_id IS NOT NULL "
        "FROM unnest($1::uuid[]) AS asked(id) JOIN profile p ON p.account_id = asked.id "
        "LEFT JOIN follow f ON f.account_id = $2 AND f.target_id = p.account_id "
        "LEFT JOIN follower r ON r.account_id = $2 AND r.follower_id = p.account_id "
        "AND NOT r.requested "
        "LEFT JOIN block b ON b.account_id = $2 AND b.blocked_id = p.account_id "
        "LEFT JOIN mute m ON m.account_id = $2 AND m.muted_id = p.account_id "
        "AND (m.until IS NULL OR m.until > $3)"};

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
  static const storage::query* const list[] = {&profile,      &profile_by_handle, &cards,
                                               &block_facts,  &insert_profile,    &update_profile,
                                               &insert_block, &delete_block};
  return list;
}

}  // namespace nova::user::queries
