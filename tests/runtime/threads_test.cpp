// A node on real threads, with a store that commits on a thread of its own: order, counts and the
// ordered stop under load. For the thread sanitizer too.
#include "actors/runtime/node/node.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <thread>

using namespace nova;
using namespace nova::runtime;
using std::chrono::milliseconds;
using text = google::protobuf::StringValue;

namespace {

/// Commits whatever waits, in order, on its own thread.
class prompt_database final : public storage::database, private storage::commit_lane {
 public:
  prompt_database() : thread_([this] { work(); }) {}
  ~prompt_database() override { end(); }

  void read(storage::statement, storage::read_callback done) override {
    std::lock_guard lock(mutex_);
    reads_.push_back(std::move(done));
    changed_.notify_all();
  }
  storage::commit_lane& lane(std::uint32_t) override { return *this; }
  void claim_shards(std::uint32_t n,
                    std::function<void(result<std::vector<storage::shard_claim>>)> done) override {
    std::vector<storage::shard_claim> all;
    for (std::uint32_t i = 0; i < n; ++i) all.push_back({i, 1, 0});
    done(std::move(all));
  }
  void reincarnate(std::function<void(result<void>)> done) override { done({}); }
  bool available() const noexcept override { return true; }
  bool readable() const noexcept override { return true; }
  void collect_metrics(metric_samples&) const override {}
  void stop(std::function<void()> done) override {
    end();
    done();
  }
  std::uint64_t units() const { return units_; }

 private:
  bool append(storage::commit_unit unit) override {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(unit));
    changed_.notify_all();
    return true;
  }
  bool accepting() const noexcept override { return true; }
  std::chrono::steady_clock::time_point lease_until() const noexcept override {
    return std::chrono::steady_clock::time_point::max();
  }
  bool fenced() const noexcept override { return false; }
  const uuid& id() const noexcept override { return id_; }

  /// Its last callback has returned.
  void end() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty() || !reads_.empty(); });
      if (stopping_ && queue_.empty()) return;
      auto units = std::exchange(queue_, {});
      auto reads = std::exchange(reads_, {});
      lock.unlock();
      for (auto& done : reads) done(storage::rows(1, {}));
      for (auto& u : units) {
        storage::commit_outcome o{storage::commit_status::committed, "", seq_[u.shard] + 1};
        seq_[u.shard] += u.events.size();
        ++units_;
        u.done(o);
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<storage::commit_unit> queue_;
  std::deque<storage::read_callback> reads_;
  std::map<std::uint32_t, std::uint64_t> seq_;
  std::atomic<std::uint64_t> units_{0};
  bool stopping_ = false;
  uuid id_{};
  std::thread thread_;
};

class counting_sink final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to, rpc::push_ptr) override {
    while (held) std::this_thread::yield();
    deliveries += to->size();
  }
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
  std::atomic<std::uint64_t> deliveries{0};
  std::atomic<bool> held{false};
};

std::string key_of(const rpc::message& m) { return static_cast<const text&>(m).value(); }

const rpc::message_type text_type{
    "text",  [] { return std::shared_ptr<rpc::message>(std::make_shared<text>()); },
    nullptr, nullptr,
    nullptr, nullptr};
const rpc::push_type note{"test.note", &text_type};
const storage::query write_row{"test.write", ""};

rpc::method make_method() {
  rpc::method m{};
  m.number = 1;
  m.name = "test.add";
  m.domain = "test";
  m.key = rpc::key_source::field;
  m.key_of = key_of;
  m.deadline_ms = 60'000;
  m.request = m.reply = &text_type;
  return m;
}
const rpc::method add_method = make_method();

uuid receiver() {
  uuid id{};
  id.data[0] = 1;
  return id;
}

struct counter {
  struct state {
    std::int64_t sum = 0;
    std::shared_ptr<const std::vector<uuid>> members;
  };
  static loading<state> load(std::string_view, const reads& r) {
    if (r.size() == 0) return need{{storage::statement{&write_row, {}, 0}}};
    return state{0, std::make_shared<const std::vector<uuid>>(1, receiver())};
  }
  static std::size_t weight(const state&) { return 100; }
  static outcome<state> add(const state& s, const text& request, const context&, const reads&) {
    decision<state> d;
    auto body = std::make_shared<text>();
    body->set_value(std::to_string(s.sum + 1));
    d.reply = body;
    d.apply = [](state& x) { ++x.sum; };
    d.statements = {{&write_row, {s.sum + 1}, 0}};
    d.pushes = {{{s.members}, std::make_shared<rpc::push>(note, body), 0}};
    return d;
  }
};

struct bound {
  using request = text;
  static const rpc::method& info() { return add_method; }
};

std::shared_future<void> gate;  // holds the jobs of `slow`

struct slow {
  using state = int;
  static loading<state> load(std::string_view, const reads&) { return state{}; }
  static std::size_t weight(const state&) { return 100; }
  static outcome<state> hash(const state&, const text&, const context&, const reads& r) {
    if (r.size() == 0)
      return need{{job{"test.slow", []() -> std::any {
                         gate.wait();
                         return 1;
                       }}}};
    decision<state> d;
    d.reply = std::make_shared<text>();
    return d;
  }
};

}  // namespace

TEST_CASE("many threads call: each entity answers in order, every answer is committed and pushed") {
  constexpr int callers = 4, entities = 16, each = 2000;
  counting_sink sink;
  node_options options;
  options.settings.threads = 2;
  auto database = std::make_shared<prompt_database>();
  node n(std::move(options), sink);
  domain d;
  d.name = "test";
  d.shards = 8;
  methods<counter> m("counter");
  m.add<bound>(&counter::add);
  d.kinds.push_back(m.take());
  n.add(std::move(d), database);
  n.start();
  while (!n.ready()) std::this_thread::yield();
  std::promise<void> attached;
  rpc::attachment socket;
  socket.connection = 1;
  socket.account = receiver();
  n.attach(socket, [&](result<void> r) {
    CHECK(r.has_value());
    attached.set_value();
  });
  attached.get_future().wait();

  std::atomic<int> answered{0}, wrong{0};
  sink.held = true;  // all pushes still wait when the node is stopped
  std::array<std::atomic<std::int64_t>, entities> last{};
  std::vector<std::thread> threads;
  for (int t = 0; t < callers; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const int e = (t + i) % entities;
        auto request = std::make_shared<text>();
        request->set_value("e" + std::to_string(e));
        rpc::call c;
        c.method = &add_method;
        c.request = std::move(request);
        c.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        c.reply = [&, e](rpc::reply_result r) {
          if (r.has_error()) {
            ++wrong;
          } else {
            // Answers of one entity are made by one actor, so they come one after the other.
            const auto sum = std::stoll(static_cast<const text&>(*r.value()).value());
            if (last[e].exchange(sum) + 1 != sum) ++wrong;
          }
          if (++answered == callers * each) sink.held = false;
        };
        n.call(std::move(c));
        if (i % 256 == 255)
          while (answered.load() + 4000 < (i + 1) * callers) std::this_thread::yield();
      }
    });
  for (auto& t : threads) t.join();
  CHECK(n.stop(std::chrono::seconds(30)));
  CHECK(answered == callers * each);
  CHECK(wrong == 0);
  CHECK(database->units() == callers * each);
  CHECK(sink.deliveries == callers * each);
  std::int64_t sum = 0;
  for (auto& x : last) sum += x;
  CHECK(sum == callers * each);
}

TEST_CASE("a full work pool refuses at once, while its jobs still run") {
  std::promise<void> open;
  gate = open.get_future().share();
  counting_sink sink;
  node_options options;
  options.settings.threads = 2;
  options.settings.job_threads = 1;
  options.settings.max_queued_jobs = 2;
  node n(std::move(options), sink);
  domain d;
  d.name = "test";
  d.shards = 4;
  methods<slow> m("slow");
  m.add<bound>(&slow::hash);
  d.kinds.push_back(m.take());
  n.add(std::move(d), std::make_shared<prompt_database>());
  n.start();
  while (!n.ready()) std::this_thread::yield();
  constexpr int calls = 10, held = 3;  // one runs, two wait
  std::atomic<int> good{0}, refused{0}, other{0};
  for (int i = 0; i < calls; ++i) {
    auto request = std::make_shared<text>();
    request->set_value("e" + std::to_string(i));
    rpc::call c;
    c.method = &add_method;
    c.request = std::move(request);
    c.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    c.reply = [&](rpc::reply_result r) {
      if (r.has_value()) ++good;
      else ++(r.error().code == errc::overloaded && r.error().retry_after_ms > 0 ? refused : other);
    };
    n.call(std::move(c));
  }
  // No job can end before the gate opens: the refusals do not wait for them. The first may have
  // been taken off the queue by the pool's thread before or after the third came, so one more may
  // be refused.
  while (refused < calls - held) std::this_thread::yield();
  CHECK(good == 0);
  open.set_value();
  while (good + refused + other < calls) std::this_thread::yield();
  CHECK(other == 0);
  CHECK(good >= held - 1);
  CHECK(n.stop(std::chrono::seconds(10)));
}
