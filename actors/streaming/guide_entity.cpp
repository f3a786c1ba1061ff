#include "actors/streaming/guide_entity.hpp"

#include "protocols/streaming/streaming.nova.hpp"

namespace nova::streaming {

runtime::entity_kind guide_entity::kind() {
  runtime::methods<guide_entity> guide("guide");
  bind_guide<guide_entity>(guide);
  return guide.take();
}

runtime::loading<guide_state> guide_entity::load(std::string_view, const reads&) { return state{}; }

}  // namespace nova::streaming
