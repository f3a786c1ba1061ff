// The scenario `activation`. See messaging_scenarios.hpp.
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/runtime/node/node.hpp"
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/seeding.hpp"
#include "config/process/allocator.hpp"
#include "protocols/core/log.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/migrations.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::uint32_t series = 2;
constexpr std::uint64_t owners = 1000;
constexpr std::size_t under_way = 256;  ///< calls at once when entities are activated in bulk
constexpr double asked_rate = 500;
constexpr std::uint64_t all_entities = 100'000;
constexpr std::chrono::seconds given_back_within{30};  ///< the allocator keeps free pages for 10 s
using clock = std::chrono::steady_clock;

class no_sockets final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

struct memory_now {
  double in_use_mib = 0, resident_mib = 0;
};

memory_now look_at_memory() {
  memory_now m;
  m.in_use_mib = static_cast<double>(config::heap_in_use()) / 1048576;
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("RssAnon:")) m.resident_mib = std::stod(line.substr(8)) / 1024;
  return m;
}

/// A node of messaging on a real PostgreSQL in this process, so that the heap can be looked into.
class conversations {
 public:
  conversations(std::uint64_t count, std::chrono::milliseconds idle) : count_(count), idle_(idle) {}
  ~conversations() {
    if (node_) node_->stop(std::chrono::seconds(10));
  }

  bool start(std::string& problem);
  /// Calls each of [first, last) once: at the intended times with a rate, else `under_way` at once. Latencies from the
  /// intended start. Returns calls a second.
  double call_all(std::uint64_t first, std::uint64_t last, double rate, latencies& took);
  /// Entities in memory.
  std::int64_t active() const;
  bool wait_until_passive(std::chrono::seconds limit) const;
  bool wait_until_resident_below(double mib, std::chrono::seconds limit) const;
  std::uint64_t wrong() const { return wrong_; }

 private:
  void call(std::uint64_t number, std::uint64_t intended_us, latencies& took);

  const std::uint64_t count_;
  const std::chrono::milliseconds idle_;
  test::postgres_fixture& fixture_ = test::postgres_fixture::instance();
  no_sockets sink_;
  std::optional<runtime::node> node_;
  std::vector<std::uint64_t> order_;
  std::mutex mutex_;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::uint64_t> wrong_{0};
};

bool conversations::start(std::string& problem) {
  const auto database = fixture_.fresh({{"messaging", storage::messaging_migrations()}});
  auto c = storage::blocking_connection::open(database.admin_conninfo);
  if (!c) return problem = c.error().detail, false;
  std::vector<uuid> some;
  for (std::uint64_t n = 0; n < std::min(owners, count_); ++n)
    some.push_back(seeded_conversation(series + 1, n));
  for (auto step :
       {seed_persons(*c, count_), seed_directs(*c, series, 0, count_, some), settle(*c)})
    if (!step) return problem = step.error().detail, false;
  order_.resize(count_);
  std::iota(order_.begin(), order_.end(), 0);
  std::shuffle(order_.begin(), order_.end(), std::mt19937_64(7));
  node_.emplace(runtime::node_options{}, sink_);
  auto domain = messaging::descriptor().make({}, {});
  domain.kinds.front().idle_passivation = idle_;
  node_->add(std::move(domain), storage::open_database(fixture_.io(), database.options()));
  node_->start();
  if (fixture_.until([this] { return node_->ready(); })) return true;
  problem = "the node does not serve";
  return false;
}

// Typing: it needs the conversation in memory, and nothing more from the database.
void conversations::call(std::uint64_t number, std::uint64_t intended_us, latencies& took) {
  const auto n = order_[number];
  messaging::TypingRequest q;
  q.set_conversation_id(to_string(seeded_conversation(series, n)));
  rpc::call c;
  c.method = &messaging::messaging_interface::typing::info();
  c.caller.kind = rpc::caller_kind::user;
  c.caller.account = seeded_person(n);
  c.deadline = clock::now() + std::chrono::seconds(20);
  c.request = runtime::share(std::move(q));
  c.reply = [this, intended_us, &took](rpc::reply_result r) {
    const auto us = now_us() - intended_us;
    if (r.has_error()) ++wrong_;
    {
      std::lock_guard lock(mutex_);
      took.add_us(us);
    }
    if (open_.fetch_sub(1) == under_way) open_.notify_one();
  };
  open_.fetch_add(1);
  node_->call(std::move(c));
}

double conversations::call_all(std::uint64_t first, std::uint64_t last, double rate,
                               latencies& took) {
  const auto began = clock::now();
  const auto began_us = now_us();
  for (auto n = first; n < last; ++n) {
    if (rate > 0) {
      const auto due = static_cast<std::uint64_t>(static_cast<double>(n - first) * 1e6 / rate);
      std::this_thread::sleep_until(began + std::chrono::microseconds(due));
      call(n, began_us + due, took);
    } else {
      for (auto open = open_.load(); open >= under_way; open = open_.load()) open_.wait(open);
      call(n, now_us(), took);
    }
  }
  fixture_.until([this] { return open_ == 0; }, std::chrono::seconds(30));
  return static_cast<double>(last - first) /
         std::chrono::duration<double>(clock::now() - began).count();
}

std::int64_t conversations::active() const {
  metric_samples samples;
  node_->collect_metrics(samples);
  return static_cast<std::int64_t>(
      samples.value(metric::nova_actor_active, {"entity:messaging.conversation"}));
}

bool conversations::wait_until_passive(std::chrono::seconds limit) const {
  return fixture_.until([this] { return active() == 0; }, limit);
}

void write(const std::string& moment, const memory_now& m, report& out) {
  out.number(moment + "_in_use_mib", m.in_use_mib, "of the heap, by the allocator");
  out.number(moment + "_resident_mib", m.resident_mib, "RssAnon of this process");
}

bool conversations::wait_until_resident_below(double mib, std::chrono::seconds limit) const {
  return fixture_.until([mib] { return look_at_memory().resident_mib < mib; }, limit);
}

/// Two turns of everybody in and everybody out.
void passivate(conversations& all, std::uint64_t count, std::chrono::milliseconds idle,
               report& out) {
  config::trim_heap();
  const auto before = look_at_memory();
  write("before", before, out);
  memory_now peak, after;
  const auto limit = std::chrono::ceil<std::chrono::seconds>(idle) + std::chrono::seconds(60);
  double resident_first = 0;
  for (const std::string turn : {"first", "second"}) {
    latencies took;
    out.number(turn + "_activations_per_s", all.call_all(0, count, 0, took), "as fast as it goes");
    peak = look_at_memory();
    out.number(turn + "_active", static_cast<double>(all.active()), "entities in memory then");
    write(turn + "_peak", peak, out);
    const auto began = now_us();
    if (!all.wait_until_passive(limit)) return out.broken("entities stay in memory");
    out.number(turn + "_passivation_s", static_cast<double>(now_us() - began) / 1e6,
               "until the last had gone, of which " + std::to_string(idle.count()) + " ms idle");
    after = look_at_memory();
    write(turn + "_passive", after, out);
    if (turn == "first") resident_first = after.resident_mib;
  }
  const auto passive = now_us();
  const auto most_back = before.resident_mib + (peak.resident_mib - before.resident_mib) / 4;
  if (count >= all_entities && all.wait_until_resident_below(most_back, given_back_within))
    out.number("memory_back_s", static_cast<double>(now_us() - passive) / 1e6,
               "until three quarters were given back to the system");
  write("at_rest", look_at_memory(), out);
  out.number("bytes_an_entity",
             (peak.in_use_mib - before.in_use_mib) * 1048576 / static_cast<double>(count),
             "of the heap, in memory");
  // What stays are the tables' buckets.
  out.goal(
      "heap_left_share",
      (after.in_use_mib - before.in_use_mib) / std::max(0.001, peak.in_use_mib - before.in_use_mib),
      0.05, false);
  out.goal("resident_second_turn_beside_first",
           after.resident_mib / std::max(0.001, resident_first), 1.05, false);
}

}  // namespace

void activation(const run_options& options, report& out) {
  const std::uint64_t count = options.entities > 0 ? options.entities : all_entities;
  const double rate = options.rate > 0 ? options.rate : asked_rate;
  const auto cold =
      std::min<std::uint64_t>(count, static_cast<std::uint64_t>(rate * options.seconds));
  const auto idle = std::chrono::milliseconds(count > 10'000 ? 40'000 : 1'000);
  out.set("entities", count);
  log::set_level("warn");
  conversations all(count, idle);
  std::string problem;
  if (!all.start(problem)) return out.broken("start: " + problem);
  latencies first, again;
  all.call_all(0, cold, rate, first);
  out.timing("activation", first);
  all.call_all(0, cold, rate, again);
  out.timing("in_memory", again);
  if (!all.wait_until_passive(std::chrono::ceil<std::chrono::seconds>(idle) +
                              std::chrono::seconds(60)))
    return out.broken("entities stay in memory");
  passivate(all, count, idle, out);
  out.goal("activation_p99_ms", first.percentile_ms(99), 3, false,
           std::to_string(static_cast<int>(rate)) + " cold calls/s intended");
  if (all.wrong() > 0) out.broken(std::to_string(all.wrong()) + " calls were refused");
}

}  // namespace nova::bench
