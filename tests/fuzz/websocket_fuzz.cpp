// A whole WebSocket: handshake, frames, fragments, control frames, calls. Input: how the bytes are cut; flags (1: no bearer
// token, 2: nova.v1.proto, 4: what follows is sent as it is); then frames, see frame_script.hpp. A judge of RFC 6455 of its own
// says with which code, if any, Nova has to close.
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/edge_stage.hpp"
#include "tests/fuzz/frame_script.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace nova;
using fuzz::claim;

enum flags : std::uint8_t { anonymous = 1, binary = 2, raw = 4 };

std::string handshake(std::uint8_t flags) {
  static const std::string bearer = "Authorization: Bearer " + fuzz::access_token() + "\r\n";
  std::string out =
      "GET /v1/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
      "websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: nova.v1.";
  out += flags & binary ? "proto\r\n" : "json\r\n";
  if (!(flags & anonymous)) out += bearer;
  return out + "\r\n";
}

std::vector<fuzz::server_frame> frames_of(const fuzz::played& out) {
  auto end = out.sent.find("\r\n\r\n");
  claim(out.sent.starts_with("HTTP/1.1 101 ") && end != out.sent.npos, "the handshake is accepted",
        out.sent);
  return fuzz::read_frames(std::string_view(out.sent).substr(end + 4));
}

/// What was sent, without pongs (of several pings only the last needs an answer) and without the code of a close: of two
/// reasons the first that is seen counts.
std::vector<std::string> said(const std::vector<fuzz::server_frame>& frames) {
  std::vector<std::string> out;
  for (const auto& f : frames)
    if (f.opcode != 10)
      out.push_back(std::to_string(f.opcode) + ' ' + std::string(f.opcode == 8 ? "" : f.payload));
  return out;
}

/// The same, or, when the connection was closed, as far as one of them got: an answer that is under way then is not sent.
bool agree(std::vector<std::string> one, std::vector<std::string> other) {
  const auto closed = [](const auto& x) { return !x.empty() && x.back().starts_with("8 "); };
  if (!closed(one) || !closed(other)) return one == other;
  one.pop_back();
  other.pop_back();
  if (other.size() < one.size()) std::swap(one, other);
  return std::equal(one.begin(), one.end(), other.begin());
}

void claim_pongs(const std::vector<fuzz::server_frame>& frames,
                 const std::vector<std::string>& pings) {
  auto next = pings.begin();
  for (const auto& f : frames) {
    if (f.opcode != 10) continue;
    next = std::find(next, pings.end(), f.payload);
    claim(next != pings.end(), "a pong answers a ping", f.payload);
    ++next;
  }
}

void claim_close(const std::vector<fuzz::server_frame>& frames, const fuzz::verdict& expected,
                 const std::string& shown) {
  int code = 0;
  for (const auto& f : frames)
    if (f.opcode == 8) code = f.close_code();
  if (expected.close == 0 && expected.may_close == 0) {
    // Nova's own reasons to close come from the session only.
    claim(code == 0 || code == 4401 || code == 1008, "no close without a reason",
          shown + " got " + std::to_string(code));
    return;
  }
  bool right = code == expected.close || (expected.may_close != 0 && code == expected.may_close);
  claim(right || code == 4401 || code == 1008, "closed with the right code",
        shown + " got " + std::to_string(code) + " not " + std::to_string(expected.close));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
  std::string sent = handshake(data[1]);
  fuzz::verdict expected;
  if (data[1] & raw) {
    sent += rest;
  } else {
    auto script = fuzz::read_script(rest);
    for (const auto& f : script) sent += f.bytes();
    expected = fuzz::judge(script, fuzz::small_limits().max_message_bytes, !(data[1] & binary));
  }
  std::string_view whole[] = {sent};
  auto out = fuzz::play(whole);
  auto frames = frames_of(out);
  for (std::size_t i = 0; i + 1 < frames.size(); ++i)
    claim(frames[i].opcode != 8, "nothing follows a close frame");
  if (!(data[1] & raw)) {
    claim_close(frames, expected, expected.shown);
    claim_pongs(frames, expected.pings);
    if (expected.clean)
      claim(out.ended, "after both close frames the connection ends", expected.shown);
  }
  auto again = fuzz::play(fuzz::cut(sent, data[0]));
  auto other = frames_of(again);
  claim(agree(said(frames), said(other)), "cut otherwise, the same frames", expected.shown);
  if (!(data[1] & raw)) claim_close(other, expected, expected.shown);
  claim(out.asked == again.asked, "cut otherwise, the same calls", expected.shown);
  return 0;
}
