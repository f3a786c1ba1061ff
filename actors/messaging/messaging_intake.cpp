#include "actors/messaging/messaging_intake.hpp"

#include "protocols/user/user.nova.hpp"
#include "storage/messaging/messaging_store.hpp"

namespace nova::messaging {

namespace {

using runtime::context;
using runtime::effect;
using runtime::reads;
using runtime::read_model_effect;

effect on_profile_changed(const rpc::message& m, const context&, const reads&) {
  const auto& e = static_cast<const user::ProfileChanged&>(m);
  return read_model_effect{{store::upsert_person(parse_uuid(e.account_id()).value(), e.handle(), e.display_name())},
                           {}};
}

// The pair's direct conversation, if it is active, loads the new truth before the event counts as settled.
template <class Event>
effect on_block(const Event& e, const reads& r, storage::statement (*change)(const uuid&, const uuid&)) {
  auto blocker = parse_uuid(e.account_id()).value();
  auto blocked = parse_uuid(e.blocked_id()).value();
  if (r.size() == 0) return runtime::need{{store::find_direct(blocker, blocked)}};
  read_model_effect out{{change(blocker, blocked)}, {}};
  if (auto id = read_direct(r.rows(0))) out.refresh.push_back({"conversation", to_string(*id)});
  return out;
}

}  // namespace

std::vector<runtime::intake> intakes() {
  return {
      {&user::profile_changed_event(), on_profile_changed},
      {&user::blocked_event(),
       [](const rpc::message& m, const context&, const reads& r) {
         return on_block(static_cast<const user::Blocked&>(m), r, store::insert_block);
       }},
      {&user::unblocked_event(),
       [](const rpc::message& m, const context&, const reads& r) {
         return on_block(static_cast<const user::Unblocked&>(m), r, store::delete_block);
       }},
  };
}

}  // namespace nova::messaging
