#include "actors/user/directory_entity.hpp"

#include "protocols/user/user.nova.hpp"

namespace nova::user {

runtime::entity_kind directory_entity::kind() {
  runtime::methods<directory_entity> directory("directory");
  bind_directory<directory_entity>(directory);
  return directory.take();
}

}  // namespace nova::user
