// Handler of inbox_entity for the end of an account: it tells what messaging has erased.
#include "actors/messaging/inbox_entity.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/erasure_store.hpp"

namespace nova::messaging {

inbox_entity::outcome inbox_entity::on_confirm_erasure(const inbox_state&,
                                                       const auth::ConfirmErasure& e,
                                                       const context&, const reads& r) {
  const auto account = parse_uuid(e.account_id());
  if (!account) return make_error(errc::invalid_request);
  if (r.size() == 0) return runtime::need{{store::erasure(*account)}};
  const auto counts = store::read_erasure(r.rows(0));
  ErasureConfirmed answer;
  answer.set_account_id(e.account_id());
  answer.set_certificate_id(e.certificate_id());
  answer.set_erased(counts.erased);
  answer.set_anonymised(counts.anonymised);
  runtime::decision<inbox_state> d;
  d.statements.push_back(store::delete_erasure(*account));
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

}  // namespace nova::messaging
