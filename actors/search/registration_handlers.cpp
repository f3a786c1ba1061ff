// Handler of seeker_entity for a new account: user has told of it before, so this domain has all that it needs.
#include "actors/search/seeker_entity.hpp"
#include "protocols/search/search.nova.hpp"
#include "protocols/user/user.pb.h"

namespace nova::search {

seeker_entity::outcome seeker_entity::on_registration_confirmed(
    const seeker_state&, const user::RegistrationConfirmed& e, const context&, const reads&) {
  runtime::decision<seeker_state> d;
  if (e.refused()) return d;
  RegistrationConfirmed answer;
  answer.set_account_id(e.account_id());
  answer.set_registration_id(e.registration_id());
  d.events.push_back({&registration_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

}  // namespace nova::search
