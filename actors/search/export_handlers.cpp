// Handler of seeker_entity for the export of an account: the index holds copies of what other domains give.
#include "actors/search/seeker_entity.hpp"
#include "protocols/views/views.pb.h"

namespace nova::search {

seeker_entity::outcome seeker_entity::export_part(const state&, const views::ExportRequest&,
                                                  const context&, const reads&) {
  views::ExportReply reply;
  auto& file = *reply.add_files();
  file.set_name("index-1.json");
  file.set_json(R"({"items":[],"copies_of":["content","messaging","user"]})");
  runtime::decision<seeker_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::search
