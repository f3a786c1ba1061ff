// Domains on a real runtime and a real PostgreSQL, without gateway: calls go in as the gateway would send them. Used by the
// *_pgtest files of domains; each case starts one node on fresh databases.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/runtime_settings.hpp"
#include "protocols/core/bus.hpp"
#include "storage/database/database.hpp"

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace nova::test {

struct domain_part {
  std::string name;
  std::span<const storage::migration> migrations;
  std::function<runtime::domain()> make;
  std::vector<runtime::edge_tap> taps;
  const rpc::event_type* confirms_registration = nullptr;
  const rpc::event_type* confirms_erasure = nullptr;
  void (*await_answers)(runtime::domain&, const runtime::account_answers&) = nullptr;
};

/// A domain with its own settings; each key that it asks for is 32 equal bytes.
template <class Settings>
domain_part part_of(const runtime::domain_module<Settings>& m, Settings s = {}) {
  runtime::kept_keys keys;
  for (auto name : m.keys) keys.emplace(name, std::string(32, 's'));
  return {std::string(m.name),
          m.migrations,
          [m, s, keys] { return m.make(s, keys); },
          m.taps,
          m.confirms_registration,
          m.confirms_erasure,
          m.await_answers};
}

class domain_node {
 public:
  /// Fresh databases; returns when the node serves.
  explicit domain_node(std::vector<domain_part> parts, config::runtime_settings settings = {});
  ~domain_node();
  domain_node(const domain_node&) = delete;
  domain_node& operator=(const domain_node&) = delete;

  /// Stops the node and starts another one on the same databases.
  void restart();
  /// Moves the node's wall clock.
  void pass(std::int64_t ms);
  unix_ms now() const;

  std::future<rpc::reply_result> send(const rpc::method& m, rpc::message_ptr request,
                                      rpc::caller caller = {}, std::string idempotency_key = {});

  /// The same with a callback, which runs on any thread and must not block.
  void post(const rpc::method& m, rpc::message_ptr request, rpc::reply_fn reply,
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

  /// A socket of the account from now on.
  void attach(rpc::connection_id connection, const uuid& account);
  /// Names of the pushes that reached the socket, in order: "messaging.message".
  std::vector<std::string> pushes(rpc::connection_id connection) const;
  /// Sessions whose end was told to the edge since the first start.
  std::vector<std::string> revoked() const;
  /// False when `done` does not hold within 15 s (times slowdown). `done` may call the node.
  bool until(const std::function<bool()>& done) const;

  /// A read on the named domain's database; again while a lock of the domain's own work refuses it, for up to 15 s.
  storage::rows read(const std::string& domain, storage::statement s);
  /// libpq connection string of the domain's run-time role.
  std::string conninfo(const std::string& domain) const;
  /// The same as the owner of the tables.
  std::string owner_conninfo(const std::string& domain) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// Prepares every query against the domain's schema; the names of those that PostgreSQL refuses,
/// with its words.
std::vector<std::string> unpreparable(const std::string& conninfo,
                                      std::span<const storage::query* const> queries);

/// The caller that the gateway makes of a signed-in account.
rpc::caller caller_of(const uuid& account, const uuid& session, rpc::connection_id connection = 0);

}  // namespace nova::test
