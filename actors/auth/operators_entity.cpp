#include "actors/auth/operators_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "storage/auth/operator_store.hpp"

namespace nova::auth {

runtime::entity_kind operators_entity::kind() {
  runtime::methods<operators_entity> operators("operators");
  bind_operators<operators_entity>(operators);
  return operators.take();
}

runtime::loading<operators_state> operators_entity::load(std::string_view,
                                                         const runtime::reads& r) {
  if (r.size() == 0) return runtime::need{{store::operators(max_operators)}};
  return operators_state{read_operators(r.rows(0))};
}

}  // namespace nova::auth
