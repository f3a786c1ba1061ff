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
      {"profile", &message_type_of<views::Profile>(), my_profile},
      {"settings", &message_type_of<Settings>(), my_settings},
      {"followers", &message_type_of<CardPage>(), people<ListPeopleRequest, &list_followers>},
      {"following", &message_type_of<CardPage>(), people<ListPeopleRequest, &list_following>},
      {"follow_requests", &message_type_of<CardPage>(),
       people<ListMineRequest, &list_follow_requests>},
      {"blocks", &message_type_of<CardPage>(), people<ListMineRequest, &list_blocks>},
      {"mutes", &message_type_of<CardPage>(), people<ListMineRequest, &list_mutes>}};
  return runtime::export_page<profile_state>(lists, q, s, c, r);
}

}  // namespace nova::user
