#include "actors/sample/notebook_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/sample/sample.nova.hpp"
#include "storage/sample/sample_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::sample {

runtime::entity_kind notebook_entity::kind() {
  runtime::methods<notebook_entity> notebook("notebook");
  bind_notebook<notebook_entity>(notebook);
  notebook.on<auth::AccountRegistered>(auth::account_registered_event(),
                                       &notebook_entity::on_account_registered);
  notebook.on_reminder<google::protobuf::StringValue>(&notebook_entity::on_due);
  return notebook.take();
}

runtime::loading<notebook_state> notebook_entity::load(std::string_view key, const reads& r) {
  const auto account = parse_uuid(key);
  if (!account) return notebook_state{};
  if (r.size() == 0) return runtime::need{{store::notebook(*account)}};
  return notebook_state{*account, read_count(r.rows(0))};
}

}  // namespace nova::sample
