// auth and user on a real runtime and a real PostgreSQL, without gateway: calls go in as the
// gateway would send them. Used by auth_pgtest and user_pgtest, one node on fresh databases for
// each case.
#pragma once

#include "config/settings/auth_settings.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/bus.hpp"
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "storage/database/database.hpp"

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace nova::test {

inline const std::string good_password = "correct horse battery staple";

class identity_node {
 public:
  /// Fresh databases; returns when the node serves.
  explicit identity_node(config::auth_settings settings = cheap_settings());
  ~identity_node();
  identity_node(const identity_node&) = delete;
  identity_node& operator=(const identity_node&) = delete;

  /// Hashes that cost next to nothing.
  static config::auth_settings cheap_settings();

  /// Stops the node and starts another one on the same databases.
  void restart();
  /// Moves the node's wall clock.
  void pass(std::int64_t ms);
  unix_ms now() const;

  std::future<rpc::reply_result> send(const rpc::method& m, rpc::message_ptr request,
                                      rpc::caller caller = {}, std::string idempotency_key = {});

  template <class Method>
  result<typename Method::reply> call(const typename Method::request& q, rpc::caller caller = {},
                                      std::string idempotency_key = {}) {
    return answer<Method>(begin<Method>(q, std::move(caller), std::move(idempotency_key)));
  }
  template <class Method>
  std::future<rpc::reply_result> begin(const typename Method::request& q, rpc::caller caller = {},
                                       std::string idempotency_key = {}) {
    return send(Method::info(), std::make_shared<const typename Method::request>(q),
                std::move(caller), std::move(idempotency_key));
  }
  template <class Method>
  static result<typename Method::reply> answer(std::future<rpc::reply_result> f) {
    const auto r = f.get();
    if (r.has_error()) return r.error();
    return dynamic_cast<const typename Method::reply&>(**r);
  }

  result<auth::Tokens> register_account(const std::string& email, const std::string& handle,
                                        const std::string& password = good_password);
  result<auth::Tokens> login(const std::string& identifier, const std::string& password);
  result<auth::Tokens> refresh(const std::string& token);

  /// The caller that the gateway makes of an access token.
  static rpc::caller caller_of(const auth::Tokens& t);

  /// Sessions whose end was told since the start.
  std::vector<std::string> revoked() const;

  /// A read on the named domain's database.
  storage::rows read(const std::string& domain, storage::statement s);
  /// libpq connection string of the domain's run-time role.
  std::string conninfo(const std::string& domain) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Prepares every query against the domain's schema; the names of those that PostgreSQL refuses,
/// with its words.
std::vector<std::string> unpreparable(const std::string& conninfo,
                                      std::span<const storage::query* const> queries);

}  // namespace nova::test
