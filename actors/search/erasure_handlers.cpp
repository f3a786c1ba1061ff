// Handler of seeker_entity for the end of an account: it tells what search has erased.
#include "actors/search/seeker_entity.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/search/search.nova.hpp"
#include "storage/search/search_store.hpp"

namespace nova::search {

seeker_entity::outcome seeker_entity::on_confirm_erasure(const seeker_state&,
                                                         const auth::ConfirmErasure& e,
                                                         const context&, const reads& r) {
  const auto account = parse_uuid(e.account_id());
  if (!account) return make_error(errc::invalid_request);
  if (r.size() == 0) return runtime::need{{store::erasure(*account)}};
  ErasureConfirmed answer;
  answer.set_account_id(e.account_id());
  answer.set_certificate_id(e.certificate_id());
  answer.set_erased(read_erased(r.rows(0)));
  runtime::decision<seeker_state> d;
  d.statements.push_back(store::delete_erasure(*account));
  d.events.push_back({&erasure_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

}  // namespace nova::search
