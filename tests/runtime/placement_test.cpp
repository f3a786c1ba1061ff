// One node of a cluster in simulation, on a network that the test plays: which parts it gives to which nodes.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <set>

using namespace nova;
using namespace nova::runtime;
using namespace nova::runtime::test;
using namespace std::chrono_literals;

namespace {

/// Does what its thread would do when the test says so. Keeps what the node sends.
class played_network final : public link::network {
 public:
  class played_alarm final : public link::alarm {
   public:
    played_alarm(played_network& net, std::function<void()> ring)
        : net_(net), ring_(std::move(ring)) {
      net_.alarms_.push_back(this);
    }
    ~played_alarm() override { std::erase(net_.alarms_, this); }
    void set(std::chrono::milliseconds in) override { due_ = net_.now() + in; }

   private:
    friend class played_network;
    played_network& net_;
    std::function<void()> ring_;
    std::optional<std::chrono::steady_clock::time_point> due_;
  };

  result<std::uint16_t> start(hooks h) override {
    hooks_ = std::move(h);
    return std::uint16_t{1};
  }
  void stop(std::chrono::milliseconds) override {}
  bool send(link::peer_number, const link::Envelope& e, link::lane) override {
    sent.push_back(e);
    return true;
  }
  link::members_ptr members() const override { return members_; }
  void update_self(std::function<void(link::Member&)> change) override {
    posted_.push_back([this, change = std::move(change)] {
      change(self);
      ++self_changes;
    });
  }
  result<void> renew(const config::cluster_settings&) override { return {}; }
  link::traffic counted() const override { return {}; }
  void post(std::function<void()> f) override { posted_.push_back(std::move(f)); }
  std::unique_ptr<link::alarm> make_alarm(std::function<void()> ring) override {
    return std::make_unique<played_alarm>(*this, std::move(ring));
  }

  /// A node with alpha's role is linked from now on.
  void link_with(const std::string& node, std::uint32_t parts = 1) {
    link::member_view m;
    m.record.set_node(node);
    auto& role = *m.record.add_domains();
    role.set_name("alpha");
    role.set_shards(std::max(4u, parts));
    role.set_parts(parts);
    m.peer = 1;
    m.linked = true;
    m.since = now();
    members_ = std::make_shared<const std::vector<link::member_view>>(1, m);
    hooks_.up(1, m.record);
    hooks_.changed();
  }
  /// And is so no longer.
  void unlink() {
    auto m = members_->front();
    m.linked = false;
    members_ = std::make_shared<const std::vector<link::member_view>>(1, m);
    hooks_.down(m.peer, m.record, "as the test wants it");
    hooks_.changed();
  }
  void work() {
    while (!posted_.empty()) {
      auto next = std::move(posted_.front());
      posted_.pop_front();
      next();
    }
    for (auto* a : std::vector(alarms_))
      if (a->due_ && *a->due_ <= now()) {
        a->due_.reset();
        a->ring_();
      }
  }

  std::function<std::chrono::steady_clock::time_point()> now;
  std::vector<link::Envelope> sent;
  link::Member self;  ///< as the other nodes are told
  int self_changes = 0;

 private:
  hooks hooks_;
  link::members_ptr members_ = std::make_shared<const std::vector<link::member_view>>();
  std::deque<std::function<void()>> posted_;
  std::vector<played_alarm*> alarms_;
};

struct placed_world {
  explicit placed_world(std::uint32_t parts = 1, std::uint32_t at_once = 2)
      : w([&] {
          world_options o;
          o.beta = false;
          o.apart = true;
          o.cluster.emplace();
          o.cluster->settings.node = "this";
          o.shards = std::max(4u, parts);
          o.lanes = parts;
          o.cluster->settings.parts = parts;
          o.cluster->settings.moves_at_once = at_once;
          o.cluster->network = net;
          o.cluster->processor_seconds = [this] { return processor_seconds; };
          return o;
        }()) {
    net->now = [this] { return w.sim.now(); };
    REQUIRE(w.node().join().has_value());
    w.node().start();
    REQUIRE(until([&] { return w.node().internals().directory.find("alpha")->link.serves_all(); },
                  60s));
  }
  ~placed_world() { w.node().internals().cluster->stop(0ms); }

  void go_on(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }
  bool until(const std::function<bool()>& done, std::chrono::milliseconds within) {
    for (const auto end = w.sim.now() + within; !done() && w.sim.now() < end;) {
      w.sim.advance(10ms);
      net->work();
    }
    return done();
  }
  /// Calls wait while their part is being given.
  bool gives() {
    const auto asked = w.call(get, "b");
    w.sim.settle();
    return !asked->got.has_value();
  }
  /// Parts that were given to it.
  std::size_t moves_to(const std::string& node) const {
    std::set<std::uint32_t> moved;
    for (const auto& e : net->sent)
      if (e.has_owned() && e.owned().next() == node) moved.insert(e.owned().part());
    return moved.size();
  }
  bool gave_to(const std::string& node) const { return moves_to(node) != 0; }

  std::shared_ptr<played_network> net = std::make_shared<played_network>();
  double processor_seconds = 0;
  world w;
};

}  // namespace

TEST_CASE("a move to where a part belongs is tried again when a call held it up for too long") {
  placed_world c;
  std::string best = "other-1";
  while (rendezvous_score("alpha/0", best) < rendezvous_score("alpha/0", "this")) ++best.back();
  rpc::call patient;
  patient.deadline = c.w.sim.now() + 10min;
  const auto rests = c.w.call(rest, "a:60000", std::move(patient));
  c.w.sim.settle();
  c.net->link_with(best);
  REQUIRE(c.until([&] { return c.gives(); }, 10s));
  c.go_on(1500ms);
  CHECK_FALSE(c.gives());
  CHECK_FALSE(c.gave_to(best));
  REQUIRE(c.until([&] { return rests->got.has_value(); }, 70s));
  CHECK(rests->ok());
  CHECK(c.until([&] { return c.gave_to(best); }, 20s));
}

TEST_CASE("a move goes on when the last call of its part is answered, and not at a later tick") {
  placed_world c;
  std::string best = "other-1";
  while (rendezvous_score("alpha/0", best) < rendezvous_score("alpha/0", "this")) ++best.back();
  c.net->link_with(best);
  c.go_on(std::chrono::milliseconds(config::cluster_settings().settle_ms) - 100ms);
  c.w.alpha->hold_commits(true);
  const auto adds = c.w.call(add, "a:1");
  c.w.sim.settle();
  REQUIRE(c.until([&] { return c.gives(); }, 2s));
  c.go_on(30ms);
  REQUIRE_FALSE(adds->got.has_value());
  c.w.alpha->hold_commits(false);
  // No time passes from here on.
  for (int i = 0; i < 3; ++i) {
    c.w.sim.settle();
    c.net->work();
  }
  CHECK(adds->ok());
  CHECK(c.gave_to(best));
}

TEST_CASE("a node that leaves gives a part away also when a call held its first try up") {
  placed_world c;
  auto& cluster = *c.w.node().internals().cluster;
  std::string worse = "other-1";
  while (rendezvous_score("alpha/0", worse) > rendezvous_score("alpha/0", "this")) ++worse.back();
  c.net->link_with(worse);
  c.go_on(3s);
  rpc::call patient;
  patient.deadline = c.w.sim.now() + 10min;
  const auto rests = c.w.call(rest, "a:4000", std::move(patient));
  c.w.sim.settle();
  cluster.give_all();
  c.go_on(2s);
  CHECK_FALSE(c.gave_to(worse));
  CHECK(c.until([&] { return rests->got.has_value(); }, 10s));
  CHECK(rests->ok());
  CHECK(c.until([&] { return c.gave_to(worse); }, 5s));
}

namespace {

constexpr std::uint32_t parts = 8;

/// Parts that belong to the node beside this one.
std::vector<std::uint32_t> won_by(const std::string& node) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t part = 0; part < parts; ++part) {
    const auto what = "alpha/" + std::to_string(part);
    if (rendezvous_score(what, node) > rendezvous_score(what, "this")) out.push_back(part);
  }
  return out;
}

/// A node to which at least half of the parts belong.
std::string strong_node() {
  std::string node = "other-1";
  while (won_by(node).size() < parts / 2) ++node.back();
  return node;
}

std::string key_in(std::uint32_t part, const std::string& prefix) {
  for (int i = 0;; ++i)
    if (auto key = prefix + std::to_string(i); stable_hash(key) % parts == part) return key;
}

/// Parts that are being given: their calls wait.
int giving(placed_world& c) {
  std::vector<reply_ptr> asked;
  for (std::uint32_t part = 0; part < parts; ++part)
    asked.push_back(c.w.call(get, key_in(part, "b")));
  c.w.sim.settle();
  return static_cast<int>(
      std::ranges::count_if(asked, [](const auto& r) { return !r->got.has_value(); }));
}

}  // namespace

TEST_CASE("parts move to a node that has settled and not earlier, so many at once as is set") {
  const auto node = strong_node();
  int at_once = 0;
  SUBCASE("two") { at_once = 2; }
  SUBCASE("three") { at_once = 3; }
  placed_world c(parts, static_cast<std::uint32_t>(at_once));
  const std::chrono::milliseconds settle(config::cluster_settings().settle_ms);
  // Each holds its part's move up until that is taken back.
  std::vector<reply_ptr> rests;
  for (const auto part : won_by(node)) {
    rpc::call patient;
    patient.deadline = c.w.sim.now() + 10min;
    rests.push_back(c.w.call(rest, key_in(part, "a") + ":60000", std::move(patient)));
  }
  c.w.sim.settle();
  c.net->link_with(node, parts);
  c.go_on(settle - 100ms);
  CHECK(giving(c) == 0);
  int most = 0;
  for (int i = 0; i < 40; ++i) {
    c.go_on(100ms);
    most = std::max(most, giving(c));
  }
  CHECK(most == at_once);
  CHECK(c.moves_to(node) == 0);
  REQUIRE(c.until([&] { return std::ranges::all_of(rests, [](const auto& r) { return r->ok(); }); },
                  70s));
  CHECK(c.until([&] { return c.moves_to(node) == won_by(node).size(); }, 60s));
}

TEST_CASE("a node that comes and goes before it has settled moves nothing") {
  placed_world c(parts);
  const auto node = strong_node();
  const std::chrono::milliseconds settle(config::cluster_settings().settle_ms);
  for (int i = 0; i < 10; ++i) {
    c.net->link_with(node, parts);
    c.go_on(settle - 100ms);
    CHECK(giving(c) == 0);
    c.net->unlink();
    c.go_on(settle / 4 * (i % 4));
  }
  CHECK(giving(c) == 0);
  CHECK(c.moves_to(node) == 0);
  c.net->link_with(node, parts);
  CHECK(c.until([&] { return c.moves_to(node) == won_by(node).size(); }, settle + 20s));
}

TEST_CASE("a node tells its load of the last ten seconds, and how many calls wait") {
  placed_world c;
  const auto work = [&](double share, std::chrono::milliseconds time) {
    for (auto left = time; left > 0ms; left -= 100ms) {
      c.processor_seconds += share / 10;
      c.go_on(100ms);
    }
  };
  const auto percent = [&] { return c.net->self.load().processor_percent(); };
  work(0.3, 30s);
  CHECK(percent() >= 29);
  CHECK(percent() <= 31);
  CHECK(c.net->self.load().waiting_calls() == 0);
  // An idle node has nothing new to tell.
  work(0, 20s);
  CHECK(percent() == 0);
  const int told = c.net->self_changes;
  work(0, 20s);
  CHECK(c.net->self_changes == told);
  rpc::call patient;
  patient.deadline = c.w.sim.now() + 10min;
  const auto rests = c.w.call(rest, "a:15000", std::move(patient));
  // Half of the last ten seconds.
  work(1, 5s);
  CHECK(percent() >= 30);
  CHECK(percent() <= 60);
  CHECK(c.net->self.load().waiting_calls() == 1);
  work(1, 15s);
  CHECK(percent() == 100);
  CHECK(rests->ok());
  CHECK(c.net->self.load().waiting_calls() == 0);
}
