// See user_rows.hpp.
#include "storage/user/user_rows.hpp"

namespace nova::user {
namespace {

// Columns of each query, in the order of its SQL.
namespace profile {
enum : std::size_t { account, handle, display_name, bio, created_at, updated_at };
}
namespace facts {
enum : std::size_t { target_exists, blocked, blocks };
}

}  // namespace

std::optional<profile_row> read_profile(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return profile_row{r.id(0, profile::account),        r.text(0, profile::handle),
                     r.text(0, profile::display_name), r.text(0, profile::bio),
                     r.time(0, profile::created_at),   r.time(0, profile::updated_at)};
}

block_facts_row read_block_facts(const storage::rows& r) {
  return {r.boolean(0, facts::target_exists), r.boolean(0, facts::blocked),
          r.int8(0, facts::blocks)};
}

}  // namespace nova::user
