// See identity_node.hpp.
#include "tests/auth/identity_node.hpp"

#include "actors/auth/auth_descriptor.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/user/user_descriptor.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <libpq-fe.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace nova::test {
namespace {

using namespace std::chrono_literals;

struct no_sockets : rpc::push_sink {
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

struct moved_clock : wall_clock {
  std::atomic<std::int64_t> offset_ms{0};
  unix_ms now() const override { return system_wall_clock().now() + offset_ms.load(); }
};

template <class T>
T must(result<T> r) {
  if (r.has_error()) throw std::runtime_error(r.error().detail);
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}

}  // namespace

struct identity_node::impl {
  explicit impl(config::auth_settings s)
      : settings(s),
        stores{postgres_fixture::instance().fresh({{"auth", auth::descriptor().migrations}}),
               postgres_fixture::instance().fresh({{"user", user::descriptor().migrations}})} {
    start();
  }

  ~impl() { stop(); }

  void start() {
    runtime::node_options o;
    o.wall = &clock;
    node = std::make_unique<runtime::node>(o, sink);
    for (const auto& store : stores)
      databases.push_back(
          storage::open_database(postgres_fixture::instance().io(), store.options()));
    node->add(auth::descriptor().make(settings, {{"auth", std::string(32, 's')}}), databases[0]);
    node->add(user::descriptor().make({}, {}), databases[1]);
    node->tap(auth::session_revoked_event(), [this](const rpc::message_ptr& m) {
      std::lock_guard lock(mutex);
      revoked.push_back(dynamic_cast<const auth::SessionRevoked&>(*m).session_id());
    });
    node->start();
    std::unique_lock lock(mutex);
    const auto deadline = std::chrono::steady_clock::now() + 30s * slowdown;
    while (!node->ready()) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("the node does not get ready");
      changed.wait_for(lock, 10ms);
    }
  }

  void stop() {
    if (!node) return;
    if (!node->stop(5s * slowdown)) std::terminate();
    node.reset();
    databases.clear();
  }

  config::auth_settings settings;
  std::vector<fresh_database> stores;  ///< auth's, user's
  moved_clock clock;
  no_sockets sink;
  std::vector<std::shared_ptr<storage::database>> databases;
  std::unique_ptr<runtime::node> node;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> revoked;
};

identity_node::identity_node(config::auth_settings settings)
    : impl_(std::make_unique<impl>(settings)) {}
identity_node::~identity_node() = default;

config::auth_settings identity_node::cheap_settings() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  return s;
}

void identity_node::restart() {
  impl_->stop();
  impl_->start();
}

void identity_node::pass(std::int64_t ms) { impl_->clock.offset_ms += ms; }
unix_ms identity_node::now() const { return impl_->clock.now(); }

std::future<rpc::reply_result> identity_node::send(const rpc::method& m, rpc::message_ptr request,
                                                   rpc::caller caller,
                                                   std::string idempotency_key) {
  auto done = std::make_shared<std::promise<rpc::reply_result>>();
  rpc::call c;
  c.method = &m;
  c.caller = std::move(caller);
  c.request_id = "test";
  c.idempotency_key = std::move(idempotency_key);
  c.deadline = std::chrono::steady_clock::now() + 20s * slowdown;
  c.request = std::move(request);
  c.reply = [done](rpc::reply_result r) { done->set_value(std::move(r)); };
  auto out = done->get_future();
  impl_->node->call(std::move(c));
  return out;
}

result<auth::Tokens> identity_node::register_account(const std::string& email,
                                                     const std::string& handle,
                                                     const std::string& password) {
  auth::RegisterRequest q;
  q.set_email(email);
  q.set_handle(handle);
  q.set_password(password);
  return call<auth::auth_interface::register_>(q);
}

result<auth::Tokens> identity_node::login(const std::string& identifier,
                                          const std::string& password) {
  auth::LoginRequest q;
  q.set_identifier(identifier);
  q.set_password(password);
  return call<auth::auth_interface::login>(q);
}

result<auth::Tokens> identity_node::refresh(const std::string& token) {
  auth::RefreshRequest q;
  q.set_refresh_token(token);
  return call<auth::auth_interface::refresh>(q);
}

rpc::caller identity_node::caller_of(const auth::Tokens& t) {
  rpc::caller c;
  c.kind = rpc::caller_kind::user;
  c.account = *parse_uuid(t.account_id());
  c.session = *parse_uuid(t.session_id());
  return c;
}

std::vector<std::string> identity_node::revoked() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->revoked;
}

storage::rows identity_node::read(const std::string& domain, storage::statement s) {
  return must(test::read(*impl_->databases[domain == "auth" ? 0 : 1], std::move(s)));
}

std::string identity_node::conninfo(const std::string& domain) const {
  return impl_->stores[domain == "auth" ? 0 : 1].conninfo;
}

std::vector<std::string> unpreparable(const std::string& conninfo,
                                      std::span<const storage::query* const> queries) {
  std::vector<std::string> out;
  std::unique_ptr<PGconn, decltype(&PQfinish)> c(PQconnectdb(conninfo.c_str()), &PQfinish);
  if (PQstatus(c.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(c.get()));
  for (const auto* q : queries) {
    const std::string name(q->name), sql(q->sql);
    std::unique_ptr<PGresult, decltype(&PQclear)> r(
        PQprepare(c.get(), name.c_str(), sql.c_str(), 0, nullptr), &PQclear);
    if (PQresultStatus(r.get()) != PGRES_COMMAND_OK)
      out.push_back(name + ": " + PQresultErrorMessage(r.get()));
  }
  return out;
}

}  // namespace nova::test
