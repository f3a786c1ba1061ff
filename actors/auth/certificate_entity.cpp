#include "actors/auth/certificate_entity.hpp"

#include "protocols/auth/auth.nova.hpp"

namespace nova::auth {

runtime::entity_kind certificate_entity::kind() {
  runtime::methods<certificate_entity> certificate("certificate");
  bind_certificate<certificate_entity>(certificate);
  return certificate.take();
}

}  // namespace nova::auth
