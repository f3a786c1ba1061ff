// Pages of posts from rows that were read with one more than the page holds. Used by the handlers of lists.
#pragma once

#include "actors/content/content_rules.hpp"

namespace nova::content {

/// At most `limit` posts; the cursor is there when a row is left.
PostPage page_of(const std::vector<post_row>& rows, std::int64_t limit, unix_ms now);

}  // namespace nova::content
