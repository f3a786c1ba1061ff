#include "actors/messaging/inbox_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

#include <google/protobuf/wrappers.pb.h>

namespace nova::messaging {

runtime::entity_kind inbox_entity::kind() {
  runtime::methods<inbox_entity> inbox("inbox");
  bind_inbox<inbox_entity>(inbox);
  inbox.on<auth::ConfirmErasure>(auth::confirm_erasure_event(), &inbox_entity::on_confirm_erasure);
  inbox.on<user::RegistrationConfirmed>(user::registration_confirmed_event(),
                                        &inbox_entity::on_registration_confirmed);
  inbox.on<user::CardChanged>(user::card_changed_event(), &inbox_entity::on_card_changed);
  inbox.on_reminder<google::protobuf::StringValue>(&inbox_entity::on_due);
  inbox.kind().normalise_key = &conversation_entity::normalise_key;
  inbox.kind().idle_passivation = std::chrono::seconds(10);  // nothing to keep
  return inbox.take();
}

}  // namespace nova::messaging
