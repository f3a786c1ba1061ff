#include "actors/auth/auth_intake.hpp"

#include "actors/auth/deletion_saga.hpp"

namespace nova::auth {

std::vector<runtime::intake> intakes() {
  std::vector<runtime::intake> out;
  for (const auto& domain : erasing_domains()) {
    runtime::intake answer;
    answer.event = &domain.answer;
    answer.route = [key_of = domain.answer.key_of](const rpc::message& m, const runtime::context&,
                                                   const runtime::reads&) -> runtime::effect {
      return runtime::entity_effect{"account", key_of(m)};
    };
    out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace nova::auth
