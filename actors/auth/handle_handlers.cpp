// Handler of account_entity: another handle. auth alone decides about names; user shows them.
#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_rules.hpp"
#include "actors/auth/registration_saga.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/text.hpp"
#include "protocols/views/views.pb.h"
#include "storage/auth/auth_store.hpp"
#include "storage/auth/handle_store.hpp"

namespace nova::auth {
namespace {

constexpr unix_ms ms_per_day = 24LL * 3600 * 1000;
constexpr unix_ms between_changes_ms = ms_per_day, former_kept_ms = 14 * ms_per_day;

/// Positions of the reads.
enum : std::size_t { of_owner, of_last_change };

}  // namespace

account_entity::outcome account_entity::change_handle(const state& s, const ChangeHandleRequest& q,
                                                      const runtime::context& c,
                                                      const runtime::reads& r) {
  if (!s.open()) return unauthenticated("The session has ended.");
  runtime::decision<account_state> d;
  d.reply = runtime::share(views::Profile{});
  const auto former = s.account->handle;
  if (q.handle() == former) return d;
  const auto name = ascii_lower(q.handle()), former_name = ascii_lower(former);
  if (r.size() == 0)
    return runtime::need{{store::name_owner(name), store::last_handle_change(s.id)}};
  const auto owner = read_owner(r.rows(of_owner));
  if (owner && *owner != s.id)
    return make_error(errc::handle_taken, "An account with this handle exists.");
  const auto last = store::read_last_handle_change(r.rows(of_last_change));
  if (last && c.now < *last + between_changes_ms)
    return make_error(errc::rate_limited, "The handle can be changed once in 24 hours.",
                      static_cast<std::uint32_t>(*last + between_changes_ms - c.now));
  if (!owner) d.statements.push_back(store::insert_name(name, s.id));
  if (name != former_name) {
    d.statements.push_back(store::take_handle_back(name));
    d.statements.push_back(store::keep_former_handle(former_name, s.id, c.now + former_kept_ms));
  }
  d.statements.push_back(store::update_handle(s.id, q.handle()));
  d.statements.push_back(store::save_handle_change(s.id, c.now));
  // A domain that is told of the account once more is told its present handle.
  auto registration = s.registration;
  if (registration) {
    DeletionRecord record;
    record.ParseFromString(registration->detail);
    record.mutable_registered()->set_handle(q.handle());
    registration->detail = record.SerializeAsString();
    d.statements.push_back(storage::save_saga(registration_saga_name, *registration));
  }
  HandleChanged e;
  e.set_account_id(to_string(s.id));
  e.set_handle(q.handle());
  e.set_former_handle(former);
  e.set_former_until(c.now + former_kept_ms);
  e.set_at(c.now);
  d.events.push_back({&handle_changed_event(), runtime::share(std::move(e))});
  d.apply = [handle = q.handle(), registration](account_state& x) {
    if (x.account) x.account->handle = handle;
    x.registration = registration;
  };
  return d;
}

}  // namespace nova::auth
