#include "actors/user/profile_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.nova.hpp"
#include "storage/user/user_store.hpp"

namespace nova::user {

runtime::entity_kind profile_entity::kind() {
  runtime::methods<profile_entity> profile("profile");
  bind_profile<profile_entity>(profile);
  profile.on<auth::AccountRegistered>(auth::account_registered_event(),
                                      &profile_entity::on_account_registered);
  profile.on<auth::HandleChanged>(auth::handle_changed_event(), &profile_entity::on_handle_changed);
  profile.on<Blocked>(blocked_event(), &profile_entity::on_blocked);
  profile.on<FollowRequested>(follow_requested_event(), &profile_entity::on_follow_requested);
  profile.on<FollowAnswered>(follow_answered_event(), &profile_entity::on_follow_answered);
  profile.on<content::PostPublished>(content::post_published_event(),
                                     &profile_entity::on_post_published);
  profile.on<content::PostEdited>(content::post_edited_event(), &profile_entity::on_post_edited);
  profile.on<content::PostDeleted>(content::post_deleted_event(), &profile_entity::on_post_deleted);
  profile.on<content::PostRestored>(content::post_restored_event(),
                                    &profile_entity::on_post_restored);
  profile.on<content::CommentMade>(content::comment_made_event(), &profile_entity::on_comment_made);
  profile.on<content::PollEnded>(content::poll_ended_event(), &profile_entity::on_poll_ended);
  profile.on<content::PinsChanged>(content::pins_changed_event(), &profile_entity::on_pins_changed);
  profile.on_reminder<google::protobuf::StringValue>(&profile_entity::on_due);
  profile.on<auth::AccountClosed>(auth::account_closed_event(), &profile_entity::on_account_closed);
  profile.on<auth::AccountReopened>(auth::account_reopened_event(),
                                    &profile_entity::on_account_reopened);
  profile.on<auth::EraseAccount>(auth::erase_account_event(), &profile_entity::on_erase_account);
  profile.kind().normalise_key = &profile_entity::normalise_key;
  return profile.take();
}

runtime::loading<profile_state> profile_entity::load(std::string_view key, const reads& r) {
  profile_state s;
  const auto id = parse_uuid(key);
  if (!id) return s;
  if (r.size() == 0) return runtime::need{{store::profile(*id), store::settings(*id)}};
  s.id = *id;
  s.profile = read_profile(r.rows(0));
  s.settings = read_settings(r.rows(1));
  return s;
}

std::size_t profile_entity::weight(const profile_state& s) {
  std::size_t bytes = sizeof s;
  if (s.profile)
    bytes += s.profile->handle.size() + s.profile->display_name.size() + s.profile->bio.size() +
             s.profile->links.size();
  return bytes;
}

result<std::string> profile_entity::normalise_key(const rpc::method&, std::string raw) {
  const auto id = parse_uuid(raw);
  return id ? to_string(*id) : std::move(raw);
}

}  // namespace nova::user
