// Handlers of shelf_entity: lists of posts, bookmarks and pins.
#include "actors/content/content_rules.hpp"
#include "actors/content/content_services.hpp"
#include "actors/content/page_rules.hpp"
#include "actors/content/shelf_entity.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/core/page.hpp"
#include "storage/content/content_store.hpp"

#include <algorithm>

namespace nova::content {

using runtime::need;
using runtime::reads;

namespace {

using decision = runtime::decision<shelf_state>;
using outcome = shelf_entity::outcome;

constexpr std::int64_t retry_every_ms = 50;

outcome done(decision d = {}) {
  d.reply = runtime::share(Empty());
  return d;
}

struct wanted {
  std::int64_t limit;
  store::place before;
};

template <class Request>
result<wanted> wanted_of(const Request& q) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto before = place_of(q.has_cursor() ? &q.cursor() : nullptr);
  if (before.has_error()) return before.error();
  return wanted{*limit, *before};
}

outcome page(const std::vector<post_row>& rows, const wanted& w, unix_ms now) {
  decision d;
  d.reply = runtime::share(page_of(rows, w.limit, now));
  return d;
}

store::author_list list_of(const std::string& kind) {
  if (kind == "media") return store::author_list::media;
  return kind == "shares" ? store::author_list::shares : store::author_list::posts;
}

void add_pins(decision& d, const uuid& account, const std::vector<uuid>& pins) {
  PinsChanged e;
  e.set_account_id(to_string(account));
  for (const auto& post : pins) e.add_post_ids(to_string(post));
  d.events.push_back({&pins_changed_event(), runtime::share(std::move(e))});
}

}  // namespace

outcome shelf_entity::posts(const state&, const views::PostsRequest& q, const context& c,
                            const reads& r) {
  std::vector<uuid> ids;
  for (const auto& text : q.post_ids())
    if (const auto id = parse_uuid(text)) ids.push_back(*id);
  if (r.size() == 0) return need{{store::posts(std::move(ids), c.caller.account)}};
  views::PostsReply reply;
  for (const auto& row : read_posts(r.rows(0))) *reply.add_items() = post_message(row, c.now);
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

// An account may be so new that user has not told of it: it is asked for again for a while.
outcome shelf_entity::list_posts(const state& s, const ListPostsRequest& q, const context& c,
                                 const reads& r) {
  const auto w = wanted_of(q);
  if (w.has_error()) return w.error();
  const auto& me = c.caller.account;
  if (r.size() == 0) {
    need n{{store::posts_of_account(list_of(q.kind()), s.account, me, w->before, w->limit + 1)}};
    if (me != s.account) n.items.emplace_back(store::known_person(s.account));
    return n;
  }
  if (me == s.account) return page(read_posts(r.rows(0)), *w, c.now);
  const auto behind = r.size() - 2;  // pauses and answers alternate
  if (behind % 2 == 1) return need{{store::known_person(s.account)}};
  if (!r.rows(r.size() - 1).empty()) return page(read_posts(r.rows(0)), *w, c.now);
  if (static_cast<std::int64_t>(behind / 2) * retry_every_ms <
      settings_of(c).unknown_handle_wait_ms)
    return need{{runtime::pause{std::chrono::milliseconds(retry_every_ms)}}};
  return make_error(errc::not_found, "There is no such account.");
}

outcome shelf_entity::list_bookmarks(const state& s, const PageRequest& q, const context& c,
                                     const reads& r) {
  const auto w = wanted_of(q);
  if (w.has_error()) return w.error();
  if (r.size() == 0) return need{{store::bookmarked_posts(s.account, w->before, w->limit + 1)}};
  return page(read_posts(r.rows(0)), *w, c.now);
}

outcome shelf_entity::list_scheduled(const state& s, const PageRequest& q, const context& c,
                                     const reads& r) {
  const auto w = wanted_of(q);
  if (w.has_error()) return w.error();
  if (r.size() == 0) return need{{store::scheduled_posts(s.account, w->before, w->limit + 1)}};
  return page(read_posts(r.rows(0)), *w, c.now);
}

outcome shelf_entity::bookmark(const state& s, const PostRequest& q, const context& c,
                               const reads& r) {
  const auto post = parse_uuid(q.post_id());
  if (!post) return no_such_post();
  if (r.size() == 0) return need{{store::viewer_part(*post, s.account)}};
  const auto v = read_viewer(r.rows(0));
  if (!v || !v->visible) return no_such_post();
  decision d;
  if (!v->bookmarked) d.statements.push_back(store::insert_bookmark(s.account, *post, c.now));
  return done(std::move(d));
}

outcome shelf_entity::unbookmark(const state& s, const PostRequest& q, const context&,
                                 const reads& r) {
  const auto post = parse_uuid(q.post_id());
  if (!post) return no_such_post();
  if (r.size() == 0) return need{{store::viewer_part(*post, s.account)}};
  const auto v = read_viewer(r.rows(0));
  if (!v || (!v->visible && !v->bookmarked)) return no_such_post();
  decision d;
  if (v->bookmarked) d.statements.push_back(store::delete_bookmark(s.account, *post));
  return done(std::move(d));
}

outcome shelf_entity::pin(const state& s, const PostRequest& q, const context& c, const reads& r) {
  const auto post = parse_uuid(q.post_id());
  if (!post) return no_such_post();
  if (r.size() == 0) return need{{store::viewer_part(*post, s.account), store::pins(s.account)}};
  const auto v = read_viewer(r.rows(0));
  if (!v || !v->visible) return no_such_post();
  if (v->author != s.account)
    return make_error(errc::forbidden, "Only one's own posts can be pinned.");
  auto pins = read_ids(r.rows(1));
  if (std::ranges::find(pins, *post) != pins.end()) return done();
  if (pins.size() >= max_pins)
    return make_error(errc::conflict, "An account pins three posts at most.");
  pins.insert(pins.begin(), *post);
  decision d;
  d.statements.push_back(store::insert_pin(s.account, *post, c.now));
  add_pins(d, s.account, pins);
  return done(std::move(d));
}

outcome shelf_entity::unpin(const state& s, const PostRequest& q, const context&, const reads& r) {
  const auto post = parse_uuid(q.post_id());
  if (!post) return no_such_post();
  if (r.size() == 0) return need{{store::viewer_part(*post, s.account), store::pins(s.account)}};
  const auto v = read_viewer(r.rows(0));
  if (!v || !v->visible) return no_such_post();
  if (v->author != s.account)
    return make_error(errc::forbidden, "Only one's own posts can be pinned.");
  auto pins = read_ids(r.rows(1));
  if (std::erase(pins, *post) == 0) return done();
  decision d;
  d.statements.push_back(store::delete_pin(s.account, *post));
  add_pins(d, s.account, pins);
  return done(std::move(d));
}

}  // namespace nova::content
