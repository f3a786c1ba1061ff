// Bounds and cursors of messaging's pages, read from a request and written into a reply. Called by the
// handlers; no runtime types, no SQL.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"
#include "protocols/messaging/messaging.pb.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace nova::messaging {

/// Messages with after < seq < before. `forward`: the oldest messages come first.
struct history_window {
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  std::int64_t after = 0;
  bool forward = false;
};

/// Reads the request's cursor; without a cursor, its bounds.
result<history_window> history_window_of(const HistoryRequest& q);
/// A cursor that continues after `last` (the seq at the page's end in reading direction), up to the window's other bound.
std::string cursor_behind(const history_window& w, std::int64_t last);

constexpr unix_ms far_ahead =
    std::numeric_limits<std::int64_t>::max() / 2000;  ///< within timestamptz's range

/// The last item of a page of conversations.
struct list_cursor {
  unix_ms active_at = far_ahead;
  uuid conversation{};
};

std::optional<list_cursor> parse_list_cursor(std::string_view text);
std::string to_text(const list_cursor& c);

}  // namespace nova::messaging
