#include "actors/auth/auth_intake.hpp"

namespace nova::auth {

std::vector<runtime::intake> intakes(const runtime::account_answers& answers) {
  std::vector<runtime::intake> out;
  for (const auto* list : {&answers.registrations, &answers.erasures})
    for (const auto* answer : *list)
      out.push_back({answer,
                     [key_of = answer->key_of](const rpc::message& m, const runtime::context&,
                                               const runtime::reads&) -> runtime::effect {
                       return runtime::entity_effect{"account", key_of(m)};
                     }});
  return out;
}

}  // namespace nova::auth
