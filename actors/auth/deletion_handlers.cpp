// Handlers of account_entity for the account's end: closed at once, taken back or erased after the grace.
#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_rules.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/deletion_saga.hpp"
#include "actors/auth/password_rules.hpp"
#include "actors/auth/registration_saga.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/operations/operations.pb.h"
#include "storage/auth/auth_store.hpp"
#include "storage/auth/deletion_store.hpp"
#include "storage/runtime/act_rows.hpp"

#include <google/protobuf/wrappers.pb.h>
#include <sodium.h>

#include <algorithm>

namespace nova::auth {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::saga_phase;
using runtime::saga_row;
using decision = runtime::decision<account_state>;
using outcome = account_entity::outcome;

constexpr std::size_t undo_secret_bytes = 24;

const auth_services& services(const context& c) { return c.service<auth_services>(); }

std::string hash_of(std::string_view undo_token) {
  std::string out(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                     reinterpret_cast<const unsigned char*>(undo_token.data()), undo_token.size(),
                     nullptr, 0);
  return out;
}

std::string new_undo_token(const uuid& account, random_source& random) {
  std::array<std::uint8_t, undo_secret_bytes> secret{};
  random.fill(secret);
  return to_string(account) + "." + base64url_encode(secret);
}

DeletionRecord record_of(const saga_row& row) {
  DeletionRecord record;
  record.ParseFromString(row.detail);
  return record;
}

template <class Event>
void tell(decision& d, const rpc::event_type& type, Event e, const uuid& account) {
  e.set_account_id(to_string(account));
  d.events.push_back({&type, runtime::share(std::move(e))});
}

// Closed: no session, no sign-in, and nothing of it is shown. The reminder begins the erasing.
decision closed(const account_state& s, const context& c) {
  DeletionRecord record;
  record.set_deletes_at(c.now + unix_ms{1000} * services(c).settings.deletion_grace_s);
  const auto token = new_undo_token(s.id, c.random);
  record.set_undo_hash(hash_of(token));
  saga_row saga;
  saga.id = to_string(c.new_id());
  saga.entity = to_string(s.id);
  saga.detail = record.SerializeAsString();
  saga.started_at = saga.step_at = c.now;

  decision d;
  account_parts::revoke_all(d, s, c);
  if (s.registration) d.statements.push_back(storage::delete_saga(s.registration->id));
  AccountClosed event;
  event.set_deletes_at(record.deletes_at());
  tell(d, account_closed_event(), std::move(event), s.id);
  d.statements.push_back(storage::save_saga(deletion_saga_name, saga));
  d.reminders.push_back({std::string(runtime::saga_reminder), record.deletes_at()});
  DeleteAccountReply reply;
  reply.set_deletes_at(record.deletes_at());
  reply.set_undo_token(token);
  reply.set_certificate_id(saga.id);
  d.reply = runtime::share(std::move(reply));
  account_parts::also(d, [saga = std::move(saga)](account_state& x) {
    x.deletion = saga;
    x.registration.reset();
  });
  return d;
}

using place = std::optional<saga_row> account_state::*;

/// The saga that erases the account, or will: its deletion, or its registration.
struct own_saga {
  place where;
  std::string_view name;
  const saga_row& row;
  runtime::saga_definition definition;
};
std::optional<own_saga> saga_of(const account_state& s, const context& c) {
  const auto& settings = services(c).settings;
  if (s.deletion)
    return own_saga{&account_state::deletion, deletion_saga_name, *s.deletion,
                    deletion_saga(settings)};
  if (s.registration)
    return own_saga{&account_state::registration, registration_saga_name, *s.registration,
                    registration_saga(settings)};
  return std::nullopt;
}

decision moved(const own_saga& saga, runtime::saga_move m) {
  decision d;
  runtime::carry_out(d, saga.name, m);
  d.apply = [where = saga.where, row = std::move(m.next)](account_state& x) { x.*where = row; };
  return d;
}

}  // namespace

outcome account_entity::delete_account(const account_state& s, const DeleteAccountRequest& q,
                                       const context& c, const reads& r) {
  const auto& sv = services(c);
  if (!s.open() || !account_parts::find_live(s, c.caller.session, c))
    return unauthenticated("The session has ended.");
  if (r.size() == 0) {
    if (auto locked = lock_of(remembered(s.guard, c.now, sv.settings), c.now))
      return *std::move(locked);
    return need{{runtime::job{
        "auth.verify", [hash = s.account->password_hash, password = q.password()]() -> std::any {
          return verify_password(hash, password);
        }}}};
  }
  if (!r.job<bool>(0)) return account_parts::count_failure(s, c);
  return closed(s, c);
}

outcome account_entity::undelete(const account_state& s, const UndeleteRequest& q, const context& c,
                                 const reads&) {
  const auto wrong = make_error(errc::invalid_credentials, "This undo token takes nothing back.");
  if (!s.deletion) return wrong;
  const auto record = record_of(*s.deletion);
  const auto given = hash_of(q.undo_token());
  if (record.undo_hash().size() != given.size() ||
      sodium_memcmp(record.undo_hash().data(), given.data(), given.size()) != 0)
    return wrong;
  if (s.deletion->phase != saga_phase::waiting || c.now >= record.deletes_at())
    return make_error(errc::expired, "The account is being erased.");
  decision d;
  d.reply = runtime::share(Empty{});
  d.statements.push_back(storage::delete_saga(s.deletion->id));
  d.reminders.push_back({std::string(runtime::saga_reminder), 0, true});
  tell(d, account_reopened_event(), AccountReopened{}, s.id);
  d.apply = [](account_state& x) { x.deletion.reset(); };
  return d;
}

outcome account_entity::on_reminder(const account_state& s, const google::protobuf::StringValue&,
                                    const context& c, const reads&) {
  const auto saga = saga_of(s, c);
  if (!saga) return decision{};
  if (saga->row.phase == saga_phase::waiting)
    return moved(*saga, begin(saga->definition, saga->row, c.now));
  return moved(*saga, overdue(saga->definition, saga->row, c.now));
}

outcome account_entity::move_saga(const account_state& s, const operations::MoveSagaRequest& q,
                                  const context& c, const reads&) {
  const auto saga = saga_of(s, c);
  if (!saga || saga->row.id != q.saga_id()) return make_error(errc::not_found);
  if (saga->row.phase == saga_phase::waiting)
    return make_error(errc::conflict, "The saga has not begun; its owner can take it back.");
  auto move = q.compensate() ? taken_back(saga->definition, saga->row, c.now)
                             : std::optional(again(saga->definition, saga->row, c.now));
  if (!move) return make_error(errc::conflict, "Its steps cannot be taken back.");
  auto d = moved(*saga, *std::move(move));
  if (q.compensate()) account_parts::revoke_all(d, s, c);
  d.statements.push_back(storage::record_act({c.new_id(), c.now, q.actor(),
                                              q.compensate() ? "compensate_saga" : "retry_saga",
                                              "auth." + q.saga_id(), q.reason()}));
  d.reply = runtime::share(operations::MoveSagaReply{});
  return d;
}

// When the last domain has answered, auth erases its own rows, and the record loses the account.
outcome account_entity::on_erasure_confirmed(const account_state& s, const rpc::message& answer,
                                             const context& c, const reads& r) {
  const auto a = erasure_answer_of(answer);
  const auto saga = saga_of(s, c);
  if (!saga || saga->row.id != a.certificate_id) return decision{};
  auto record = record_of(saga->row);
  auto& domains = *record.mutable_domains();
  const auto add = [&](const std::string& domain, const erased_counts& n) {
    if (domains.contains(domain)) return;
    domains[domain].set_erased(n.erased);
    domains[domain].set_anonymised(n.anonymised);
  };
  add(a.domain, a.counts);
  auto row = saga->row;
  const bool complete = std::ranges::all_of(
      services(c).erasing, [&](const std::string& domain) { return domains.contains(domain); });
  if (!complete) {
    row.detail = record.SerializeAsString();
    decision d;
    d.statements.push_back(storage::save_saga(saga->name, row));
    d.apply = [where = saga->where, row](account_state& x) { x.*where = row; };
    return d;
  }
  if (r.size() == 0) return need{{store::deletion_counts(s.id)}};
  add("auth", read_erased_counts(r.rows(0)));
  record.clear_undo_hash();
  record.clear_registered();
  row.detail = record.SerializeAsString();
  const auto& step = saga->definition.steps.front().name;
  auto m = answered(saga->definition, std::move(row), step, true, c.now);
  if (!m) return decision{};
  m->next.entity.clear();
  decision d;
  d.statements = store::erase_account(s.id);
  runtime::carry_out(d, saga->name, *m);
  d.passivate = true;
  return d;
}

}  // namespace nova::auth
