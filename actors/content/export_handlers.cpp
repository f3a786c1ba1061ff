// Handler of shelf_entity for the export of an account: its posts, comments, and what it keeps.
#include "actors/content/content_rules.hpp"
#include "actors/content/shelf_entity.hpp"
#include "actors/runtime/api/export_pages.hpp"
#include "protocols/content/content.nova.hpp"
#include "storage/content/content_store.hpp"

namespace nova::content {
namespace {

using runtime::context;
using runtime::reads;
using outcome = shelf_entity::outcome;
using list = runtime::export_list<shelf_state>;

constexpr std::int64_t page_rows = 200;

template <class Request>
Request page_request(const std::string& cursor) {
  Request q;
  q.set_limit(page_rows);
  if (!cursor.empty()) q.set_cursor(cursor);
  return q;
}

outcome written(const shelf_state& s, const std::string& cursor, const context& c, const reads& r,
                const char* kind) {
  auto q = page_request<ListPostsRequest>(cursor);
  q.set_account_id(to_string(s.account));
  q.set_kind(kind);
  return shelf_entity::list_posts(s, q, c, r);
}
outcome own_posts(const shelf_state& s, const std::string& cursor, const context& c,
                  const reads& r) {
  return written(s, cursor, c, r, "posts");
}
outcome own_shares(const shelf_state& s, const std::string& cursor, const context& c,
                   const reads& r) {
  return written(s, cursor, c, r, "shares");
}

outcome own_comments(const shelf_state& s, const std::string& cursor, const context&,
                     const reads& r) {
  const auto before = place_of(cursor.empty() ? nullptr : &cursor);
  if (before.has_error()) return before.error();
  if (r.size() == 0)
    return runtime::need{{store::comments_of_account(s.account, *before, page_rows + 1)}};
  ListCommentsReply reply;
  store::place last;
  for (const auto& row : read_comments(r.rows(0))) {
    if (reply.items_size() == page_rows) {
      reply.set_next_cursor(cursor_of(last));
      break;
    }
    *reply.add_items() = comment_message(row);
    last = {row.created_at, row.comment_id};
  }
  runtime::decision<shelf_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

template <auto Handler>
outcome kept(const shelf_state& s, const std::string& cursor, const context& c, const reads& r) {
  return Handler(s, page_request<PageRequest>(cursor), c, r);
}

}  // namespace

outcome shelf_entity::export_part(const state& s, const views::ExportRequest& q, const context& c,
                                  const reads& r) {
  using rpc::message_type_of;
  static const list lists[] = {
      {.name = "posts", .reply = &message_type_of<PostPage>(), .page = own_posts},
      {.name = "scheduled", .reply = &message_type_of<PostPage>(), .page = kept<&list_scheduled>},
      {.name = "comments", .reply = &message_type_of<ListCommentsReply>(), .page = own_comments},
      {.name = "shares", .reply = &message_type_of<PostPage>(), .page = own_shares},
      {.name = "bookmarks", .reply = &message_type_of<PostPage>(), .page = kept<&list_bookmarks>},
      {.name = "drafts", .reply = &message_type_of<ListDraftsReply>(), .page = kept<&list_drafts>},
      {.name = "hashtags",
       .reply = &message_type_of<ListHashtagsReply>(),
       .page = kept<&list_hashtags>}};
  return runtime::export_page<shelf_state>(lists, q, s, c, r);
}

}  // namespace nova::content
