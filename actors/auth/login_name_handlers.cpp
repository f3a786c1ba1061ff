// Handler of login_name_entity.
#include "actors/auth/login_name_entity.hpp"

#include "actors/auth/auth_services.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "storage/auth/auth_store.hpp"

namespace nova::auth {

login_name_entity::outcome login_name_entity::login(const login_name_state&, const LoginRequest& q,
                                                    const runtime::context& c,
                                                    const runtime::reads& r) {
  if (r.size() == 0) return runtime::need{{store::name_owner(std::string(c.key))}};
  if (r.size() == 1) {
    const auto owner = read_owner(r.rows(0));
    StartSessionRequest start;
    start.set_account_id(
        to_string(owner ? *owner : c.service<auth_services>().decoy_account(c.key)));
    start.set_password(q.password());
    start.set_user_agent(c.caller.user_agent);
    return runtime::need{
        {runtime::ask{&auth_interface::start_session::info(), runtime::share(std::move(start))}}};
  }
  const auto& answer = r.answer(1);
  if (answer.has_error()) return answer.error();
  runtime::decision<login_name_state> d;
  d.reply = *answer;
  return d;
}

}  // namespace nova::auth
