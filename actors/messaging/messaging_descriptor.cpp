#include "actors/messaging/messaging_descriptor.hpp"

#include "actors/messaging/inbox_entity.hpp"
#include "actors/messaging/messaging_intake.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/migrations.hpp"

namespace nova::messaging {
namespace {

// Ids are compared as text by the runtime: one spelling each.
result<std::string> canonical_id(const rpc::method&, std::string raw) {
  auto id = parse_uuid(raw);
  if (!id) return error{errc::not_found};
  return to_string(*id);
}

runtime::domain make(const config::messaging_settings& settings, const runtime::kept_keys&) {
  runtime::methods<conversation_entity> conversation("conversation");
  bind_conversation<conversation_entity>(conversation);
  conversation.kind().normalise_key = canonical_id;

  runtime::methods<inbox_entity> inbox("inbox");
  bind_inbox<inbox_entity>(inbox);
  inbox.kind().normalise_key = canonical_id;
  inbox.kind().idle_passivation = std::chrono::seconds(10);  // nothing to keep

  runtime::domain d;
  d.name = "messaging";
  d.kinds.push_back(conversation.take());
  d.kinds.push_back(inbox.take());
  d.intakes = intakes();
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

}  // namespace

runtime::domain_module<config::messaging_settings> descriptor() {
  return {.name = "messaging", .migrations = storage::messaging_migrations(), .make = make, .presence = presence_of};
}

}  // namespace nova::messaging
