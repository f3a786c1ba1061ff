// See auth_supervisor.hpp.
#include "actors/auth/auth_supervisor.hpp"

#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/keyring_entity.hpp"
#include "actors/auth/login_name_entity.hpp"
#include "protocols/auth/auth.nova.hpp"

namespace nova::auth {

runtime::domain make_auth_domain(const auth_options& options) {
  runtime::methods<account_entity> account("account");
  bind_account<account_entity>(account);
  account.kind().normalise_key = &account_entity::normalise_key;

  runtime::methods<login_name_entity> login_name("login_name");
  bind_login_name<login_name_entity>(login_name);
  login_name.kind().normalise_key = &login_name_entity::normalise_key;

  runtime::methods<keyring_entity> keyring("keyring");
  bind_keyring<keyring_entity>(keyring);

  runtime::domain d;
  d.name = "auth";
  d.kinds.push_back(account.take());
  d.kinds.push_back(login_name.take());
  d.kinds.push_back(keyring.take());
  d.services = std::make_shared<auth_services>(options.settings, options.secret);
  return d;
}

}  // namespace nova::auth
