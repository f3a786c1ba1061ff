// Handler of home_entity for the export of an account: its preferences. The entries are posts of others.
#include "actors/feed/home_entity.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/feed/feed.nova.hpp"

namespace nova::feed {
namespace {

home_entity::outcome preferences(const home_state& s, const std::string&, const runtime::context& c,
                                 const runtime::reads& r) {
  return home_entity::get_preferences(s, GetPreferencesRequest::default_instance(), c, r);
}

}  // namespace

home_entity::outcome home_entity::export_part(const state& s, const views::ExportRequest& q,
                                              const context& c, const reads& r) {
  static const runtime::export_list<home_state> lists[] = {
      {.name = "preferences", .reply = &rpc::message_type_of<Preferences>(), .page = preferences}};
  return runtime::export_page<home_state>(lists, q, s, c, r);
}

}  // namespace nova::feed
