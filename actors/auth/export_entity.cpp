#include "actors/auth/export_entity.hpp"

#include "protocols/auth/auth.nova.hpp"

namespace nova::auth {

runtime::entity_kind export_entity::kind() {
  runtime::methods<export_entity> exports("export");
  bind_export<export_entity>(exports);
  return exports.take();
}

}  // namespace nova::auth
