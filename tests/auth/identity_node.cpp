#include "tests/auth/identity_node.hpp"

#include "actors/auth/auth_descriptor.hpp"
#include "actors/user/user_descriptor.hpp"

namespace nova::test {

identity_node::identity_node(config::auth_settings settings)
    : domain_node({part_of(auth::descriptor(), settings), part_of(user::descriptor())}) {}

config::auth_settings identity_node::cheap_settings() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  return s;
}

result<auth::Tokens> identity_node::register_account(const std::string& email,
                                                     const std::string& handle,
                                                     const std::string& password) {
  auth::RegisterRequest q;
  q.set_email(email);
  q.set_handle(handle);
  q.set_password(password);
  return call<auth::auth_interface::register_>(q);
}

result<auth::Tokens> identity_node::login(const std::string& identifier,
                                          const std::string& password) {
  auth::LoginRequest q;
  q.set_identifier(identifier);
  q.set_password(password);
  return call<auth::auth_interface::login>(q);
}

result<auth::Tokens> identity_node::refresh(const std::string& token) {
  auth::RefreshRequest q;
  q.set_refresh_token(token);
  return call<auth::auth_interface::refresh>(q);
}

rpc::caller identity_node::caller_of(const auth::Tokens& t) {
  return test::caller_of(*parse_uuid(t.account_id()), *parse_uuid(t.session_id()));
}

}  // namespace nova::test
