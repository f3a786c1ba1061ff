#include "gateway/views/ingest_address.hpp"

#include "protocols/live/live.pb.h"

#include <google/protobuf/descriptor.h>

#include <unordered_set>

namespace nova::gateway {
namespace {

const google::protobuf::FieldDescriptor* ingest_field(const rpc::message& m) {
  const auto& type = *m.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i)
    if (!type.field(i)->is_repeated() &&
        type.field(i)->message_type() == live::Ingest::descriptor())
      return type.field(i);
  return nullptr;
}

/// Without a port; an address of IPv6 keeps its brackets.
std::string host_of(std::string_view origin) {
  if (const auto at = origin.find("://"); at != origin.npos) origin.remove_prefix(at + 3);
  const auto last = origin.rfind(':');
  const bool has_port = last != origin.npos && origin.find(']', last) == origin.npos;
  return std::string(origin.substr(0, has_port ? last : origin.npos));
}

}  // namespace

bool tells_ingest(const rpc::method& method) {
  static const auto telling = [] {
    std::unordered_set<const rpc::method*> out;
    for (const auto* m : rpc::all_methods())
      if (ingest_field(*m->reply->make()) != nullptr) out.insert(m);
    return out;
  }();
  return telling.contains(&method);
}

rpc::message_ptr with_ingest_address(const rpc::message_ptr& reply, std::string_view origin,
                                     std::uint16_t rtmp_port) {
  const auto* field = ingest_field(*reply);
  if (field == nullptr || !reply->GetReflection()->HasField(*reply, field)) return reply;
  const auto& told =
      static_cast<const live::Ingest&>(reply->GetReflection()->GetMessage(*reply, field));
  const bool path_only = told.hls_put_url().starts_with('/');
  const bool by_rtmp = rtmp_port != 0 && told.rtmp_url().empty() && !told.key().empty();
  if (!path_only && !by_rtmp) return reply;
  std::shared_ptr<rpc::message> out(reply->New());
  out->CopyFrom(*reply);
  auto& ingest =
      static_cast<live::Ingest&>(*out->GetReflection()->MutableMessage(out.get(), field));
  if (path_only) ingest.mutable_hls_put_url()->insert(0, origin);
  if (by_rtmp)
    ingest.set_rtmp_url("rtmp://" + host_of(origin) + ':' + std::to_string(rtmp_port) + "/live");
  return out;
}

}  // namespace nova::gateway
