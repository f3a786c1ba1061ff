// The end of an account as a saga: grace, then every domain erases its part, then auth its own, then the certificate. The account's
// entity runs it (deletion_handlers.cpp). Its participants are the modules that declare `confirms_erasure` (runtime/api/module.hpp).
#pragma once

#include "actors/auth/account_entity.hpp"
#include "actors/runtime/sagas/saga.hpp"
#include "config/settings/auth_settings.hpp"

#include <string_view>

namespace nova::auth {

inline constexpr std::string_view deletion_saga_name = "deletion";

/// Reads a domain's answer: an event with certificate_id, erased and anonymised. Each domain has a type of its own.
erasure_answer erasure_answer_of(const rpc::message& confirmed);

/// The domain whose package the event belongs to.
std::string domain_of(const rpc::message& event);

/// Events that order each domain to erase its part; `row` names account and certificate.
std::vector<runtime::event> erase_everywhere(const runtime::saga_row& row);

/// One step: all domains erase at the same time, and the entity counts their answers.
runtime::saga_definition deletion_saga(const config::auth_settings& s);

}  // namespace nova::auth
