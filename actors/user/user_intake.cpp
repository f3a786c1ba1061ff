// See user_intake.hpp.
#include "actors/user/user_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"

namespace nova::user {

std::vector<runtime::intake> intakes() {
  runtime::intake registered;
  registered.event = &auth::account_registered_event();
  registered.route = [](const rpc::message& m, const runtime::context&,
                        const runtime::reads&) -> runtime::effect {
    return runtime::entity_effect{"profile",
                                  static_cast<const auth::AccountRegistered&>(m).account_id()};
  };
  std::vector<runtime::intake> out;
  out.push_back(std::move(registered));
  return out;
}

}  // namespace nova::user
