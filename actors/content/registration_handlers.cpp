// Handler of shelf_entity for a new account: user has told of it before, so this domain has all that it needs.
#include "actors/content/shelf_entity.hpp"
#include "actors/runtime/api/registration.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/user/user.pb.h"

namespace nova::content {

shelf_entity::outcome shelf_entity::on_registration_confirmed(const shelf_state& s,
                                                              const user::RegistrationConfirmed& e,
                                                              const context&, const reads&) {
  return runtime::confirm_registration<RegistrationConfirmed>(s, e, registration_confirmed_event());
}

}  // namespace nova::content
