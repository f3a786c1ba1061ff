#include "actors/feed/home_entity.hpp"

#include "actors/feed/feed_rules.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/feed/feed_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::feed {

runtime::entity_kind home_entity::kind() {
  using self = home_entity;
  runtime::methods<self> home("home");
  bind_home<self>(home);
  home.on<content::PostPublished>(content::post_published_event(), &self::on_published);
  home.on<content::PostEdited>(content::post_edited_event(), &self::on_edited);
  home.on<content::PostVisibilityChanged>(content::post_visibility_changed_event(),
                                          &self::on_visibility);
  home.on<content::PostDeleted>(content::post_deleted_event(), &self::on_deleted);
  home.on<content::PostRestored>(content::post_restored_event(), &self::on_restored);
  home.on<content::PostShared>(content::post_shared_event(), &self::on_shared);
  home.on<content::PostUnshared>(content::post_unshared_event(), &self::on_unshared);
  home.on<content::HashtagFollowed>(content::hashtag_followed_event(), &self::on_tag_followed);
  home.on<content::HashtagUnfollowed>(content::hashtag_unfollowed_event(),
                                      &self::on_tag_unfollowed);
  home.on<user::Followed>(user::followed_event(), &self::on_followed);
  home.on<user::Unfollowed>(user::unfollowed_event(), &self::on_unfollowed);
  home.on<user::Muted>(user::muted_event(), &self::on_muted);
  home.on<user::Unmuted>(user::unmuted_event(), &self::on_unmuted);
  home.on<FollowerGained>(follower_gained_event(), &self::on_gained);
  home.on<FollowerLost>(follower_lost_event(), &self::on_lost);
  home.on<BackfillDue>(backfill_due_event(), &self::on_backfill);
  home.on<PostReady>(post_ready_event(), &self::on_ready);
  home.on<auth::EraseAccount>(auth::erase_account_event(), &self::on_erase_account);
  home.on<user::AccountErased>(user::account_erased_event(), &self::on_account_erased);
  home.on_reminder<google::protobuf::StringValue>(&self::on_due);
  return home.take();
}

runtime::loading<home_state> home_entity::load(std::string_view key, const reads& r) {
  home_state s;
  s.preferences = default_preferences();
  const auto account = parse_uuid(key);
  if (!account) return s;
  if (r.size() == 0) return runtime::need{{store::home(*account)}};
  const auto row = read_home(r.rows(0));
  s.account = *account;
  s.followers = row.followers;
  s.big = row.big;
  if (!row.preferences.empty() && !s.preferences.ParseFromString(row.preferences))
    s.preferences = default_preferences();
  return s;
}

std::size_t home_entity::weight(const home_state& s) {
  return sizeof s + s.preferences.SpaceUsedLong();
}

}  // namespace nova::feed
