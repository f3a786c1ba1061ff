// A binary message of nova.v1.proto: the frame, the params of every method, that whatever is accepted in protobuf can be said
// in JSON too, and on to the domain's decision.
#include "protocols/session/session.pb.h"
#include "tests/fuzz/domain_stage.hpp"
#include "tests/fuzz/rpc_claims.hpp"

#include <google/protobuf/stubs/logging.h>

namespace {

nova::fuzz::domain_stage& stage() {
  static nova::fuzz::domain_stage made;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);  // as the server does
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nova;
  using fuzz::claim;
  constexpr gateway::codec_limits limits{16, 64};
  auto call = gateway::read_call(gateway::encoding::protobuf,
                                 {reinterpret_cast<const char*>(data), size}, limits);
  fuzz::claim_call(call);
  claim(!call.id.empty() && call.id.find_first_not_of("0123456789") == std::string::npos,
        "an id is a number");
  auto frame = call.failure ? gateway::write_failure(gateway::encoding::protobuf, call.id,
                                                     *call.failure, "r")
                            : gateway::write_result(gateway::encoding::protobuf, call.id,
                                                    *call.method, *call.method->reply->make());
  auto payload = fuzz::payload_of(frame);
  session::Frame answer;
  claim(answer.ParseFromArray(payload.data(), static_cast<int>(payload.size())),
        "an answer is a frame");
  claim(answer.has_reply() && std::to_string(answer.reply().id()) == call.id,
        "an answer has the call's id");
  claim(answer.reply().has_error() == call.failure.has_value(), "a failure is answered as one");
  if (!call.params) return 0;
  fuzz::claim_json_round_trip(*call.method->request, *call.params);
  if (call.method->entity.empty()) return 0;  // the gateway's own
  auto seed = static_cast<std::uint32_t>(stable_hash({reinterpret_cast<const char*>(data), size}));
  stage().clear();
  stage().carry_out(*call.method, call.params, seed % 4, seed);
  return 0;
}
