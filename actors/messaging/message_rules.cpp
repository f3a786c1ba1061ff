#include "actors/messaging/message_rules.hpp"

#include "protocols/core/ids.hpp"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"

#include <algorithm>

namespace nova::messaging {

// Lengths go in, so that no two bodies share one text.
std::int64_t body_hash_of(const SendRequest& q) {
  std::string body = std::to_string(q.text().size()) + ':' + q.text();
  for (const auto& media : q.media_ids()) body += '|' + media;
  if (q.has_reply_to()) body += '#' + std::to_string(q.reply_to());
  return static_cast<std::int64_t>(stable_hash(body));
}

std::optional<error> check_message(const SendRequest& q, std::int64_t last_seq) {
  auto printable = [](unsigned char ch) { return ch >= 0x20 && ch < 0x7f; };
  if (q.client_id().empty() || q.client_id().size() > 64 ||
      !std::ranges::all_of(q.client_id(), printable))
    return invalid_field("client_id", "A client_id is 1 to 64 printable ASCII characters.");
  if (q.text().empty() && q.media_ids().empty())
    return invalid_field("text", "A message has a text or media.");
  if (q.has_reply_to() && (q.reply_to() < 1 || q.reply_to() > last_seq))
    return invalid_field("reply_to", "There is no message with this seq to reply to.");
  return {};
}

result<std::string> checked_title(const std::string& title) {
  auto checked = check_name(title, max_title_code_points);
  if (!checked.problem.empty()) return invalid_field("title", std::string(checked.problem));
  return std::move(checked.text);
}

}  // namespace nova::messaging
