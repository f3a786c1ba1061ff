#include "actors/messaging/message_rules.hpp"

#include "protocols/core/ids.hpp"
#include "protocols/core/page.hpp"

#include <algorithm>
#include <cctype>

namespace nova::messaging {

namespace {

bool word(unsigned char ch) { return std::isalnum(ch) || ch == '_'; }

}  // namespace

// Lengths go in, so that no two bodies share one text.
std::int64_t body_hash_of(const SendRequest& q) {
  std::string body = std::to_string(q.text().size()) + ':' + q.text();
  for (const auto& media : q.media_ids()) body += '|' + media;
  if (q.has_reply_to()) body += '#' + std::to_string(q.reply_to());
  return static_cast<std::int64_t>(stable_hash(body));
}

std::optional<error> check_message(const SendRequest& q, std::int64_t last_seq) {
  auto printable = [](unsigned char ch) { return ch >= 0x20 && ch < 0x7f; };
  if (q.client_id().empty() || q.client_id().size() > 64 || !std::ranges::all_of(q.client_id(), printable))
    return invalid_field("client_id", "A client_id is 1 to 64 printable ASCII characters.");
  if (q.text().empty() && q.media_ids().empty())
    return invalid_field("text", "A message has a text or media.");
  if (q.has_reply_to() && (q.reply_to() < 1 || q.reply_to() > last_seq))
    return invalid_field("reply_to", "There is no message with this seq to reply to.");
  return {};
}

std::vector<std::string> handles_in(const std::string& text, std::size_t limit) {
  std::vector<std::string> found;
  for (std::size_t at = text.find('@'); at != std::string::npos && found.size() < limit; at = text.find('@', at + 1)) {
    if (at > 0 && word(static_cast<unsigned char>(text[at - 1]))) continue;
    std::size_t end = at + 1;
    while (end < text.size() && word(static_cast<unsigned char>(text[end]))) ++end;
    if (end - at - 1 < 3 || end - at - 1 > 30) continue;
    std::string handle = text.substr(at + 1, end - at - 1);
    std::ranges::transform(handle, handle.begin(), [](unsigned char ch) { return std::tolower(ch); });
    if (std::ranges::find(found, handle) == found.end()) found.push_back(std::move(handle));
  }
  return found;
}

bool plausible_emoji(const std::string& emoji) {
  if (emoji.empty()) return false;
  for (unsigned char ch : emoji)
    if (ch <= 0x20 || ch == 0x7f) return false;
  return true;
}

}  // namespace nova::messaging
