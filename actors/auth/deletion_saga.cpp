#include "actors/auth/deletion_saga.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"

#include <google/protobuf/descriptor.h>

namespace nova::auth {

std::vector<runtime::event> erase_everywhere(const runtime::saga_row& row) {
  EraseAccount erase;
  erase.set_account_id(row.entity);
  erase.set_certificate_id(row.id);
  ConfirmErasure confirm;
  confirm.set_account_id(row.entity);
  confirm.set_certificate_id(row.id);
  return {{&erase_account_event(), runtime::share(std::move(erase))},
          {&confirm_erasure_event(), runtime::share(std::move(confirm))}};
}

std::string domain_of(const rpc::message& event) {
  constexpr std::string_view before = "nova.";  // the package is "nova.<domain>"
  return event.GetDescriptor()->file()->package().substr(before.size());
}

erasure_answer erasure_answer_of(const rpc::message& confirmed) {
  const auto& type = *confirmed.GetDescriptor();
  const auto& fields = *confirmed.GetReflection();
  const auto count = [&](const char* name) {
    return fields.GetInt64(confirmed, type.FindFieldByName(name));
  };
  return {domain_of(confirmed),
          fields.GetString(confirmed, type.FindFieldByName("certificate_id")),
          {count("erased"), count("anonymised")}};
}

runtime::saga_definition deletion_saga(const config::auth_settings& s) {
  return {deletion_saga_name,
          {{.name = "erase",
            .domain = "all",
            .deadline = std::chrono::seconds(s.deletion_step_deadline_s),
            .reason = "no domain may keep a trace of the person",
            .command = erase_everywhere}}};
}

}  // namespace nova::auth
