#include "actors/auth/registration_saga.hpp"

#include "actors/auth/deletion_saga.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"

#include <google/protobuf/descriptor.h>

namespace nova::auth {
namespace {

std::vector<runtime::event> nothing(const runtime::saga_row&) { return {}; }

std::vector<runtime::event> tell_of_account(const runtime::saga_row& row) {
  DeletionRecord record;
  record.ParseFromString(row.detail);
  return {{&account_registered_event(), runtime::share(std::move(*record.mutable_registered()))}};
}

std::vector<runtime::event> close_and_erase(const runtime::saga_row& row) {
  AccountClosed closed;
  closed.set_account_id(row.entity);
  closed.set_deletes_at(row.step_at);
  std::vector<runtime::event> out{{&account_closed_event(), runtime::share(std::move(closed))}};
  for (auto& e : erase_everywhere(row)) out.push_back(std::move(e));
  return out;
}

}  // namespace

registration_answer registration_answer_of(const rpc::message& confirmed) {
  const auto& type = *confirmed.GetDescriptor();
  const auto& fields = *confirmed.GetReflection();
  const auto* refused = type.FindFieldByName("refused");
  return {domain_of(confirmed),
          fields.GetString(confirmed, type.FindFieldByName("registration_id")),
          refused != nullptr && fields.GetBool(confirmed, refused)};
}

runtime::saga_definition registration_saga(const config::auth_settings& s) {
  return {registration_saga_name,
          {{.name = account_step,
            .domain = "auth",
            .deadline = std::chrono::seconds(s.deletion_step_deadline_s),
            .reason = "an account that a domain refuses leaves nothing, and its names are free",
            .command = nothing,
            .compensation = close_and_erase},
           {.name = prepare_step,
            .domain = "all",
            .deadline = std::chrono::seconds(s.registration_step_deadline_s),
            .reason = "each domain has all that it needs of the account",
            .command = tell_of_account}}};
}

runtime::saga_move begin_registration(const AccountRegistered& born, std::string registration_id,
                                      unix_ms now, const config::auth_settings& s) {
  DeletionRecord record;
  *record.mutable_registered() = born;
  record.mutable_registered()->set_registration_id(registration_id);
  runtime::saga_row row;
  row.id = std::move(registration_id);
  row.entity = born.account_id();
  row.detail = record.SerializeAsString();
  row.started_at = now;
  const auto saga = registration_saga(s);
  auto begun = begin(saga, std::move(row), now);
  return *answered(saga, std::move(begun.next), account_step, true, now);
}

}  // namespace nova::auth
