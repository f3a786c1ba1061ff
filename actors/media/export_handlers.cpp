// Handler of library_entity for the export of an account: how much it keeps. The files themselves are fetched by their addresses.
#include "actors/media/library_entity.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/media/media.nova.hpp"

namespace nova::media {
namespace {

library_entity::outcome my_usage(const library_state& s, const std::string&,
                                 const runtime::context& c, const runtime::reads& r) {
  return library_entity::get_usage(s, UsageRequest::default_instance(), c, r);
}

}  // namespace

library_entity::outcome library_entity::export_part(const state& s, const views::ExportRequest& q,
                                                    const context& c, const reads& r) {
  static const runtime::export_list<library_state> lists[] = {
      {.name = "usage", .reply = &rpc::message_type_of<Usage>(), .page = my_usage}};
  return runtime::export_page<library_state>(lists, q, s, c, r);
}

}  // namespace nova::media
