#include "actors/user/user_descriptor.hpp"

#include "actors/user/directory_entity.hpp"
#include "actors/user/notices_entity.hpp"
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_intake.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/user/user.nova.hpp"
#include "storage/user/migrations.hpp"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

runtime::domain make(const config::user_settings& settings, const runtime::kept_keys&) {
  runtime::domain d;
  d.name = "user";
  d.kinds.push_back(profile_entity::kind());
  d.kinds.push_back(directory_entity::kind());
  d.kinds.push_back(notices_entity::kind());
  d.intakes = intakes();
  d.retention = {store::ended_mutes(), store::ended_former_handles()};
  d.services = std::make_shared<user_services>(user_services{settings});
  return d;
}

}  // namespace

runtime::domain_module<config::user_settings> descriptor() {
  return {.name = "user",
          .migrations = storage::user_migrations(),
          .make = make,
          .confirms_registration = &registration_confirmed_event(),
          .confirms_erasure = &erasure_confirmed_event()};
}

}  // namespace nova::user
