// Handler of account_entity for the registration's saga: the domains' answers.
#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/registration_saga.hpp"
#include "protocols/auth/auth.pb.h"

#include <algorithm>

namespace nova::auth {
namespace {

using decision = runtime::decision<account_state>;

/// The names of an account that is refused are free when all is erased.
decision taken_back(const account_state& s, runtime::saga_move m, const runtime::context& c) {
  decision d;
  runtime::carry_out(d, registration_saga_name, m);
  d.apply = [row = std::move(m.next)](account_state& x) { x.registration = row; };
  account_parts::revoke_all(d, s, c);
  return d;
}

}  // namespace

account_entity::outcome account_entity::on_registration_confirmed(const state& s,
                                                                  const rpc::message& answer,
                                                                  const runtime::context& c,
                                                                  const runtime::reads&) {
  const auto a = registration_answer_of(answer);
  if (!s.registration || s.registration->id != a.registration_id || s.registration->turned)
    return decision{};
  const auto& services = c.service<auth_services>();
  const auto saga = registration_saga(services.settings);
  auto row = *s.registration;
  if (a.refused) {
    auto m = answered(saga, std::move(row), prepare_step, false, c.now);
    return m ? taken_back(s, *std::move(m), c) : decision{};
  }
  DeletionRecord record;
  record.ParseFromString(row.detail);
  auto& ready = *record.mutable_ready();
  if (std::ranges::find(ready, a.domain) == ready.end()) *ready.Add() = a.domain;
  row.detail = record.SerializeAsString();
  const bool complete = std::ranges::all_of(services.preparing, [&](const std::string& domain) {
    return std::ranges::find(ready, domain) != ready.end();
  });
  decision d;
  if (!complete) {
    d.statements.push_back(storage::save_saga(registration_saga_name, row));
    d.apply = [row](state& x) { x.registration = row; };
    return d;
  }
  d.statements.push_back(storage::delete_saga(row.id));
  d.reminders.push_back({std::string(runtime::saga_reminder), 0, true});
  d.apply = [](state& x) { x.registration.reset(); };
  return d;
}

}  // namespace nova::auth
