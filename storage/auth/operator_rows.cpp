#include "storage/auth/operator_rows.hpp"

namespace nova::auth {

namespace {
enum : std::size_t { account_id, handle, since, added_by };
}

std::vector<operator_row> read_operators(const storage::rows& r) {
  std::vector<operator_row> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.id(i, account_id), r.text(i, handle), r.time(i, since), r.text(i, added_by)});
  return out;
}

}  // namespace nova::auth
