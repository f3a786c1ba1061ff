// Auth's handlers without runtime and database: carries out needs from small tables, applies
// decisions, moves the clock. Used by auth_rules_test.
#pragma once

#include "actors/auth/account_entity.hpp"
#include "actors/auth/auth_services.hpp"
#include "actors/auth/keyring_entity.hpp"
#include "actors/auth/login_name_entity.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

namespace nova::auth::testing {

struct seeded_random : random_source {
  std::mt19937_64 engine{7};
  void fill(std::span<std::uint8_t> out) override {
    for (auto& b : out) b = static_cast<std::uint8_t>(engine());
  }
};

inline const std::string good_password = "correct horse battery staple";

class auth_world {
 public:
  explicit auth_world(config::auth_settings s = cheap_settings())
      : services_(std::make_shared<auth_services>(s, std::string(32, 'k'))), any_(services_) {}

  static config::auth_settings cheap_settings() {
    config::auth_settings s;
    s.password_opslimit = 1;
    s.password_memory_kib = 8;
    return s;
  }

  unix_ms now = 1'800'000'000'000;
  seeded_random random;
  std::vector<runtime::event> events;
  std::vector<std::string> statements;  ///< names, of all committed decisions
  int jobs = 0;
  /// Called before each commit: lets a test put another's commit in between.
  std::function<void()> before_commit;
  std::map<uuid, account_state> accounts;
  std::map<std::string, uuid> names;
  struct kept_session {
    uuid account{};
    std::string salt;
  };
  std::map<uuid, kept_session> session_rows;  ///< revoked ones included

  const auth_services& services() const { return *services_; }

  template <class Reply = Tokens>
  result<Reply> reply_of(const rpc::reply_result& r) {
    if (r.has_error()) return r.error();
    return dynamic_cast<const Reply&>(**r);
  }

  result<Tokens> register_account(std::string email, std::string handle,
                                  std::string password = good_password,
                                  std::string display_name = {}) {
    RegisterRequest q;
    q.set_email(std::move(email));
    q.set_handle(std::move(handle));
    q.set_password(std::move(password));
    q.set_display_name(std::move(display_name));
    const auto id = make_uuid_v7(now, random);
    return reply_of(account_call(id, &account_entity::register_, q, {}));
  }

  result<Tokens> login(std::string identifier, std::string password) {
    LoginRequest q;
    q.set_identifier(identifier);
    q.set_password(std::move(password));
    const auto key = *login_name_entity::normalise_key(auth_interface::login::info(), identifier);
    runtime::reads r;
    login_name_state none;
    rpc::caller anonymous;
    for (;;) {
      auto out = login_name_entity::login(none, q, make_context(key, anonymous, 0), r);
      if (auto* e = std::get_if<error>(&out)) return *e;
      if (auto* d = std::get_if<runtime::decision<login_name_state>>(&out))
        return reply_of(d->reply);
      supply(std::get<runtime::need>(out), r);
    }
  }

  result<Tokens> refresh(std::string token) {
    RefreshRequest q;
    q.set_refresh_token(token);
    const auto key = account_entity::normalise_key(auth_interface::refresh::info(), token);
    if (key.has_error()) return key.error();
    return reply_of(account_call(*parse_uuid(*key), &account_entity::refresh, q, {}));
  }

  result<Empty> logout(std::string token) {
    LogoutRequest q;
    q.set_refresh_token(token);
    const auto key = account_entity::normalise_key(auth_interface::logout::info(), token);
    if (key.has_error()) return key.error();
    return reply_of<Empty>(account_call(*parse_uuid(*key), &account_entity::logout, q, {}));
  }

  template <class Reply, class Request>
  result<Reply> as(const Tokens& who,
                   account_entity::outcome (*h)(const account_state&, const Request&,
                                                const runtime::context&, const runtime::reads&),
                   const Request& q) {
    rpc::caller c;
    c.kind = rpc::caller_kind::user;
    c.account = *parse_uuid(who.account_id());
    c.session = *parse_uuid(who.session_id());
    return reply_of<Reply>(account_call(c.account, h, q, c));
  }

  runtime::context make_context(std::string_view key, const rpc::caller& c, int attempt) {
    return runtime::context{key, c, now, random, "request", "", attempt, &any_};
  }

  template <class Request>
  rpc::reply_result account_call(const uuid& id,
                                 account_entity::outcome (*h)(const account_state&, const Request&,
                                                              const runtime::context&,
                                                              const runtime::reads&),
                                 const Request& q, const rpc::caller& c) {
    const auto key = to_string(id);
    for (int attempt = 0; attempt < 3; ++attempt) {
      auto& state = accounts.try_emplace(id, account_state{id, {}, {}, {}}).first->second;
      runtime::reads r;
      for (;;) {
        auto out = h(state, q, make_context(key, c, attempt), r);
        if (auto* e = std::get_if<error>(&out)) return *e;
        if (auto* d = std::get_if<runtime::decision<account_state>>(&out)) {
          if (before_commit) std::exchange(before_commit, nullptr)();
          if (!commit(*d, state)) break;
          if (d->refusal) return *d->refusal;
          return d->reply;
        }
        supply(std::get<runtime::need>(out), r);
      }
    }
    return make_error(errc::conflict);
  }

 private:
  void supply(runtime::need& n, runtime::reads& r) {
    for (auto& item : n.items) {
      if (auto* s = std::get_if<storage::statement>(&item)) {
        r.append(read(*s));
      } else if (auto* j = std::get_if<runtime::job>(&item)) {
        ++jobs;
        r.append(j->run());
      } else {
        const auto& start =
            dynamic_cast<const StartSessionRequest&>(*std::get<runtime::ask>(item).request);
        r.append(account_call(*parse_uuid(start.account_id()), &account_entity::start_session,
                              start, {}));
      }
    }
  }

  storage::rows read(const storage::statement& s) {
    const auto name = s.query->name;
    if (name == "auth.taken_names") {
      std::vector<storage::value> cells;
      for (const auto& n : std::get<std::vector<std::string>>(s.params[0]))
        if (names.contains(n)) cells.emplace_back(n);
      return {1, std::move(cells)};
    }
    if (name == "auth.name_owner") {
      const auto at = names.find(std::get<std::string>(s.params[0]));
      if (at == names.end()) return {};
      return {1, {at->second}};
    }
    REQUIRE(name == "auth.session_salt");
    const auto at = session_rows.find(std::get<uuid>(s.params[0]));
    if (at == session_rows.end() || at->second.account != std::get<uuid>(s.params[1])) return {};
    return {1, {storage::bytes{at->second.salt}}};
  }

  bool commit(runtime::decision<account_state>& d, account_state& state) {
    for (const auto& s : d.statements)
      if (s.query->name == "auth.insert_name" && names.contains(std::get<std::string>(s.params[0])))
        return false;
    for (const auto& s : d.statements) {
      statements.emplace_back(s.query->name);
      if (s.query->name == "auth.insert_name")
        names[std::get<std::string>(s.params[0])] = std::get<uuid>(s.params[1]);
      if (s.query->name == "auth.insert_session")
        session_rows[std::get<uuid>(s.params[0])] = {std::get<uuid>(s.params[1]),
                                                     std::get<storage::bytes>(s.params[3]).data};
    }
    for (auto& e : d.events) events.push_back(std::move(e));
    if (d.apply) d.apply(state);
    return true;
  }

  std::shared_ptr<auth_services> services_;
  std::any any_;
};

}  // namespace nova::auth::testing
