// Handlers of library_entity for the export of an account: what it keeps, and the files as they were uploaded.
#include "actors/media/library_entity.hpp"
#include "actors/media/media_rules.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/transfer/transfer.pb.h"
#include "storage/media/media_store.hpp"

namespace nova::media {
namespace {

using outcome = library_entity::outcome;

constexpr std::int64_t media_a_page = 500;

outcome my_usage(const library_state& s, const std::string&, const runtime::context& c,
                 const runtime::reads& r) {
  return library_entity::get_usage(s, UsageRequest::default_instance(), c, r);
}

/// Reads a page, one row more than it has.
std::variant<runtime::need, error, std::vector<media_row>> page_of(const library_state& s,
                                                                   const std::string& cursor,
                                                                   const runtime::reads& r) {
  const auto after = cursor.empty() ? std::optional(uuid{}) : parse_uuid(cursor);
  if (!after) return invalid_field("cursor", "This is not a cursor that was given out.");
  if (r.size() == 0)
    return runtime::need{{store::media_of_account(s.account, *after, media_a_page + 1)}};
  return read_media(r.rows(0));
}

/// Gives each row of a page to `add`, and the cursor of the next page to the reply.
template <class Reply, class Add>
outcome paged(const library_state& s, const std::string& cursor, const runtime::reads& r, Add add) {
  auto found = page_of(s, cursor, r);
  if (auto* more = std::get_if<runtime::need>(&found)) return std::move(*more);
  if (auto* e = std::get_if<error>(&found)) return std::move(*e);
  auto& rows = std::get<std::vector<media_row>>(found);
  Reply reply;
  if (std::ssize(rows) > media_a_page) {
    rows.pop_back();
    reply.set_next_cursor(to_string(rows.back().media_id));
  }
  for (const auto& row : rows)
    if (!row.blob.empty()) add(reply, row);  // a recording may have no bytes yet
  runtime::decision<library_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

outcome my_media(const library_state& s, const std::string& cursor, const runtime::context&,
                 const runtime::reads& r) {
  return paged<KeptMediaPage>(s, cursor, r, [](KeptMediaPage& to, const media_row& row) {
    auto& item = *to.add_items();
    item.set_media_id(to_string(row.media_id));
    item.set_file(exported_name(row));
    item.set_kind(row.kind);
    item.set_content_type(row.content_type);
    item.set_size(row.size);
    if (row.alt) item.set_alt(*row.alt);
    item.set_created_at(row.created_at);
  });
}

}  // namespace

outcome library_entity::list_kept(const state& s, const transfer::KeptRequest& q, const context&,
                                  const reads& r) {
  return paged<transfer::KeptReply>(s, q.cursor(), r,
                                    [](transfer::KeptReply& to, const media_row& row) {
                                      auto& file = *to.add_files();
                                      file.set_name(exported_name(row));
                                      file.set_blob(row.blob);
                                      file.set_size(row.size);
                                    });
}

outcome library_entity::export_part(const state& s, const views::ExportRequest& q, const context& c,
                                    const reads& r) {
  using rpc::message_type_of;
  static const runtime::export_list<library_state> lists[] = {
      {.name = "usage", .reply = &message_type_of<Usage>(), .page = my_usage},
      {.name = "media", .reply = &message_type_of<KeptMediaPage>(), .page = my_media}};
  return runtime::export_page<library_state>(lists, q, s, c, r);
}

}  // namespace nova::media
