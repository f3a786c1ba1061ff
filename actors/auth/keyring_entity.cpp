#include "actors/auth/keyring_entity.hpp"

#include "protocols/auth/auth.nova.hpp"

namespace nova::auth {

runtime::entity_kind keyring_entity::kind() {
  runtime::methods<keyring_entity> keyring("keyring");
  bind_keyring<keyring_entity>(keyring);
  return keyring.take();
}

}  // namespace nova::auth
