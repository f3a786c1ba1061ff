// What Nova itself says: every reply, push and event type, from protobuf bytes to both encodings. First byte: which type.
#include "protocols/core/bus.hpp"
#include "protocols/session/session.pb.h"
#include "tests/fuzz/rpc_claims.hpp"

#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/message_differencer.h>

namespace {

using namespace nova;
using fuzz::claim;

void claim_push(const rpc::push_type& type, std::shared_ptr<rpc::message> body) {
  rpc::push p(type, body);
  auto parsed = gateway::parse_json(p.json(), fuzz::generous_depth);
  claim(parsed && parsed->at("method").as_string() == type.rpc, "a push is a JSON-RPC notification",
        p.json());
  claim(!parsed->as_object().contains("id"), "a push has no id");
  session::Frame frame;
  claim(frame.ParseFromString(p.binary()) && frame.has_push(), "a push is a frame");
  auto back = type.type->make();
  claim(back->ParseFromString(frame.push().params()), "a push's params are its message");
  claim(google::protobuf::util::MessageDifferencer::Equals(*body, *back),
        "a frame changes nothing");
}

/// Times print as RFC 3339 with four digits of year: only those within make the way and back.
bool times_print(const rpc::message_type& type, const rpc::message& m) {
  std::string text;
  type.write_json(m, text);
  return text.find("\"0000-01-01T00:00:00.000Z\"") == text.npos &&
         text.find("\"9999-12-31T23:59:59.999Z\"") == text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  auto pushes = rpc::all_pushes();
  auto methods = rpc::all_methods();
  auto events = rpc::all_events();
  auto which = data[0] % (pushes.size() + methods.size() + events.size());
  const rpc::message_type* type = nullptr;
  const rpc::push_type* push = nullptr;
  if (which < pushes.size()) push = pushes[which], type = push->type;
  else if (which - pushes.size() < methods.size()) type = methods[which - pushes.size()]->reply;
  else type = events[which - pushes.size() - methods.size()]->type;
  std::shared_ptr<rpc::message> m = type->make();
  if (!m->ParseFromArray(data + 1, static_cast<int>(size - 1))) return 0;
  m->DiscardUnknownFields();
  std::vector<field_error> errors;
  type->validate(*m, errors);
  if (!errors.empty() || !times_print(*type, *m)) return 0;
  std::string text;
  type->write_json(*m, text);
  claim(fuzz::json_grammar(text).accepts(fuzz::generous_depth), "what is written is JSON", text);
  if (push) claim_push(*push, m);
  return 0;
}
