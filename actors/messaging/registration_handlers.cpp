// Handler of inbox_entity for a new account: user has told of it before, so this domain has all that it needs.
#include "actors/messaging/inbox_entity.hpp"
#include "actors/runtime/api/registration.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.pb.h"

namespace nova::messaging {

inbox_entity::outcome inbox_entity::on_registration_confirmed(const inbox_state& s,
                                                              const user::RegistrationConfirmed& e,
                                                              const context&, const reads&) {
  return runtime::confirm_registration<RegistrationConfirmed>(s, e, registration_confirmed_event());
}

}  // namespace nova::messaging
