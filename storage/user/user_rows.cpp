// Column positions are those of user_queries.cpp. See user_rows.hpp.
#include "storage/user/user_rows.hpp"

namespace nova::user {

std::optional<profile_row> read_profile(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return profile_row{r.id(0, 0),   r.text(0, 1), r.text(0, 2),
                     r.text(0, 3), r.time(0, 4), r.time(0, 5)};
}

block_facts_row read_block_facts(const storage::rows& r) {
  return {r.boolean(0, 0), r.boolean(0, 1), r.int8(0, 2)};
}

}  // namespace nova::user
