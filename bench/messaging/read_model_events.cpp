// The scenario `events`. See messaging_scenarios.hpp.
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/user/user_descriptor.hpp"
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/support/goals.hpp"
#include "protocols/core/log.hpp"
#include "storage/messaging/migrations.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/user/migrations.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <fstream>
#include <optional>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::uint64_t all_events = 200'000;
constexpr std::chrono::seconds taken_within{120};
using clock = std::chrono::steady_clock;

class no_sockets final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

double resident_mib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) / 1024;
  return 0;
}

// ProfileChanged events of as many accounts, all in shard 0 of user. Each payload has the fields 1 to 3.
std::string events_sql(std::uint64_t count) {
  return "INSERT INTO outbox (shard, seq, type, key, payload) SELECT 0, n, 2001, id, "
         "'\\x0a24'::bytea || convert_to(id, 'UTF8') || '\\x120a'::bytea || convert_to('p' || "
         "lpad(n::text, 9, '0'), 'UTF8') || '\\x1a06'::bytea || convert_to('Person', 'UTF8') FROM "
         "(SELECT n, md5(n::text)::uuid::text AS id FROM generate_series(1, " +
         std::to_string(count) + "::bigint) n) x";
}

/// user with events that wait in one shard, and messaging, which takes them: in this process, each on a database of its own.
class waiting_events {
 public:
  ~waiting_events() {
    if (node_) node_->stop(std::chrono::seconds(10));
  }

  bool start(std::uint64_t count, std::string& problem) {
    const auto source = fixture_.fresh({{"user", storage::user_migrations()}});
    const auto consumer = fixture_.fresh({{"messaging", storage::messaging_migrations()}});
    auto c = storage::blocking_connection::open(source.admin_conninfo);
    if (!c) return problem = c.error().detail, false;
    for (const auto& sql : {events_sql(count), std::string("ANALYZE outbox; CHECKPOINT")})
      if (auto done = c->script(sql); !done) return problem = done.error().detail, false;
    auto look = storage::blocking_connection::open(consumer.admin_conninfo);
    if (!look) return problem = look.error().detail, false;
    look_.emplace(std::move(*look));
    node_.emplace(runtime::node_options{}, sink_);
    node_->add(user::descriptor().make({}, {}),
               storage::open_database(fixture_.io(), source.options()));
    node_->add(messaging::descriptor().make({}, {}),
               storage::open_database(fixture_.io(), consumer.options()));
    node_->start();
    if (fixture_.until([this] { return node_->ready(); })) return true;
    return problem = "the node does not serve", false;
  }

  std::uint64_t number(const std::string& sql) {
    const auto text = look_->text(sql);
    return text && !text->empty() ? std::stoull(*text) : 0;
  }
  /// The events that messaging has taken, as its offset on disk says.
  std::uint64_t taken() {
    return number("SELECT max(seq) FROM intake_offset WHERE source = 'user' AND source_shard = 0");
  }

 private:
  test::postgres_fixture& fixture_ = test::postgres_fixture::instance();
  no_sockets sink_;
  std::optional<storage::blocking_connection> look_;
  std::optional<runtime::node> node_;
};

}  // namespace

void read_model_events(const run_options& options, report& out) {
  const auto count = options.entities > 0 ? options.entities : all_events;
  constexpr std::chrono::milliseconds look_every{20};
  out.set("events", count);
  log::set_level("warn");
  waiting_events all;
  std::string problem;
  if (!all.start(count, problem)) return out.broken("start: " + problem);
  const auto began = clock::now();
  const auto cpu_before = own_cpu();
  const auto before = resident_mib();
  double most = before;
  auto taken = all.taken();
  const auto first = taken;
  while (taken < count && clock::now() - began < taken_within) {
    std::this_thread::sleep_for(look_every);
    taken = all.taken();
    most = std::max(most, resident_mib());
  }
  const auto took = std::chrono::duration<double>(clock::now() - began).count();
  const auto persons = all.number("SELECT count(*) FROM person");
  const auto letters = all.number("SELECT count(*) FROM dead_letter");
  if (taken != count || persons != count || letters != 0)
    out.broken(std::to_string(taken) + " of " + std::to_string(count) + " events are taken, " +
               std::to_string(persons) + " had their effect, " + std::to_string(letters) +
               " are dead letters");
  out.number("cpu_us_an_event", (own_cpu() - cpu_before) * 1e6 / static_cast<double>(count),
             "CPU microseconds of the node");
  out.number("backlog_mib", most - before, "memory that the node took meanwhile");
  out.goal("events_per_s", static_cast<double>(count - first) / took,
           goals::read_model_events_per_s, true,
           "one source shard, each event a row of a read model");
}

}  // namespace nova::bench
