// auth and user on one node, with the calls that both domains' tests make. Used by auth_pgtest and user_pgtest.
#pragma once

#include "config/settings/auth_settings.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "tests/support/domain_node.hpp"

#include <string>

namespace nova::test {

inline const std::string good_password = "correct horse battery staple";

class identity_node : public domain_node {
 public:
  explicit identity_node(config::auth_settings settings = cheap_settings());

  /// Hashes that cost next to nothing.
  static config::auth_settings cheap_settings();

  result<auth::Tokens> register_account(const std::string& email, const std::string& handle,
                                        const std::string& password = good_password);
  result<auth::Tokens> login(const std::string& identifier, const std::string& password);
  result<auth::Tokens> refresh(const std::string& token);

  /// The caller that the gateway makes of an access token.
  static rpc::caller caller_of(const auth::Tokens& t);
};

}  // namespace nova::test
