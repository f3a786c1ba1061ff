#include "actors/runtime/routing/relay.hpp"

namespace nova::runtime {

rpc::message_ptr body_of(const relay_event& e, const rpc::event_type& type) {
  if (e.body) return e.body;
  auto m = type.type->make();
  if (!m->ParseFromString(e.payload)) return nullptr;
  return m;
}

std::string payload_of(const relay_event& e) {
  return e.body ? e.body->SerializeAsString() : e.payload;
}

}  // namespace nova::runtime
