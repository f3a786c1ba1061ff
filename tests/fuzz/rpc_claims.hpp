// Claims that hold for every call that the codec read and every answer that it wrote, in either encoding. Used by
// json_rpc_fuzz and protobuf_rpc_fuzz.
#pragma once

#include "gateway/codec/requests.hpp"
#include "gateway/codec/rpc_codec.hpp"
#include "protocols/options/options.pb.h"
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/json_grammar.hpp"

#include <google/protobuf/util/message_differencer.h>
#include <boost/json.hpp>

#include <string>

namespace nova::fuzz {

inline constexpr unsigned generous_depth = 100;

/// The payload of a server's frame.
inline std::string_view payload_of(const gateway::frame& f) {
  auto bytes = f.bytes();
  auto length = static_cast<unsigned char>(bytes[1]);
  return bytes.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

/// A flag that says "this map is empty, not absent" beside a map that is not empty: protobuf can say it, JSON cannot.
inline void drop_contradictions(google::protobuf::Message& m) {
  const auto& type = *m.GetDescriptor();
  const auto& access = *m.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* f = type.field(i);
    const auto& flag = f->options().GetExtension(options::field).empty_flag();
    if (!flag.empty() && access.FieldSize(m, f) > 0)
      access.ClearField(&m, type.FindFieldByName(flag));
    if (f->cpp_type() != f->CPPTYPE_MESSAGE || f->is_map()) continue;
    if (!f->is_repeated()) {
      if (access.HasField(m, f)) drop_contradictions(*access.MutableMessage(&m, f));
      continue;
    }
    for (int n = 0; n < access.FieldSize(m, f); ++n)
      drop_contradictions(*access.MutableRepeatedMessage(&m, f, n));
  }
}

/// Written as JSON and read again, `m` is the same; what it says is JSON.
inline void claim_json_round_trip(const rpc::message_type& type, const rpc::message& m) {
  std::string text;
  type.write_json(m, text);
  claim(json_grammar(text).accepts(generous_depth), "what is written is JSON", text);
  auto value = gateway::parse_json(text, generous_depth);
  claim(value.has_value(), "what is written is accepted", text);
  auto back = type.make();
  std::vector<field_error> errors;
  type.read_json(*value, *back, errors);
  claim(errors.empty(), "what is written fits",
        errors.empty() ? "" : errors[0].field + ": " + errors[0].detail + text);
  auto plain = type.make();
  plain->CopyFrom(m);
  plain->DiscardUnknownFields();
  drop_contradictions(*plain);
  claim(google::protobuf::util::MessageDifferencer::Equals(*plain, *back),
        "the way through JSON changes nothing", text);
}

inline void claim_answer_is_json(const gateway::frame& f, std::string_view id) {
  auto text = payload_of(f);
  claim(json_grammar(text).accepts(generous_depth), "an answer is JSON", text);
  // As text: Boost.JSON reads a long fraction with an error in its last digit.
  const auto begin = R"({"jsonrpc":"2.0","id":)" + std::string(id) + ',';
  claim(text.starts_with(begin), "an answer has the call's id", text);
}

/// What every call is, whatever was sent.
inline void claim_call(const gateway::incoming_call& call) {
  claim((call.params != nullptr) != call.failure.has_value(), "a call has params or a failure");
  if (!call.params) {
    claim(!call.failure->problem.detail.empty() || !call.failure->problem.fields.empty(),
          "a failure says why");
    return;
  }
  claim(call.method != nullptr && call.method->caller != rpc::caller_kind::node,
        "a method for clients");
  claim(call.params->GetDescriptor()->full_name() == call.method->request->name,
        "params of the method's type");
  std::vector<field_error> errors;
  call.method->request->validate(*call.params, errors);
  claim(errors.empty(), "params within their limits");
}

}  // namespace nova::fuzz
