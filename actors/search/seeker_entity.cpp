#include "actors/search/seeker_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/search/search.nova.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

namespace nova::search {

runtime::entity_kind seeker_entity::kind() {
  runtime::methods<seeker_entity> seeker("seeker");
  bind_seeker<seeker_entity>(seeker);
  seeker.on<auth::ConfirmErasure>(auth::confirm_erasure_event(),
                                  &seeker_entity::on_confirm_erasure);
  seeker.on<user::RegistrationConfirmed>(user::registration_confirmed_event(),
                                         &seeker_entity::on_registration_confirmed);
  seeker.kind().idle_passivation = std::chrono::seconds(10);  // nothing to keep
  return seeker.take();
}

}  // namespace nova::search
