#include "tests/support/domain_node.hpp"

#include "actors/runtime/node/node.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stdexcept>

namespace nova::test {
namespace {

using namespace std::chrono_literals;

struct recording_sink : rpc::push_sink {
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
               rpc::push_ptr p) override {
    std::lock_guard lock(mutex);
    for (auto connection : *to) pushes[connection].emplace_back(p->type().rpc);
  }
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid& session, unix_ms) override {
    std::lock_guard lock(mutex);
    revoked.push_back(to_string(session));
  }
  mutable std::mutex mutex;
  std::map<rpc::connection_id, std::vector<std::string>> pushes;
  std::vector<std::string> revoked;
};

struct moved_clock : wall_clock {
  std::atomic<std::int64_t> offset_ms{0};
  unix_ms now() const override { return system_wall_clock().now() + offset_ms.load(); }
};

template <class T>
T must(result<T> r) {
  if (r.has_error())
    throw std::runtime_error(std::string(describe(r.error().code).name) + ": " + r.error().detail);
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}

}  // namespace

struct domain_node::impl {
  impl(std::vector<domain_part> p, config::runtime_settings s)
      : parts(std::move(p)), settings(std::move(s)) {
    for (const auto& part : parts)
      stores.push_back(postgres_fixture::instance().fresh({{part.name, part.migrations}}));
    start();
  }
  ~impl() { stop(); }

  void start() {
    runtime::node_options o;
    o.wall = &clock;
    o.settings = settings;
    node = std::make_unique<runtime::node>(std::move(o), sink);
    const auto answers = runtime::answers_of(parts);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      databases.push_back(
          storage::open_database(postgres_fixture::instance().io(), stores[i].options()));
      auto domain = parts[i].make();
      if (parts[i].await_answers) parts[i].await_answers(domain, answers);
      node->add(std::move(domain), databases.back());
      for (const auto& tap : parts[i].taps)
        node->tap(*tap.event,
                  [this, tell = tap.tell](const rpc::message_ptr& m) { tell(*m, sink); });
    }
    node->start();
    if (!postgres_fixture::instance().until([this] { return node->ready(); }, 30s))
      throw std::runtime_error("the node does not get ready");
  }

  void stop() {
    if (!node) return;
    if (!node->stop(5s * slowdown)) std::terminate();
    node.reset();
    databases.clear();
  }

  std::size_t place_of(const std::string& domain) const {
    const auto at = std::ranges::find(parts, domain, &domain_part::name);
    if (at == parts.end()) throw std::invalid_argument("no domain " + domain);
    return static_cast<std::size_t>(at - parts.begin());
  }

  std::vector<domain_part> parts;
  config::runtime_settings settings;
  std::vector<fresh_database> stores;  ///< in the order of `parts`, as are `databases`
  moved_clock clock;
  recording_sink sink;
  std::vector<std::shared_ptr<storage::database>> databases;
  std::unique_ptr<runtime::node> node;
  std::mutex looking;
  std::condition_variable pause;  ///< between two looks of until(); nobody signals it
};

domain_node::domain_node(std::vector<domain_part> parts, config::runtime_settings settings)
    : impl_(std::make_unique<impl>(std::move(parts), std::move(settings))) {}
domain_node::~domain_node() = default;

void domain_node::restart() {
  impl_->stop();
  impl_->start();
}

void domain_node::pass(std::int64_t ms) { impl_->clock.offset_ms += ms; }
unix_ms domain_node::now() const { return impl_->clock.now(); }

std::future<rpc::reply_result> domain_node::send(const rpc::method& m, rpc::message_ptr request,
                                                 rpc::caller caller, std::string idempotency_key) {
  auto done = std::make_shared<std::promise<rpc::reply_result>>();
  auto out = done->get_future();
  post(
      m, std::move(request), [done](rpc::reply_result r) { done->set_value(std::move(r)); },
      std::move(caller), std::move(idempotency_key));
  return out;
}

void domain_node::post(const rpc::method& m, rpc::message_ptr request, rpc::reply_fn reply,
                       rpc::caller caller, std::string idempotency_key) {
  rpc::call c;
  c.method = &m;
  c.caller = std::move(caller);
  c.request_id = "test";
  c.idempotency_key = std::move(idempotency_key);
  c.deadline = std::chrono::steady_clock::now() + 20s * slowdown;
  c.request = std::move(request);
  c.reply = std::move(reply);
  impl_->node->call(std::move(c));
}

void domain_node::attach(rpc::connection_id connection, const uuid& account) {
  uuid lineage{};
  for (int i = 0; i < 8; ++i)
    lineage.data[15 - i] = static_cast<std::uint8_t>(connection >> (8 * i));
  std::promise<void> attached;
  impl_->node->attach({connection, account, account, lineage, true},
                      [&](result<void>) { attached.set_value(); });
  attached.get_future().wait();
}

std::vector<std::string> domain_node::pushes(rpc::connection_id connection) const {
  std::lock_guard lock(impl_->sink.mutex);
  const auto at = impl_->sink.pushes.find(connection);
  return at == impl_->sink.pushes.end() ? std::vector<std::string>() : at->second;
}

std::vector<std::string> domain_node::revoked() const {
  std::lock_guard lock(impl_->sink.mutex);
  return impl_->sink.revoked;
}

bool domain_node::until(const std::function<bool()>& done) const {
  const auto deadline = std::chrono::steady_clock::now() + 15s * slowdown;
  std::unique_lock lock(impl_->looking);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    impl_->pause.wait_for(lock, 10ms);
  }
  return true;
}

storage::rows domain_node::read(const std::string& domain, storage::statement s) {
  auto& database = *impl_->databases[impl_->place_of(domain)];
  const auto deadline = std::chrono::steady_clock::now() + 15s * slowdown;
  for (;;) {
    auto found = test::read(database, s);
    const bool away = found.has_error() && found.error().code == errc::unavailable;
    if (!away || std::chrono::steady_clock::now() > deadline) return must(std::move(found));
  }
}

std::string domain_node::conninfo(const std::string& domain) const {
  return impl_->stores[impl_->place_of(domain)].conninfo;
}
std::string domain_node::owner_conninfo(const std::string& domain) const {
  return impl_->stores[impl_->place_of(domain)].owner_conninfo;
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

rpc::caller caller_of(const uuid& account, const uuid& session, rpc::connection_id connection) {
  rpc::caller c;
  c.kind = rpc::caller_kind::user;
  c.account = account;
  c.session = session;
  c.connection = connection;
  return c;
}

}  // namespace nova::test
