// Handler of seeker_entity for a new account: user has told of it before, so this domain has all that it needs.
#include "actors/runtime/api/registration.hpp"
#include "actors/search/seeker_entity.hpp"
#include "protocols/search/search.nova.hpp"
#include "protocols/search/search.pb.h"
#include "protocols/user/user.pb.h"

namespace nova::search {

seeker_entity::outcome seeker_entity::on_registration_confirmed(
    const seeker_state& s, const user::RegistrationConfirmed& e, const context&, const reads&) {
  return runtime::confirm_registration<RegistrationConfirmed>(s, e, registration_confirmed_event());
}

}  // namespace nova::search
