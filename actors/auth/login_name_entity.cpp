#include "actors/auth/login_name_entity.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/core/text.hpp"

namespace nova::auth {

runtime::entity_kind login_name_entity::kind() {
  runtime::methods<login_name_entity> login_name("login_name");
  bind_login_name<login_name_entity>(login_name);
  login_name.kind().normalise_key = &login_name_entity::normalise_key;
  return login_name.take();
}

result<std::string> login_name_entity::normalise_key(const rpc::method&, std::string raw) {
  return ascii_lower(raw);
}

}  // namespace nova::auth
