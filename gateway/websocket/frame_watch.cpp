// RFC 6455 §5.2 and §7.4, as far as needed; see frame_watch.hpp.
#include "gateway/websocket/frame_watch.hpp"

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <limits>

namespace nova::gateway {
namespace {

constexpr std::uint16_t protocol_error = 1002, bad_payload = 1007, policy = 1008;
constexpr std::size_t max_control_bytes = 125;
constexpr unsigned op_continuation = 0, op_binary = 2, op_close = 8;

/// Codes that an endpoint may send: those that IANA lists, and the ranges for libraries and
/// applications.
bool may_be_sent(std::uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

}  // namespace

std::size_t frame_watch::needed() const noexcept {
  if (have_ < 2) return 2;
  auto length = header(1) & 0x7f;
  return 2u + (length == 126 ? 2 : length == 127 ? 8 : 0) + ((header(1) & 0x80) != 0 ? 4 : 0);
}

std::size_t frame_watch::pass(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && !fault_) {
    if (close_passed_) return bytes.size();  // nobody reads on
    if (left_ > 0) {
      at += take_payload(bytes.substr(at));
      continue;
    }
    bool close = have_ == 0 && (bytes[at] & 0x0f) == op_close;
    if (close && at > 0) return at;
    auto frame_at = have_ == 0 ? at : 0;  // where to stop should this frame be at fault
    while (at < bytes.size() && have_ < needed()) header_[have_++] = bytes[at++];
    if (have_ < needed()) break;
    begin_payload();
    if (fault_ && frame_at > 0) {
      fault_.reset();
      have_ = 0;
      return frame_at;
    }
  }
  return fault_ ? 0 : at;
}

void frame_watch::begin_payload() {
  unsigned op = header(0) & 0x0f;
  std::uint64_t length = header(1) & 0x7f;
  if (length >= 126) {
    std::size_t bytes = length == 126 ? 2 : 8;
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) length = length << 8 | header(2 + i);
  }
  if (length > std::numeric_limits<std::int64_t>::max()) {
    fault_ = protocol_error;
    return;
  }
  if (op <= op_binary) {
    auto count = op == op_continuation ? fragments_ + 1 : 1;
    if (count > max_fragments_) {
      fault_ = policy;
      return;
    }
    fragments_ = count;
  }
  // Other close frames are Beast's to refuse.
  in_close_ = header(0) == (0x80 | op_close) && header(1) >= 0x80 && length <= max_control_bytes &&
              needed() == 6;
  left_ = length;
  if (left_ == 0) end_frame();
}

void frame_watch::end_frame() {
  have_ = 0;
  close_passed_ = in_close_;
}

std::size_t frame_watch::take_payload(std::string_view bytes) {
  auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  if (in_close_) {
    const char* mask = header_ + needed() - 4;
    if (!close_payload_) close_payload_ = std::make_unique<std::string>();
    for (std::size_t i = 0; i < n; ++i)
      *close_payload_ += static_cast<char>(bytes[i] ^ mask[close_payload_->size() % 4]);
  }
  left_ -= n;
  if (left_ == 0) end_frame();
  return n;
}

std::optional<std::uint16_t> frame_watch::close_answer() const {
  if (!close_passed_ || !close_payload_ || close_payload_->size() < 2) return std::nullopt;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*close_payload_)[i]); };
  auto code = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
  if (!may_be_sent(code)) return protocol_error;
  auto reason = std::string_view(*close_payload_).substr(2);
  return is_utf8(reason) ? code : bad_payload;
}

bool is_utf8(std::string_view text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

}  // namespace nova::gateway
