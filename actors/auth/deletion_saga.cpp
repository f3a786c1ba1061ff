#include "actors/auth/deletion_saga.hpp"

#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"

namespace nova::auth {
namespace {

/// `Event` is the domain's ErasureConfirmed; its package is "nova.<domain>".
template <class Event>
account_entity::outcome take_answer(const account_state& s, const Event& e,
                                    const runtime::context& c, const runtime::reads& r) {
  static const std::string domain = Event::descriptor()->file()->package().substr(5);
  return account_entity::on_erasure_confirmed(
      s, {domain, e.certificate_id(), {e.erased(), e.anonymised()}}, c, r);
}

template <class Event>
erasing_domain erased_by(std::string_view name, const rpc::event_type& answer) {
  return {name, answer, [](runtime::methods<account_entity>& m, const rpc::event_type& type) {
            m.on<Event>(type, &take_answer<Event>);
          }};
}

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

}  // namespace

std::span<const erasing_domain> erasing_domains() {
  static const erasing_domain list[] = {
      erased_by<user::ErasureConfirmed>("user", user::erasure_confirmed_event()),
      erased_by<messaging::ErasureConfirmed>("messaging", messaging::erasure_confirmed_event()),
  };
  return list;
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
