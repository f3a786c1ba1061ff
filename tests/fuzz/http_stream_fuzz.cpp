// A whole HTTP connection: heads, bodies, chunks, pipelining. First byte: how the bytes are cut. The same bytes cut otherwise
// get the same answers, and the requests that Nova sees are those that a strict reader of RFC 9112 sees: no more, no less.
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/edge_stage.hpp"
#include "tests/fuzz/http_reader.hpp"

namespace {

using namespace nova;
using fuzz::claim;

void claim_same(const fuzz::played& a, const fuzz::played& b, std::string_view input) {
  claim(a.asked == b.asked, "cut otherwise, the same calls", input);
  claim(a.ended == b.ended, "cut otherwise, the same end", input);
  auto one = fuzz::read_answers(a.sent), other = fuzz::read_answers(b.sent);
  claim(one.size() == other.size(), "cut otherwise, as many answers", input);
  for (std::size_t i = 0; i < one.size(); ++i) {
    claim(one[i].close == other[i].close, "cut otherwise, the same ends", input);
    // What breaks two rules is refused by the one that is seen first.
    bool refused = one[i].close && one[i].status >= 400 && one[i].status <= 505 &&
                   other[i].status >= 400 && other[i].status <= 505;
    claim(refused || one[i].status == other[i].status, "cut otherwise, the same answers", input);
  }
}

void claim_framing(std::string_view input, const fuzz::played& out) {
  auto reading = fuzz::read_requests(input);
  auto answers = fuzz::read_answers(out.sent);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    bool last = i + 1 == answers.size();
    claim(last || !answer.close, "nothing follows an answer that closes", input);
    if (i < reading.requests.size() && reading.requests[i].close)
      claim(answer.close, "what asks for the end gets it", input);
    bool refused = answer.close && answer.status >= 400;
    if (i < reading.requests.size() || refused) continue;
    claim(false, "an answer without a request", input);
  }
  bool open = answers.empty() || !answers.back().close;
  if (open && !reading.upgraded && answers.size() < reading.requests.size())
    claim(false, "a request without an answer", input);
  if (reading.malformed && open && !reading.upgraded)
    claim(false, "malformed, yet the connection goes on", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string_view whole[] = {text};
  auto out = fuzz::play(whole);
  if (out.sent.find("HTTP/1.1 101 ") != out.sent.npos) return 0;  // websocket_fuzz's business
  claim_framing(text, out);
  claim_same(out, fuzz::play(fuzz::cut(text, data[0])), text);
  return 0;
}
