// messaging on runtime and PostgreSQL, without gateway: one node, its calls as answers, and a connection beside it. Used by the
// pgtests of this folder.
#pragma once

#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/runtime/node/node.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/messaging_queries.hpp"
#include "storage/messaging/migrations.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>

namespace nova::messaging {

// Remembers which connections each message reached.
class recording_sink final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
               rpc::push_ptr p) override {
    std::lock_guard lock(mutex_);
    if (p->type().rpc == "presence.changed") {
      const auto& told = static_cast<const Presence&>(p->body());
      last_seen_[told.account_id()] = told.last_seen_at();
      changed_.notify_all();
    }
    if (p->type().rpc != "messaging.message") return;
    auto& reached = reached_[static_cast<const Message&>(p->body()).seq()];
    reached.insert(to->begin(), to->end());
    changed_.notify_all();
  }
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}

  /// Of the account, as it was pushed last; 0: unknown.
  unix_ms wait_for_presence(const uuid& account) {
    std::unique_lock lock(mutex_);
    const auto id = to_string(account);
    CHECK(
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return last_seen_.contains(id); }));
    return last_seen_[id];
  }

  bool wait_for(std::int64_t seq, std::size_t connections) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return reached_[seq].size() == connections; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int64_t, std::set<rpc::connection_id>> reached_;
  std::map<std::string, unix_ms> last_seen_;
};

inline uuid person(std::uint32_t n) {
  uuid id{};
  id.data[0] = 1;
  id.data[6] = 0x70;
  id.data[8] = 0x80;
  for (int i = 0; i < 4; ++i) id.data[15 - i] = static_cast<std::uint8_t>(n >> 8 * i);
  return id;
}

struct connection {
  explicit connection(const std::string& conninfo) : handle(PQconnectdb(conninfo.c_str())) {
    REQUIRE(PQstatus(handle) == CONNECTION_OK);
  }
  ~connection() { PQfinish(handle); }
  PGconn* handle;
};

struct messaging_node {
  messaging_node() { restart(); }
  ~messaging_node() { CHECK(node->stop(std::chrono::seconds(10))); }

  /// Until restart(): nothing but the test writes.
  void stop() {
    if (node) REQUIRE(node->stop(std::chrono::seconds(10)));
  }
  void restart() {
    stop();
    runtime::node_options options;
    options.make_presence = descriptor().presence;
    options.note_seen = descriptor().note_seen;
    node.emplace(std::move(options), sink);
    node->add(descriptor().make({}, {}), storage::open_database(fixture.io(), database.options()));
    node->start();
    REQUIRE(fixture.until([this] { return node->ready(); }));
  }

  template <class Method>
  result<typename Method::reply> call(std::uint32_t as, typename Method::request q,
                                      rpc::connection_id connection = 0) {
    std::promise<rpc::reply_result> answered;
    rpc::call c;
    c.method = &Method::info();
    c.caller = {rpc::caller_kind::user, person(as), person(as), connection, "127.0.0.1", "test"};
    c.request_id = "test";
    c.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    c.request = std::make_shared<const typename Method::request>(std::move(q));
    c.reply = [&](rpc::reply_result r) { answered.set_value(std::move(r)); };
    node->call(std::move(c));
    auto r = answered.get_future().get();
    if (!r) return r.error();
    return static_cast<const typename Method::reply&>(**r);
  }

  void attach(std::uint32_t account, rpc::connection_id connection) {
    std::promise<bool> attached;
    node->attach({connection, person(account), person(account), person(account), true},
                 [&](result<void> r) { attached.set_value(r.has_value()); });
    REQUIRE(attached.get_future().get());
  }

  result<SendReply> send(std::uint32_t as, const std::string& conversation,
                         const std::string& client_id) {
    SendRequest q;
    q.set_conversation_id(conversation);
    q.set_client_id(client_id);
    q.set_text("to everybody");
    return call<messaging_interface::send>(as, q);
  }

  /// The first column of the first row.
  std::string ask(const std::string& sql) {
    connection c(database.admin_conninfo);
    auto* r = PQexec(c.handle, sql.c_str());
    const bool rows = PQresultStatus(r) == PGRES_TUPLES_OK;
    CHECK_MESSAGE((rows || PQresultStatus(r) == PGRES_COMMAND_OK), PQresultErrorMessage(r));
    std::string out;
    if (rows && PQntuples(r) > 0) out = PQgetvalue(r, 0, 0);
    PQclear(r);
    return out;
  }

  /// Rows that the retention of a table has deleted.
  double deleted(std::string_view table) {
    metric_samples out;
    node->collect_metrics(out);
    return out.value(metric::nova_storage_retention_deleted_total, {"messaging", table});
  }

  // What ProfileChanged events would have told, in one statement.
  void know_persons(std::uint32_t count) {
    std::string ids = "{";
    for (std::uint32_t n = 1; n <= count; ++n) ids += (n > 1 ? "," : "") + to_string(person(n));
    ids += '}';
    const char* params[] = {ids.c_str()};
    connection c(database.owner_conninfo);
    auto* done = PQexecParams(c.handle,
                              "INSERT INTO person SELECT id, 'p' || n, 'Person ' || n FROM "
                              "unnest($1::uuid[]) WITH ORDINALITY AS x(id, n)",
                              1, nullptr, params, nullptr, nullptr, 0);
    CHECK(PQresultStatus(done) == PGRES_COMMAND_OK);
    PQclear(done);
  }

  nova::test::postgres_fixture& fixture = nova::test::postgres_fixture::instance();
  nova::test::fresh_database database =
      fixture.fresh({{"messaging", storage::messaging_migrations()}});
  recording_sink sink;
  std::optional<runtime::node> node;
};

}  // namespace nova::messaging
