#include "actors/messaging/page_rules.hpp"

#include "protocols/core/page.hpp"

#include <charconv>

namespace nova::messaging {

namespace {

// "before.17" or "after.17"; with a second number also the other bound.
result<history_window> parse_history_cursor(std::string_view cursor) {
  const auto bad = invalid_field("cursor", "This is not a cursor of this list.");
  const auto dot = cursor.find('.');
  if (dot == cursor.npos) return bad;
  history_window w;
  const auto side = cursor.substr(0, dot);
  w.forward = side == "after";
  if (!w.forward && side != "before") return bad;
  const auto* end = cursor.data() + cursor.size();
  auto [next, failed] =
      std::from_chars(cursor.data() + dot + 1, end, w.forward ? w.after : w.before);
  if (failed != std::errc()) return bad;
  if (next != end) {
    if (*next != '.') return bad;
    auto [last, broken] = std::from_chars(next + 1, end, w.forward ? w.before : w.after);
    if (broken != std::errc() || last != end) return bad;
  }
  return w;
}

}  // namespace

result<history_window> history_window_of(const HistoryRequest& q) {
  if (q.has_cursor()) return parse_history_cursor(q.cursor());
  if (q.has_before_seq() && q.before_seq() < 0)
    return invalid_field("before_seq", "A seq is not negative.");
  if (q.has_after_seq() && q.after_seq() < 0)
    return invalid_field("after_seq", "A seq is not negative.");
  history_window w;
  if (q.has_before_seq()) w.before = q.before_seq();
  if (q.has_after_seq()) w.after = q.after_seq();
  w.forward = q.has_after_seq();
  return w;
}

std::string cursor_behind(const history_window& w, std::int64_t last) {
  return (w.forward ? "after." : "before.") + std::to_string(last) + '.' +
         std::to_string(w.forward ? w.before : w.after);
}

// "<ms>.<uuid>".
std::optional<list_cursor> parse_list_cursor(std::string_view text) {
  auto dot = text.find('.');
  if (dot == text.npos) return {};
  list_cursor c;
  auto [end, failed] = std::from_chars(text.data(), text.data() + dot, c.active_at);
  auto id = parse_uuid(text.substr(dot + 1));
  if (failed != std::errc() || end != text.data() + dot || !id) return {};
  if (c.active_at < 0 || c.active_at > far_ahead) return {};
  c.conversation = *id;
  return c;
}

std::string to_text(const list_cursor& c) {
  return std::to_string(c.active_at) + '.' + nova::to_string(c.conversation);
}

}  // namespace nova::messaging
