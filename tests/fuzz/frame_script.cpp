#include "tests/fuzz/frame_script.hpp"

#include "tests/fuzz/claim.hpp"

#include <algorithm>
#include <optional>

namespace nova::fuzz {
namespace {

constexpr std::string_view mask = "\x37\xfa\x21\x3d";

void put_length(std::string& out, std::uint64_t length, int bytes, std::uint8_t masked) {
  out += static_cast<char>(masked | (bytes == 0 ? length : bytes == 2 ? 126 : 127));
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(length >> (8 * i));
}

/// Where `text` stops to be UTF-8: empty when it is whole, else the first byte of what is wrong or unfinished.
std::optional<std::size_t> broken_utf8(std::string_view text, bool& unfinished) {
  unfinished = false;
  for (std::size_t i = 0; i < text.size();) {
    unsigned first = static_cast<unsigned char>(text[i]), low = 0x80, high = 0xbf;
    std::size_t tail = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4)) return i;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
    for (std::size_t k = 1; k <= tail; ++k, low = 0x80, high = 0xbf) {
      if (i + k == text.size()) return unfinished = true, i;
      unsigned next = static_cast<unsigned char>(text[i + k]);
      if (next < low || next > high) return i;
    }
    i += 1 + tail;
  }
  return std::nullopt;
}

bool code_allowed(int code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/// One message that comes in fragments.
struct assembly {
  bool open = false, text = false;
  std::string data;
};

class referee {
 public:
  referee(std::size_t max_bytes, bool text_wanted)
      : max_bytes_(max_bytes), text_wanted_(text_wanted) {}

  /// True when the connection goes on.
  bool take(const client_frame& f, verdict& out) {
    bool control = f.opcode() >= 8;
    bool known = f.opcode() <= 2 || (f.opcode() >= 8 && f.opcode() <= 10);
    if (f.reserved() != 0 || !known || !f.masked() || !f.shortest_length()) return close(out, 1002);
    if (control && (!f.fin() || f.length() > 125)) return close(out, 1002);
    if (control) return take_control(f, out);
    return take_data(f, out);
  }

 private:
  static bool close(verdict& out, int code) {
    out.close = code;
    return false;
  }

  bool take_control(const client_frame& f, verdict& out) {
    if (f.promises_more()) return false;
    if (f.opcode() == 9) out.pings.push_back(f.payload);
    if (f.opcode() != 8) return true;
    bool unfinished = false;
    if (f.payload.size() == 1) return close(out, 1002);
    int code = f.payload.empty() ? 1000 : (f.payload[0] & 0xff) << 8 | (f.payload[1] & 0xff);
    if (!code_allowed(code)) return close(out, 1002);
    if (f.payload.size() > 2 && broken_utf8(std::string_view(f.payload).substr(2), unfinished))
      return close(out, 1007);
    out.clean = true;
    // An empty close may be answered by an empty one.
    out.may_close = f.payload.empty() ? 1000 : 0;
    return close(out, f.payload.empty() ? 1005 : code);
  }

  bool take_data(const client_frame& f, verdict& out) {
    if ((f.opcode() == 0) != message_.open) return close(out, 1002);
    if (f.opcode() != 0) message_ = {true, f.opcode() == 1, {}};
    if (message_.data.size() + f.length() > max_bytes_) return close(out, 1009);
    message_.data += f.payload;
    bool unfinished = false;
    auto broken = message_.text ? broken_utf8(message_.data, unfinished) : std::nullopt;
    if (broken && !unfinished) return close(out, 1007);
    if (f.promises_more()) return false;
    if (!f.fin()) return true;
    bool wanted = message_.text == text_wanted_;
    if (broken && !wanted) out.may_close = 1003;  // both are true of the message
    if (broken) return close(out, 1007);
    if (!wanted) return close(out, 1003);
    message_.open = false;
    return true;
  }

  const std::size_t max_bytes_;
  const bool text_wanted_;
  assembly message_;
};

}  // namespace

bool client_frame::shortest_length() const noexcept {
  int form = shape & 3;
  if (form == 1) return payload.size() >= 126;
  return form != 2;  // a script's payload never needs eight bytes
}

std::string client_frame::bytes() const {
  std::string out(1, static_cast<char>(first));
  int form = shape & 3;
  int length_bytes = form == 1 ? 2 : form == 2 ? 8 : length() < 126 ? 0 : 2;
  put_length(out, length(), length_bytes, masked() ? 0x80 : 0);
  if (masked()) out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += masked() ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i];
  return out;
}

std::vector<client_frame> read_script(std::string_view text) {
  std::vector<client_frame> out;
  while (text.size() >= 3) {
    client_frame f{static_cast<std::uint8_t>(text[0]), static_cast<std::uint8_t>(text[1]), {}};
    auto n = static_cast<std::uint8_t>(text[2]);
    f.payload = text.substr(3, n);
    text.remove_prefix(std::min<std::size_t>(text.size(), 3 + std::size_t{n}));
    out.push_back(std::move(f));
    if (out.back().promises_more()) break;
  }
  return out;
}

verdict judge(const std::vector<client_frame>& frames, std::size_t max_message_bytes,
              bool text_wanted) {
  verdict out;
  referee r(max_message_bytes, text_wanted);
  for (const auto& f : frames) {
    out.shown += (f.fin() ? " fin " : " ") + std::to_string(f.opcode()) + '/' +
                 std::to_string(f.shape) + ':' + f.payload;
    if (!r.take(f, out)) break;
  }
  return out;
}

int server_frame::close_code() const noexcept {
  return payload.size() < 2 ? 1005 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
}

std::vector<server_frame> read_frames(std::string_view bytes) {
  std::vector<server_frame> out;
  while (!bytes.empty()) {
    claim(bytes.size() >= 2, "a whole header", bytes);
    auto first = static_cast<std::uint8_t>(bytes[0]), second = static_cast<std::uint8_t>(bytes[1]);
    int opcode = first & 15;
    claim((first & 0xf0) == 0x80, "a server's frame is whole and without extensions", bytes);
    claim(opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10), "a known opcode", bytes);
    claim(!(second & 0x80), "a server does not mask", bytes);
    std::size_t more = second == 126 ? 2 : second == 127 ? 8 : 0;
    claim(bytes.size() >= 2 + more, "a whole length", bytes);
    std::uint64_t length = second;
    if (more > 0) length = 0;
    for (std::size_t i = 0; i < more; ++i)
      length = length << 8 | static_cast<std::uint8_t>(bytes[2 + i]);
    claim(bytes.size() >= 2 + more + length, "a whole payload", bytes);
    claim(opcode < 8 || length <= 125, "a short control frame", bytes);
    out.push_back({opcode, bytes.substr(2 + more, length)});
    bytes.remove_prefix(2 + more + length);
  }
  return out;
}

}  // namespace nova::fuzz
