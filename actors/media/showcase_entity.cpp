#include "actors/media/showcase_entity.hpp"

#include "protocols/media/media.nova.hpp"

namespace nova::media {

runtime::entity_kind showcase_entity::kind() {
  runtime::methods<showcase_entity> showcase("showcase");
  bind_showcase<showcase_entity>(showcase);
  return showcase.take();
}

}  // namespace nova::media
