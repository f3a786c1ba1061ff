// Handlers of account_entity. Reads are addressed by their position: each handler asks in a fixed order.
#include "actors/auth/account_entity.hpp"

#include "actors/auth/auth_rules.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/password_rules.hpp"
#include "actors/auth/registration_saga.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/page.hpp"
#include "storage/auth/auth_store.hpp"

#include <algorithm>

namespace nova::auth {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<account_state>;
using outcome = account_entity::outcome;
using account_parts::also;
using account_parts::count_failure;
using account_parts::find_live;
using account_parts::forget_failures;
using account_parts::revoke;

constexpr unix_ms ms_per_s = 1000;
constexpr unix_ms ms_per_day = 86'400'000;

const auth_services& services(const context& c) { return c.service<auth_services>(); }

const session_row* find_session(const account_state& s, const uuid& id) {
  const auto at = std::ranges::find(s.sessions, id, &session_row::session_id);
  return at == s.sessions.end() ? nullptr : &*at;
}

}  // namespace

namespace account_parts {

const session_row* find_live(const account_state& s, const uuid& id, const context& c) {
  const auto* session = find_session(s, id);
  return session && session_alive(*session, c.now, services(c).settings) ? session : nullptr;
}

void revoke(decision& d, const uuid& account, const uuid& session, const context& c) {
  const auto until = services(c).signer.dead_after(c.now);
  d.statements.push_back(store::revoke_session(session, until));
  SessionRevoked gone;
  gone.set_account_id(to_string(account));
  gone.set_session_id(to_string(session));
  gone.set_until(until);
  d.events.push_back({&session_revoked_event(), runtime::share(std::move(gone))});
  also(d, [session](account_state& s) {
    std::erase_if(s.sessions, [&](const session_row& x) { return x.session_id == session; });
  });
}

void revoke_all(decision& d, const account_state& s, const context& c) {
  forget_failures(d, s);
  for (const auto& session : s.sessions) revoke(d, s.id, session.session_id, c);
}

void forget_failures(decision& d, const account_state& s) {
  if (s.guard.failures == 0) return;
  d.statements.push_back(store::delete_guard(s.id));
  also(d, [](account_state& x) { x.guard = {}; });
}

decision count_failure(const account_state& s, const context& c) {
  const auto& settings = services(c).settings;
  const auto next = after_failure(remembered(s.guard, c.now, settings), c.now, settings);
  decision d;
  d.statements.push_back(store::put_guard(s.id, next));
  d.refusal = failure_answer(next, c.now);
  d.apply = [next](account_state& x) { x.guard = next; };
  return d;
}

}  // namespace account_parts

namespace {

Tokens tokens_of(const uuid& account, const session_row& session, const context& c) {
  const auto& signer = services(c).signer;
  Tokens t;
  t.set_account_id(to_string(account));
  t.set_access_token(signer.sign(account, session.session_id, c.now));
  t.set_refresh_token(services(c).refresh.make(account, session));
  t.set_expires_in_s(signer.access_token_ttl_s());
  t.set_session_id(to_string(session.session_id));
  return t;
}

// Starts a session, makes room for it when the account has too many, and replies with its tokens.
void open_session(decision& d, const account_state& s, std::string_view user_agent,
                  const context& c) {
  session_row row;
  row.session_id = c.new_id();
  row.salt.resize(session_salt_bytes);
  c.random.fill({reinterpret_cast<std::uint8_t*>(row.salt.data()), row.salt.size()});
  row.user_agent = kept_user_agent(user_agent);
  row.created_at = row.last_seen_at = row.rotated_at = c.now;

  const auto limit = services(c).settings.sessions_per_account;
  std::vector<uuid> live;
  for (const auto& x : s.sessions)
    if (session_alive(x, c.now, services(c).settings)) live.push_back(x.session_id);
  for (std::size_t i = 0; i + limit < live.size() + 1; ++i) revoke(d, s.id, live[i], c);

  d.statements.push_back(store::insert_session(s.id, row));
  d.reply = runtime::share(tokens_of(s.id, row, c));
  also(d, [row = std::move(row)](account_state& x) { x.sessions.push_back(row); });
}

void store_hash(decision& d, const uuid& account, const std::string& hash) {
  d.statements.push_back(store::update_password(account, hash));
  also(d, [hash](account_state& x) {
    if (x.account) x.account->password_hash = hash;
  });
}

void prune_sessions(decision& d, const account_state& s, const context& c) {
  const auto& settings = services(c).settings;
  const auto oldest_start = c.now - settings.session_lifetime_d * ms_per_day;
  const auto oldest_use = c.now - settings.session_idle_d * ms_per_day;
  d.statements.push_back(store::prune_sessions(s.id, c.now, oldest_start, oldest_use));
  also(d, [settings, now = c.now](account_state& x) {
    std::erase_if(x.sessions,
                  [&](const session_row& r) { return !session_alive(r, now, settings); });
  });
}

}  // namespace

outcome account_entity::register_(const account_state& s, const RegisterRequest& q,
                                  const context& c, const reads& r) {
  if (s.account) return make_error(errc::conflict, "This account exists.");
  auto checked = check_registration(q);
  if (checked.has_error()) return checked.error();
  const auto& wanted = *checked;
  if (r.size() == 0) return need{{store::taken_names({wanted.email_name, wanted.handle_name})}};
  const auto taken = read_names(r.rows(0));
  const auto is_taken = [&](const std::string& name) {
    return std::ranges::find(taken, name) != taken.end();
  };
  if (is_taken(wanted.email_name))
    return make_error(errc::email_taken, "An account with this e-mail address exists.");
  if (is_taken(wanted.handle_name))
    return make_error(errc::handle_taken, "An account with this handle exists.");
  if (r.size() == 1)
    return need{{runtime::job{"auth.hash",
                              [password = q.password(), cost = services(c).cost]() -> std::any {
                                return hash_password(password, cost);
                              }}}};

  account_row row{wanted.email, wanted.handle, r.job<std::string>(1), c.now};
  decision d;
  d.statements.push_back(store::insert_account(s.id, row));
  d.statements.push_back(store::insert_name(wanted.email_name, s.id));
  d.statements.push_back(store::insert_name(wanted.handle_name, s.id));
  AccountRegistered born;
  born.set_account_id(to_string(s.id));
  born.set_handle(wanted.handle);
  born.set_display_name(wanted.display_name);
  born.set_registered_at(c.now);
  d.apply = [row = std::move(row)](account_state& x) { x.account = row; };
  if (services(c).preparing.empty()) {
    d.events.push_back({&account_registered_event(), runtime::share(std::move(born))});
  } else {
    auto m = begin_registration(born, to_string(c.new_id()), c.now, services(c).settings);
    runtime::carry_out(d, registration_saga_name, m);
    also(d, [saga = std::move(m.next)](account_state& x) { x.registration = saga; });
  }
  open_session(d, s, c.caller.user_agent, c);
  return d;
}

outcome account_entity::start_session(const account_state& s, const StartSessionRequest& q,
                                      const context& c, const reads& r) {
  const auto& sv = services(c);
  if (auto locked = lock_of(remembered(s.guard, c.now, sv.settings), c.now);
      locked && r.size() == 0)
    return *std::move(locked);
  if (r.size() == 0) {
    auto check = [known = s.open(), hash = s.account ? s.account->password_hash : sv.decoy_hash,
                  password = q.password(), cost = sv.cost]() -> std::any {
      checked_password out;
      out.right = verify_password(hash, password) && known;
      if (out.right && weaker_than(hash, cost)) out.new_hash = hash_password(password, cost);
      return out;
    };
    return need{{runtime::job{"auth.verify", std::move(check)}}};
  }
  const auto& checked = r.job<checked_password>(0);
  if (!checked.right) return count_failure(s, c);
  decision d;
  forget_failures(d, s);
  if (!checked.new_hash.empty()) store_hash(d, s.id, checked.new_hash);
  open_session(d, s, q.user_agent(), c);
  prune_sessions(d, s, c);
  return d;
}

outcome account_entity::refresh(const account_state& s, const RefreshRequest& q, const context& c,
                                const reads&) {
  const auto claim = parse_refresh_token(q.refresh_token());
  if (!claim || claim->account != s.id) return bad_refresh_token();
  const auto* session = find_live(s, claim->session, c);
  if (!session || !services(c).refresh.authentic(*claim, session->salt)) return bad_refresh_token();
  decision d;
  const auto grace_ms = services(c).settings.refresh_grace_s * ms_per_s;
  switch (judge_refresh(*session, claim->generation, c.now, grace_ms)) {
    case refresh_verdict::unknown: return bad_refresh_token();
    case refresh_verdict::repeat: d.reply = runtime::share(tokens_of(s.id, *session, c)); return d;
    case refresh_verdict::reused:
      revoke(d, s.id, session->session_id, c);
      d.refusal = make_error(errc::refresh_reused,
                             "This refresh token was used before; its session has ended.");
      return d;
    case refresh_verdict::rotate: break;
  }
  auto next = *session;
  ++next.generation;
  next.last_seen_at = next.rotated_at = c.now;
  d.statements.push_back(store::rotate_session(next));
  d.reply = runtime::share(tokens_of(s.id, next, c));
  d.apply = [next = std::move(next)](account_state& x) {
    for (auto& row : x.sessions)
      if (row.session_id == next.session_id) row = next;
  };
  return d;
}

// A repeated logout finds the session gone from the state but its row, and with it the salt, still
// in the database.
outcome account_entity::logout(const account_state& s, const LogoutRequest& q, const context& c,
                               const reads& r) {
  const auto claim = parse_refresh_token(q.refresh_token());
  if (!claim || claim->account != s.id) return bad_refresh_token();
  const auto& tokens = services(c).refresh;
  decision d;
  d.reply = runtime::share(Empty{});
  if (const auto* session = find_session(s, claim->session)) {
    if (!tokens.authentic(*claim, session->salt)) return bad_refresh_token();
    revoke(d, s.id, session->session_id, c);
    return d;
  }
  if (r.size() == 0) return need{{store::session_salt(claim->session, s.id)}};
  const auto salt = read_salt(r.rows(0));
  if (!salt || !tokens.authentic(*claim, *salt)) return bad_refresh_token();
  return d;
}

outcome account_entity::change_password(const account_state& s, const ChangePasswordRequest& q,
                                        const context& c, const reads& r) {
  const auto& sv = services(c);
  if (!s.account || !find_live(s, c.caller.session, c))
    return unauthenticated("The session has ended.");
  if (r.size() == 0) {
    if (auto locked = lock_of(remembered(s.guard, c.now, sv.settings), c.now))
      return *std::move(locked);
    const auto problem = password_problem(q.new_password(), s.account->handle, s.account->email);
    if (!problem.empty()) return invalid_field("new_password", std::string(problem));
    auto change = [hash = s.account->password_hash, old = q.old_password(),
                   wanted = q.new_password(), cost = sv.cost]() -> std::any {
      checked_password out;
      out.right = verify_password(hash, old);
      if (out.right) out.new_hash = hash_password(wanted, cost);
      return out;
    };
    return need{{runtime::job{"auth.change_password", std::move(change)}}};
  }
  const auto& checked = r.job<checked_password>(0);
  if (!checked.right) return count_failure(s, c);
  decision d;
  forget_failures(d, s);
  store_hash(d, s.id, checked.new_hash);
  for (const auto& session : s.sessions)
    if (session.session_id != c.caller.session) revoke(d, s.id, session.session_id, c);
  d.reply = runtime::share(Empty{});
  return d;
}

outcome account_entity::list_sessions(const account_state& s, const ListSessionsRequest& q,
                                      const context& c, const reads&) {
  if (!find_live(s, c.caller.session, c)) return unauthenticated("The session has ended.");
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  std::optional<uuid> after;
  if (q.has_cursor() && !(after = parse_uuid(q.cursor())))
    return invalid_field("cursor", "This is not a cursor that was given out.");
  ListSessionsReply reply;
  // Newest first; ids are UUIDv7, so their order is that of the starts and a cursor outlives its
  // session.
  auto newest = s.sessions;
  std::ranges::sort(newest, std::ranges::greater{}, &session_row::session_id);
  for (const auto& row : newest) {
    if (!session_alive(row, c.now, services(c).settings) || (after && !(row.session_id < *after)))
      continue;
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(reply.items(reply.items_size() - 1).session_id());
      break;
    }
    auto* item = reply.add_items();
    item->set_session_id(to_string(row.session_id));
    item->set_created_at(row.created_at);
    item->set_last_seen_at(row.last_seen_at);
    item->set_user_agent(row.user_agent);
    item->set_current(row.session_id == c.caller.session);
  }
  decision d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

// Of a session that is revoked already the row remains for a while: repeating the call is no error.
outcome account_entity::revoke_session(const account_state& s, const RevokeSessionRequest& q,
                                       const context& c, const reads& r) {
  if (!find_live(s, c.caller.session, c)) return unauthenticated("The session has ended.");
  const auto id = parse_uuid(q.session_id());
  if (!id) return make_error(errc::not_found, "There is no such session.");
  decision d;
  d.reply = runtime::share(Empty{});
  if (find_session(s, *id)) {
    revoke(d, s.id, *id, c);
    return d;
  }
  if (r.size() == 0) return need{{store::session_salt(*id, s.id)}};
  if (!read_salt(r.rows(0))) return make_error(errc::not_found, "There is no such session.");
  return d;
}

}  // namespace nova::auth
