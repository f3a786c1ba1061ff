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

rpc::message_ptr with_ingest_address(const rpc::message_ptr& reply, std::string_view origin) {
  const auto* field = ingest_field(*reply);
  if (field == nullptr || !reply->GetReflection()->HasField(*reply, field)) return reply;
  const auto& told = reply->GetReflection()->GetMessage(*reply, field);
  if (!static_cast<const live::Ingest&>(told).hls_put_url().starts_with('/')) return reply;
  std::shared_ptr<rpc::message> out(reply->New());
  out->CopyFrom(*reply);
  auto& ingest =
      static_cast<live::Ingest&>(*out->GetReflection()->MutableMessage(out.get(), field));
  ingest.mutable_hls_put_url()->insert(0, origin);
  return out;
}

}  // namespace nova::gateway
