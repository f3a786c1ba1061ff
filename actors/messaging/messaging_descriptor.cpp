#include "actors/messaging/messaging_descriptor.hpp"

#include "actors/messaging/inbox_entity.hpp"
#include "actors/messaging/messaging_intake.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_store.hpp"
#include "storage/messaging/migrations.hpp"

namespace nova::messaging {
namespace {

runtime::domain make(const config::messaging_settings& settings, const runtime::kept_keys&) {
  runtime::domain d;
  d.name = "messaging";
  d.kinds.push_back(conversation_entity::kind());
  d.kinds.push_back(inbox_entity::kind());
  d.intakes = intakes();
  d.read_model = {"person", "privacy", "follow", "block"};
  constexpr std::chrono::hours day{24};
  d.retention = store::retained({.device_marks = day * settings.device_mark_days,
                                 .changes = day * settings.change_days,
                                 .empty_conversations = day * settings.empty_days});
  d.services = std::make_shared<messaging_services>(messaging_services{settings});
  return d;
}

rpc::push_ptr presence_of(const uuid& account, bool online, unix_ms last_seen_at) {
  Presence p;
  p.set_account_id(to_string(account));
  p.set_status(online ? "online" : "offline");
  if (!online && last_seen_at > 0) p.set_last_seen_at(last_seen_at);
  return make_push(std::move(p));
}

rpc::message_ptr seen_request(unix_ms at) {
  NoteSeenRequest q;
  q.set_at(at);
  return runtime::share(std::move(q));
}

}  // namespace

runtime::domain_module<config::messaging_settings> descriptor() {
  return {.name = "messaging",
          .migrations = storage::messaging_migrations(),
          .make = make,
          .presence = presence_of,
          .note_seen = {&messaging_interface::note_seen::info(), seen_request},
          .confirms_registration = &registration_confirmed_event(),
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::messaging
