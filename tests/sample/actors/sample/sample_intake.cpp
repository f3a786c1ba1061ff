#include "actors/sample/sample_intake.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"

namespace nova::sample {

std::vector<runtime::intake> intakes() {
  return {
      {&auth::account_registered_event(),
       [](const rpc::message& m, const runtime::context&,
          const runtime::reads&) -> runtime::effect {
         return runtime::entity_effect{"notebook",
                                       static_cast<const auth::AccountRegistered&>(m).account_id()};
       }},
  };
}

}  // namespace nova::sample
