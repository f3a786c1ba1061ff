// A text message of nova.v1.json: the JSON parser against the grammar, the envelope, the params of every method, and the
// answers.
#include "tests/fuzz/rpc_claims.hpp"

namespace {

using namespace nova;
using fuzz::claim;
constexpr gateway::codec_limits limits{16, 64};

void compare_with_grammar(std::string_view text) {
  fuzz::json_grammar grammar(text);
  bool json = grammar.accepts(limits.max_json_depth);
  auto parsed = gateway::parse_json(text, limits.max_json_depth);
  if (parsed) claim(json, "only JSON is accepted", text);
  if (json && !grammar.extreme_number()) claim(parsed.has_value(), "all JSON is accepted", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  compare_with_grammar(text);
  auto call = gateway::read_call(gateway::encoding::json, text, limits);
  fuzz::claim_call(call);
  claim(call.id.size() <= std::max<std::size_t>(limits.max_id_bytes, 4), "an id is short");
  if (call.failure) {
    claim(call.failure->number != -32700 || call.id == "null",
          "nothing is read from what is no JSON");
    fuzz::claim_answer_is_json(
        gateway::write_failure(gateway::encoding::json, call.id, *call.failure, "r"), call.id);
    return 0;
  }
  fuzz::claim_json_round_trip(*call.method->request, *call.params);
  auto reply = call.method->reply->make();
  fuzz::claim_answer_is_json(
      gateway::write_result(gateway::encoding::json, call.id, *call.method, *reply), call.id);
  return 0;
}
