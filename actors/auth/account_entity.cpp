#include "actors/auth/account_entity.hpp"

#include "actors/auth/auth_rules.hpp"
#include "actors/auth/deletion_saga.hpp"
#include "actors/auth/refresh_tokens.hpp"
#include "actors/auth/registration_saga.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "storage/auth/auth_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::auth {

runtime::entity_kind account_entity::kind(const runtime::account_answers& answers) {
  runtime::methods<account_entity> account("account");
  bind_account<account_entity>(account);
  account.on_reminder<google::protobuf::StringValue>(&account_entity::on_reminder);
  for (const auto* answer : answers.registrations)
    account.on<rpc::message>(*answer, &account_entity::on_registration_confirmed);
  for (const auto* answer : answers.erasures)
    account.on<rpc::message>(*answer, &account_entity::on_erasure_confirmed);
  account.kind().normalise_key = &account_entity::normalise_key;
  return account.take();
}

runtime::loading<account_state> account_entity::load(std::string_view key,
                                                     const runtime::reads& r) {
  account_state s;
  const auto id = parse_uuid(key);
  if (!id) return s;
  if (r.size() == 0)
    return runtime::need{{store::account(*id), store::sessions(*id),
                          storage::saga_of_entity(deletion_saga_name, to_string(*id)),
                          storage::saga_of_entity(registration_saga_name, to_string(*id))}};
  s.id = *id;
  s.account = read_account(r.rows(0));
  s.guard = read_guard(r.rows(0));
  s.sessions = read_sessions(r.rows(1));
  s.deletion = storage::read_saga(r.rows(2));
  s.registration = storage::read_saga(r.rows(3));
  return s;
}

std::size_t account_entity::weight(const account_state& s) {
  std::size_t bytes = sizeof s;
  if (s.account)
    bytes += s.account->email.size() + s.account->handle.size() + s.account->password_hash.size();
  for (const auto& x : s.sessions) bytes += sizeof x + x.user_agent.size() + x.salt.size();
  return bytes;
}

result<std::string> account_entity::normalise_key(const rpc::method& m, std::string raw) {
  if (m.number == auth_interface::refresh::info().number ||
      m.number == auth_interface::logout::info().number) {
    const auto claim = parse_refresh_token(raw);
    if (!claim) return bad_refresh_token();
    return to_string(claim->account);
  }
  // An undo token begins with the account.
  if (m.number == auth_interface::undelete::info().number) raw = raw.substr(0, raw.find('.'));
  const auto id = parse_uuid(raw);
  return id ? to_string(*id) : std::move(raw);
}

}  // namespace nova::auth
