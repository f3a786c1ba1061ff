#include "actors/content/page_rules.hpp"

namespace nova::content {

PostPage page_of(const std::vector<post_row>& rows, std::int64_t limit, unix_ms now) {
  PostPage page;
  for (const auto& row : rows) {
    if (page.items_size() == limit) {
      const auto& last = rows[static_cast<std::size_t>(limit) - 1];
      page.set_next_cursor(cursor_of({last.listed_at, last.post_id}));
      break;
    }
    *page.add_items() = post_message(row, now);
  }
  return page;
}

}  // namespace nova::content
