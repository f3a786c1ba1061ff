#include "actors/auth/auth_intake.hpp"

namespace nova::auth {

std::vector<runtime::intake> intakes(std::span<const rpc::event_type* const> erasures) {
  std::vector<runtime::intake> out;
  for (const auto* answer : erasures)
    out.push_back({answer,
                   [key_of = answer->key_of](const rpc::message& m, const runtime::context&,
                                             const runtime::reads&) -> runtime::effect {
                     return runtime::entity_effect{"account", key_of(m)};
                   }});
  return out;
}

}  // namespace nova::auth
