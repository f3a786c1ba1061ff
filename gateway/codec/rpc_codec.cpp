// JSON-RPC 2.0 and session.Frame; see rpc_codec.hpp.
#include "gateway/codec/rpc_codec.hpp"

#include "gateway/codec/json_member.hpp"
#include "gateway/codec/requests.hpp"
#include "protocols/core/bus.hpp"
#include "protocols/core/json.hpp"
#include "protocols/session/session.pb.h"

#include <charconv>
#include <limits>

namespace nova::gateway {
namespace {

namespace json = boost::json;

call_failure fail(rpc_error number, std::string detail) {
  auto code = number == rpc_error::no_method ? errc::not_found : errc::invalid_request;
  return {static_cast<int>(number), make_error(code, std::move(detail))};
}

/// A method that sockets may call; null for others.
const rpc::method* find_callable(std::string_view name) {
  const auto* method = name.empty() ? nullptr : rpc::find_rpc(name);
  return method && method->caller != rpc::caller_kind::node ? method : nullptr;
}

void take_params(incoming_call& call, result<rpc::message_ptr> params) {
  if (params) call.params = std::move(*params);
  else call.failure = call_failure{static_cast<int>(rpc_error::invalid_params), params.error()};
}

/// The id byte for byte, as `text` has it. The value alone says so for a number that can be written in
/// one way only, and for a string where nothing in the text is escaped; any other is searched for.
std::string id_as_sent(const json::value& id, std::string_view text) {
  if (const auto* number = id.if_int64(); number && *number != 0) return std::to_string(*number);
  if (const auto* plain = id.if_string(); plain && text.find('\\') == text.npos)
    return "\"" + std::string(std::string_view(*plain)) + "\"";
  return std::string(member_text(text, "id"));
}

bool take_id(incoming_call& call, const json::object& object, std::string_view text,
             unsigned max_bytes) {
  const auto* id = object.if_contains("id");
  call.notification = id == nullptr;
  if (!id) return true;
  if (id->is_object() || id->is_array() || id->is_bool()) return false;
  auto as_sent = id_as_sent(*id, text);
  if (as_sent.size() > max_bytes || has_lone_surrogate(as_sent)) return false;
  call.id = std::move(as_sent);
  return true;
}

incoming_call read_json_call(std::string_view text, const codec_limits& limits) {
  incoming_call call;
  call.id = "null";
  auto value = parse_json(text, limits.max_json_depth);
  if (!value) {
    call.failure = fail(rpc_error::parse, value.error().detail);
    return call;
  }
  const auto* object = value->if_object();
  if (!object) {
    call.failure =
        fail(rpc_error::invalid_request,
             value->is_array() ? "Batches are not supported." : "The message is not an object.");
    return call;
  }
  const auto* version = object->if_contains("jsonrpc");
  const auto* name = object->if_contains("method");
  bool id_ok = take_id(call, *object, text, limits.max_id_bytes);
  bool shaped = id_ok && version && version->is_string() && version->get_string() == "2.0" &&
                name && name->is_string();
  if (!shaped) {
    call.notification = false;
    call.failure =
        fail(rpc_error::invalid_request, id_ok ? "The message is not a JSON-RPC 2.0 call."
                                               : "The id is not a short string or a number.");
    return call;
  }
  call.method = find_callable(name->get_string());
  if (call.method) take_params(call, read_json_params(*call.method, object->if_contains("params")));
  else call.failure = fail(rpc_error::no_method, "There is no such method.");
  return call;
}

incoming_call read_binary_call(std::string_view bytes) {
  incoming_call call;
  call.id = "0";
  session::Frame frame;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    call.failure = fail(rpc_error::parse, "The message is not a frame.");
    return call;
  }
  if (!frame.has_call()) {
    call.failure = fail(rpc_error::invalid_request, "The frame is not a call.");
    return call;
  }
  call.id = std::to_string(frame.call().id());
  call.notification = frame.call().id() == 0;
  call.method = find_callable(frame.call().method());
  if (call.method) take_params(call, read_protobuf_params(*call.method, frame.call().params()));
  else call.failure = fail(rpc_error::no_method, "There is no such method.");
  return call;
}

std::uint64_t number_of(std::string_view id) {
  std::uint64_t out = 0;
  std::from_chars(id.data(), id.data() + id.size(), out);
  return out;
}

frame binary_frame(const session::Frame& message) {
  frame_builder builder;
  message.AppendToString(&builder.payload());
  return std::move(builder).finish(opcode::binary);
}

}  // namespace

incoming_call read_call(encoding e, std::string_view text, const codec_limits& limits) {
  return e == encoding::json ? read_json_call(text, limits) : read_binary_call(text);
}

frame write_result(encoding e, std::string_view id, const rpc::method& method,
                   const rpc::message& reply) {
  if (e == encoding::protobuf) {
    session::Frame out;
    out.mutable_reply()->set_id(number_of(id));
    reply.SerializeToString(out.mutable_reply()->mutable_result());
    return binary_frame(out);
  }
  frame_builder builder;
  auto& out = builder.payload();
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"result":)";
  method.reply->write_json(reply, out);
  out += '}';
  return std::move(builder).finish(opcode::text);
}

frame write_failure(encoding e, std::string_view id, const call_failure& failure,
                    std::string_view request_id) {
  if (e == encoding::protobuf) {
    session::Frame out;
    out.mutable_reply()->set_id(number_of(id));
    fill_problem(*out.mutable_reply()->mutable_error(), failure.problem, request_id,
                 failure.number);
    return binary_frame(out);
  }
  frame_builder builder;
  auto& out = builder.payload();
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":)";
  out += std::to_string(failure.number);
  out += R"(,"message":)";
  rpc::json::put(out, describe(failure.problem.code).title);
  out += R"(,"data":)";
  append_problem(out, failure.problem, request_id);
  out += "}}";
  return std::move(builder).finish(opcode::text);
}

std::optional<frame> write_push(encoding e, const session::Push& push) {
  if (e == encoding::protobuf) {
    session::Frame out;
    *out.mutable_push() = push;
    return binary_frame(out);
  }
  const auto* type = rpc::find_push(push.method());
  auto body = type ? type->type->make() : nullptr;
  if (!body || !body->ParseFromString(push.params())) return std::nullopt;
  return make_frame(opcode::text, rpc::push(*type, std::move(body)).json());
}

call_failure failure_of(error e) {
  int number = static_cast<int>(e.code);
  return {number, std::move(e)};
}

}  // namespace nova::gateway
