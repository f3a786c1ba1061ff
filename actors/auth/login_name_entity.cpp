// See login_name_entity.hpp.
#include "actors/auth/login_name_entity.hpp"

#include "actors/auth/auth_services.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/text.hpp"
#include "storage/auth/auth_store.hpp"

namespace nova::auth {

runtime::loading<login_name_state> login_name_entity::load(std::string_view,
                                                           const runtime::reads&) {
  return login_name_state{};
}

std::size_t login_name_entity::weight(const login_name_state& s) { return sizeof s; }

result<std::string> login_name_entity::normalise_key(const rpc::method&, std::string raw) {
  return ascii_lower(raw);
}

login_name_entity::outcome login_name_entity::login(const login_name_state&, const LoginRequest& q,
                                                    const runtime::context& c,
                                                    const runtime::reads& r) {
  if (r.size() == 0) return runtime::need{{store::name_owner(std::string(c.key))}};
  if (r.size() == 1) {
    const auto& owner = r.rows(0);
    StartSessionRequest start;
    start.set_account_id(to_string(owner.empty() ? c.service<auth_services>().decoy_account(c.key)
                                                 : owner.id(0, 0)));
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
