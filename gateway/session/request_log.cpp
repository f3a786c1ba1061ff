#include "gateway/session/request_log.hpp"

#include "gateway/loop/io_thread.hpp"
#include "protocols/core/log.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace nova::gateway {
namespace {

constexpr int first_failure = 400, wrong_password = 401, locked_or_too_often = 429;
constexpr std::size_t max_method_bytes = 128;

/// Null: the type has no such field of one text.
const google::protobuf::FieldDescriptor* text_field(const google::protobuf::Descriptor& type,
                                                    const char* name) {
  const auto* field = type.FindFieldByName(name);
  const bool one_text = field && !field->is_repeated() &&
                        field->type() == google::protobuf::FieldDescriptor::TYPE_STRING;
  return one_text ? field : nullptr;
}

}  // namespace

bool signs_in(const rpc::method& method) {
  if (method.caller != rpc::caller_kind::anonymous || method.rate != rpc::rate_class::sign_in)
    return false;
  const auto& reply = *method.reply->make()->GetDescriptor();
  return text_field(reply, "account_id") && text_field(reply, "session_id");
}

std::optional<begun_session> session_begun(const rpc::method& method, const rpc::message& reply) {
  if (!signs_in(method)) return std::nullopt;
  const auto id_of = [&](const char* name) {
    const auto* field = text_field(*reply.GetDescriptor(), name);
    return parse_uuid(reply.GetReflection()->GetString(reply, field)).value_or(uuid{});
  };
  return begun_session{id_of("account_id"), id_of("session_id")};
}

bool request_is_logged(int status, bool signs_in) {
  return log::writes(log::level::debug) ||
         ((signs_in || status >= first_failure) && log::writes(log::level::info));
}

void log_request(io_thread& thread, const request_facts& f) {
  const bool failed = f.status >= first_failure;
  const bool sign_in_failed =
      f.signs_in && (f.status == wrong_password || f.status == locked_or_too_often);
  if (failed && !log::writes(log::level::debug) &&
      !(sign_in_failed ? thread.may_log_sign_in() : thread.may_log()))
    return;
  const auto took_us = std::chrono::duration_cast<std::chrono::microseconds>(f.took).count();
  const auto text_of = [](const uuid* id) { return id ? to_string(*id) : std::string(); };
  const log::fields fields = {
      {"transport", f.transport},   {"method", f.method.substr(0, max_method_bytes)},
      {"status", f.status},         {"took_us", took_us},
      {"request_id", f.request_id}, {"account", text_of(f.account)},
      {"address", f.address},       {"session", text_of(f.session)}};
  if (sign_in_failed) log::info("gateway.sign_in_failed", fields);
  else if (failed) log::info("gateway.request_failed", fields);
  else if (f.signs_in) log::info("gateway.signed_in", fields);
  else log::debug("gateway.request", fields);
}

}  // namespace nova::gateway
