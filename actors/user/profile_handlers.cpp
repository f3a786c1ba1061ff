// Handlers of profile_entity: the profile itself and the settings.
#include "actors/user/profile_entity.hpp"

#include "actors/user/user_rules.hpp"
#include "actors/user/user_services.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/page.hpp"
#include "protocols/core/text.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "protocols/views/views.pb.h"
#include "storage/user/user_store.hpp"

namespace nova::user {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<profile_state>;
using outcome = profile_entity::outcome;

void tell_privacy(decision& d, const profile_row& p, const settings_row& s) {
  d.events.push_back({&privacy_changed_event(), runtime::share(privacy_message(p, s))});
}

void tell_card(decision& d, const profile_row& p) {
  d.events.push_back({&profile_changed_event(), runtime::share(profile_changed_message(p))});
  d.events.push_back({&card_changed_event(), runtime::share(card_changed_message(p))});
}

void make_profile(decision& d, const uuid& account, const auth::AccountRegistered& e) {
  profile_row row{account, e.handle(), e.display_name(), {}, e.registered_at(), e.registered_at()};
  d.statements.push_back(store::insert_profile(row));
  d.statements.push_back(store::save_name_words(account, folded_words(row.display_name, true)));
  d.events.push_back({&profile_changed_event(), runtime::share(profile_changed_message(row))});
  d.apply = [row = std::move(row)](profile_state& x) { x.profile = row; };
}

}  // namespace

outcome profile_entity::get_profile(const profile_state& s, const GetProfileRequest&,
                                    const context& c, const reads& r) {
  if (!s.profile) return no_such_person();
  const auto& viewer = c.caller.account;
  if (!may_see(*s.profile, viewer)) return make_error(errc::unauthenticated);
  if (r.size() == 0) return need{{store::profile_facts(s.id, viewer, c.now)}};
  decision d;
  d.reply = runtime::share(seen_profile(*s.profile, read_profile_facts(r.rows(0)), viewer));
  return d;
}

outcome profile_entity::get_my_profile(const profile_state& s, const GetMyProfileRequest&,
                                       const context& c, const reads& r) {
  return get_profile(s, GetProfileRequest::default_instance(), c, r);
}

outcome profile_entity::update_my_profile(const profile_state& s, const UpdateMyProfileRequest& q,
                                          const context& c, const reads& r) {
  if (!s.profile) return no_such_person();
  auto next = updated_profile(*s.profile, q, c.now, c.service<user_services>().settings);
  if (next.has_error()) return next.error();
  const auto& was = *s.profile;
  const bool opens = was.is_private && !next->is_private;
  if (r.size() == 0) {
    need n{{store::profile_facts(s.id, c.caller.account, c.now)}};
    if (opens) n.items.emplace_back(store::pending_requests(s.id, accept_batch));
    return n;
  }
  decision d;
  d.reply = runtime::share(seen_profile(*next, read_profile_facts(r.rows(0)), c.caller.account));
  if (*next == was) return d;
  d.statements.push_back(store::update_profile(*next));
  if (next->display_name != was.display_name)
    d.statements.push_back(store::save_name_words(s.id, folded_words(next->display_name, true)));
  if (next->display_name != was.display_name || next->avatar_media_id != was.avatar_media_id ||
      next->cover_media_id != was.cover_media_id || next->is_private != was.is_private)
    tell_card(d, *next);
  if (next->is_private != was.is_private) tell_privacy(d, *next, s.settings);
  if (opens) accept_page(d, s, read_requests(r.rows(1)), c.now);
  d.apply = [row = *std::move(next)](profile_state& x) { x.profile = row; };
  return d;
}

outcome profile_entity::get_settings(const profile_state& s, const GetSettingsRequest&,
                                     const context&, const reads&) {
  if (!s.profile) return no_such_person();
  decision d;
  d.reply = runtime::share(settings_message(s.settings));
  return d;
}

outcome profile_entity::update_settings(const profile_state& s, const UpdateSettingsRequest& q,
                                        const context&, const reads&) {
  if (!s.profile) return no_such_person();
  if (q.has_time_zone() && !known_time_zone(q.time_zone()))
    return invalid_field("time_zone", "No time zone has this name.");
  auto next = updated_settings(s.settings, q);
  decision d;
  d.reply = runtime::share(settings_message(next));
  if (next == s.settings) return d;
  d.statements.push_back(store::save_settings(s.id, next));
  if (privacy_message(*s.profile, next).SerializeAsString() !=
      privacy_message(*s.profile, s.settings).SerializeAsString())
    tell_privacy(d, *s.profile, next);
  d.apply = [row = std::move(next)](profile_state& x) { x.settings = row; };
  return d;
}

outcome profile_entity::on_account_registered(const profile_state& s,
                                              const auth::AccountRegistered& e, const context& c,
                                              const reads&) {
  decision d;
  const bool taken = s.profile || can_be_profile(e, c.service<user_services>().settings);
  if (!s.profile && taken) make_profile(d, s.id, e);
  if (e.registration_id().empty()) return d;
  RegistrationConfirmed answer;
  answer.set_account_id(e.account_id());
  answer.set_registration_id(e.registration_id());
  answer.set_refused(!taken);
  d.events.push_back({&registration_confirmed_event(), runtime::share(std::move(answer))});
  return d;
}

outcome profile_entity::on_handle_changed(const profile_state& s, const auth::HandleChanged& e,
                                          const context&, const reads&) {
  if (!s.profile) return decision{};
  auto row = *s.profile;
  row.handle = e.handle();
  row.updated_at = e.at();
  decision d;
  d.statements.push_back(store::update_handle(s.id, row.handle, e.at()));
  d.statements.push_back(store::keep_former_handle(s.id, e.former_handle(), e.former_until()));
  tell_card(d, row);
  d.apply = [row = std::move(row)](profile_state& x) { x.profile = row; };
  return d;
}

}  // namespace nova::user
