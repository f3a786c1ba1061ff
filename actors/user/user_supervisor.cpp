// See user_supervisor.hpp.
#include "actors/user/user_supervisor.hpp"

#include "actors/user/directory_entity.hpp"
#include "actors/user/profile_entity.hpp"
#include "actors/user/user_intake.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"

namespace nova::user {

runtime::domain make_user_domain(const user_options& options) {
  runtime::methods<profile_entity> profile("profile");
  bind_profile<profile_entity>(profile);
  profile.on<auth::AccountRegistered>(auth::account_registered_event(),
                                      &profile_entity::on_account_registered);
  profile.kind().normalise_key = &profile_entity::normalise_key;

  runtime::methods<directory_entity> directory("directory");
  bind_directory<directory_entity>(directory);

  runtime::domain d;
  d.name = "user";
  d.kinds.push_back(profile.take());
  d.kinds.push_back(directory.take());
  d.intakes = make_user_intakes();
  d.services = std::make_shared<const config::user_settings>(options.settings);
  return d;
}

}  // namespace nova::user
