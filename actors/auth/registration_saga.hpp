// A new account as a saga: auth has made it and its owner may use it; the saga makes sure that each domain has all that it needs of it.
// A domain that refuses it for good turns the saga: the account is closed and erased everywhere, and its names are free. The
// account's entity runs it (registration_handlers.cpp). Its participants are the modules that declare `confirms_registration`.
#pragma once

#include "actors/auth/account_entity.hpp"
#include "actors/runtime/sagas/saga.hpp"
#include "config/settings/auth_settings.hpp"

#include <string_view>

namespace nova::auth {

class AccountRegistered;

inline constexpr std::string_view registration_saga_name = "registration";

/// The steps by name: auth's own part, which the registration itself has done, and the part of the others.
inline constexpr std::string_view account_step = "account", prepare_step = "prepare";

/// A domain's answer to a registration.
struct registration_answer {
  std::string domain;
  std::string registration_id;
  bool refused = false;
};
/// Reads an event with registration_id and perhaps refused. Each domain has a type of its own.
registration_answer registration_answer_of(const rpc::message& confirmed);

runtime::saga_definition registration_saga(const config::auth_settings& s);

/// Behind its first step: the domains are told of the account.
runtime::saga_move begin_registration(const AccountRegistered& born, std::string registration_id,
                                      unix_ms now, const config::auth_settings& s);

}  // namespace nova::auth
