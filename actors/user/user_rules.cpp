// See user_rules.hpp.
#include "actors/user/user_rules.hpp"

#include "protocols/core/text.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"

#include <algorithm>

namespace nova::user {

namespace {

constexpr std::size_t max_handle_bytes = 30;

std::string media_url(const uuid& media) { return "/v1/media/" + to_string(media) + "/content"; }

}  // namespace

result<profile_row> updated_profile(const profile_row& now, const UpdateMyProfileRequest& q,
                                    unix_ms at, const config::user_settings& s) {
  auto bad = make_error(errc::invalid_request, "Some fields are not valid.");
  auto next = now;
  if (q.has_display_name()) {
    auto name = check_display_name(q.display_name());
    if (!name.problem.empty()) bad.fields.push_back({"display_name", std::string(name.problem)});
    next.display_name = name.text.empty() ? now.handle : std::move(name.text);
  }
  if (q.has_bio()) {
    if (count_code_points(q.bio()) > s.bio_code_points)
      bad.fields.push_back(
          {"bio", "At most " + std::to_string(s.bio_code_points) + " characters are allowed."});
    next.bio = q.bio();
  }
  if (!bad.fields.empty()) return bad;
  if (next.display_name != now.display_name || next.bio != now.bio) next.updated_at = at;
  return next;
}

Profile profile_message(const profile_row& row) {
  Profile p;
  p.set_account_id(to_string(row.account_id));
  p.set_handle(row.handle);
  p.set_display_name(row.display_name);
  p.set_bio(row.bio);
  p.set_created_at(row.created_at);
  p.set_updated_at(row.updated_at);
  return p;
}

views::Card card_message(const card_row& row, bool with_relation) {
  views::Card c;
  c.set_account_id(to_string(row.account_id));
  c.set_handle(row.handle);
  c.set_display_name(row.display_name);
  if (row.avatar_media_id) c.set_avatar_url(media_url(*row.avatar_media_id));
  c.set_private_(row.is_private);
  if (!with_relation) return c;
  auto& r = *c.mutable_relation();
  r.set_following(row.following);
  r.set_requested(row.requested);
  r.set_followed_by(row.followed_by);
  r.set_blocking(row.blocking);
  r.set_muting(row.muting);
  return c;
}

ProfileChanged profile_changed_message(const profile_row& row) {
  ProfileChanged p;
  p.set_account_id(to_string(row.account_id));
  p.set_handle(row.handle);
  p.set_display_name(row.display_name);
  if (row.avatar_media_id) p.set_avatar_media_id(to_string(*row.avatar_media_id));
  p.set_private_(row.is_private);
  return p;
}

bool may_see(const profile_row& row, const uuid& viewer) {
  return !row.is_private || !viewer.is_nil();
}

bool possible_handle(std::string_view handle) {
  return !handle.empty() && handle.size() <= max_handle_bytes &&
         std::ranges::all_of(handle, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

error no_such_person() { return make_error(errc::not_found, "There is no such person."); }

}  // namespace nova::user
