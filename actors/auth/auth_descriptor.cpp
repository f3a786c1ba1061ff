#include "actors/auth/auth_descriptor.hpp"

#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_intake.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/certificate_entity.hpp"
#include "actors/auth/export_entity.hpp"
#include "actors/auth/keyring_entity.hpp"
#include "actors/auth/login_name_entity.hpp"
#include "actors/auth/operators_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "storage/auth/auth_store.hpp"
#include "storage/auth/export_store.hpp"
#include "storage/auth/handle_store.hpp"
#include "storage/auth/migrations.hpp"

#include <algorithm>
#include <stdexcept>

namespace nova::auth {
namespace {

constexpr std::string_view secret_key = "auth";

runtime::domain make(const config::auth_settings& settings, const runtime::kept_keys& keys) {
  const auto secret = keys.find(secret_key);
  if (secret == keys.end()) throw std::invalid_argument("auth's key is missing");
  runtime::domain d;
  d.name = "auth";
  d.pushes = false;
  d.kinds.push_back(account_entity::kind({}));
  d.kinds.push_back(login_name_entity::kind());
  d.kinds.push_back(keyring_entity::kind());
  d.kinds.push_back(certificate_entity::kind());
  d.kinds.push_back(export_entity::kind());
  d.kinds.push_back(operators_entity::kind());
  d.retention = {store::ended_former_handles(), store::ended_exports(),
                 store::quiet_guards(std::chrono::seconds(settings.lockout_forget_s)),
                 store::dormant_sessions(std::chrono::hours(24) * settings.session_idle_d)};
  d.services = std::make_shared<auth_services>(settings, secret->second);
  return d;
}

void await_answers(runtime::domain& d, const runtime::account_answers& answers) {
  d.intakes = intakes(answers);
  *std::ranges::find(d.kinds, "account", &runtime::entity_kind::name) =
      account_entity::kind(answers);
  auto& services = *std::any_cast<std::shared_ptr<auth_services>&>(d.services);
  for (const auto* answer : answers.registrations) services.preparing.emplace_back(answer->domain);
  for (const auto* answer : answers.erasures) services.erasing.emplace_back(answer->domain);
}

void close_sockets(const rpc::message& m, rpc::push_sink& edge) {
  const auto& e = static_cast<const SessionRevoked&>(m);
  if (auto session = parse_uuid(e.session_id())) edge.revoke_session(*session, e.until());
}

}  // namespace

runtime::domain_module<config::auth_settings> descriptor() {
  return {.name = "auth",
          .migrations = storage::auth_migrations(),
          .keys = {secret_key},
          .make = make,
          .taps = {{&session_revoked_event(), close_sockets}},
          .await_answers = await_answers};
}

}  // namespace nova::auth
