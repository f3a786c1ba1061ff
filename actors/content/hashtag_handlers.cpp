// Handlers of hashtag_entity.
#include "actors/content/content_rules.hpp"
#include "actors/content/hashtag_entity.hpp"
#include "actors/content/page_rules.hpp"
#include "protocols/core/page.hpp"
#include "storage/content/content_store.hpp"

namespace nova::content {

hashtag_entity::outcome hashtag_entity::list_hashtag_posts(const state& s,
                                                           const ListHashtagPostsRequest& q,
                                                           const context& c, const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto before = place_of(q.has_cursor() ? &q.cursor() : nullptr);
  if (before.has_error()) return before.error();
  if (r.size() == 0)
    return runtime::need{{store::posts_of_tag(s.tag, c.caller.account, *before, *limit + 1)}};
  runtime::decision<state> d;
  d.reply = runtime::share(page_of(read_posts(r.rows(0)), *limit, c.now));
  return d;
}

}  // namespace nova::content
