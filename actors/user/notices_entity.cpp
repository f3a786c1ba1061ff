#include "actors/user/notices_entity.hpp"

#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "storage/user/user_store.hpp"

namespace nova::user {

runtime::entity_kind notices_entity::kind() {
  runtime::methods<notices_entity> notices("notices");
  bind_notices<notices_entity>(notices);
  notices.on<Noticed>(noticed_event(), &notices_entity::on_noticed);
  notices.on<content::ReactionSet>(content::reaction_set_event(), &notices_entity::on_reaction_set);
  notices.on<content::PostShared>(content::post_shared_event(), &notices_entity::on_post_shared);
  return notices.take();
}

runtime::loading<notices_state> notices_entity::load(std::string_view key, const reads& r) {
  const auto account = parse_uuid(key);
  if (!account) return notices_state{};
  if (r.size() == 0) return runtime::need{{store::notice_head(*account)}};
  return notices_state{*account, read_notice_head(r.rows(0))};
}

}  // namespace nova::user
