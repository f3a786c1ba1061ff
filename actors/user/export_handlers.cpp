// Handler of profile_entity for the export of an account: the profile, the settings, and the lists of people.
#include "actors/runtime/api/export_pages.hpp"
#include "actors/user/profile_entity.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

namespace nova::user {
namespace {

using runtime::context;
using runtime::reads;
using outcome = profile_entity::outcome;
using list = runtime::export_list<profile_state>;

constexpr std::int64_t page_rows = 200;

outcome my_profile(const profile_state& s, const std::string&, const context& c, const reads& r) {
  return profile_entity::get_my_profile(s, GetMyProfileRequest::default_instance(), c, r);
}
outcome my_settings(const profile_state& s, const std::string&, const context& c, const reads& r) {
  return profile_entity::get_settings(s, GetSettingsRequest::default_instance(), c, r);
}

template <class Request, auto Handler>
outcome people(const profile_state& s, const std::string& cursor, const context& c,
               const reads& r) {
  Request q;
  q.set_limit(page_rows);
  if (!cursor.empty()) q.set_cursor(cursor);
  return Handler(s, q, c, r);
}

}  // namespace

outcome profile_entity::export_part(const state& s, const views::ExportRequest& q, const context& c,
                                    const reads& r) {
  using rpc::message_type_of;
  static const list lists[] = {
      {.name = "profile", .reply = &message_type_of<views::Profile>(), .page = my_profile},
      {.name = "settings", .reply = &message_type_of<Settings>(), .page = my_settings},
      {.name = "followers",
       .reply = &message_type_of<CardPage>(),
       .page = people<ListPeopleRequest, &list_followers>},
      {.name = "following",
       .reply = &message_type_of<CardPage>(),
       .page = people<ListPeopleRequest, &list_following>},
      {.name = "follow_requests",
       .reply = &message_type_of<CardPage>(),
       .page = people<ListMineRequest, &list_follow_requests>},
      {.name = "blocks",
       .reply = &message_type_of<CardPage>(),
       .page = people<ListMineRequest, &list_blocks>},
      {.name = "mutes",
       .reply = &message_type_of<CardPage>(),
       .page = people<ListMineRequest, &list_mutes>}};
  return runtime::export_page<profile_state>(lists, q, s, c, r);
}

}  // namespace nova::user
