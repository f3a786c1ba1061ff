// Handler of directory_entity.
#include "actors/user/directory_entity.hpp"

#include "actors/user/user_rules.hpp"
#include "protocols/core/text.hpp"
#include "protocols/user/user.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {

directory_entity::outcome directory_entity::get_profile_by_handle(
    const directory_state&, const GetProfileByHandleRequest& q, const runtime::context&,
    const runtime::reads& r) {
  if (!possible_handle(q.handle())) return no_such_person();
  if (r.size() == 0) return runtime::need{{store::profile_by_handle(ascii_lower(q.handle()))}};
  const auto found = read_profile(r.rows(0));
  if (!found) return no_such_person();
  runtime::decision<directory_state> d;
  d.reply = runtime::share(profile_message(*found));
  return d;
}

}  // namespace nova::user
