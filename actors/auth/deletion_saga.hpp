// The end of an account as a saga: grace, then every domain erases its part, then auth its own, then the certificate. The account's
// entity runs it (deletion_handlers.cpp). A new domain that holds data of accounts adds one line in deletion_saga.cpp.
#pragma once

#include "actors/auth/account_entity.hpp"
#include "actors/runtime/sagas/saga.hpp"
#include "config/settings/auth_settings.hpp"

#include <span>
#include <string_view>

namespace nova::auth {

inline constexpr std::string_view deletion_saga_name = "deletion";

struct erasing_domain {
  std::string_view name;
  const rpc::event_type& answer;  ///< its ErasureConfirmed
  void (*bind)(runtime::methods<account_entity>&, const rpc::event_type& answer);
};
std::span<const erasing_domain> erasing_domains();

/// One step: all domains erase at the same time, and the entity counts their answers.
runtime::saga_definition deletion_saga(const config::auth_settings& s);

}  // namespace nova::auth
