// One node of a cluster in simulation, on a network that the test plays: which parts it gives to which nodes.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

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
  void update_self(std::function<void(link::Member&)>) override {}
  result<void> renew(const config::cluster_settings&) override { return {}; }
  link::traffic counted() const override { return {}; }
  void post(std::function<void()> f) override { posted_.push_back(std::move(f)); }
  std::unique_ptr<link::alarm> make_alarm(std::function<void()> ring) override {
    return std::make_unique<played_alarm>(*this, std::move(ring));
  }

  /// A node with alpha's role is linked from now on.
  void link_with(const std::string& node) {
    link::member_view m;
    m.record.set_node(node);
    auto& role = *m.record.add_domains();
    role.set_name("alpha");
    role.set_shards(4);
    role.set_parts(1);
    m.peer = 1;
    m.linked = true;
    m.since = now();
    members_ = std::make_shared<const std::vector<link::member_view>>(1, m);
    hooks_.up(1, m.record);
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

 private:
  hooks hooks_;
  link::members_ptr members_ = std::make_shared<const std::vector<link::member_view>>();
  std::deque<std::function<void()>> posted_;
  std::vector<played_alarm*> alarms_;
};

struct placed_world {
  placed_world()
      : w([&] {
          world_options o;
          o.beta = false;
          o.apart = true;
          o.cluster.emplace();
          o.cluster->settings.node = "this";
          o.cluster->settings.parts = 1;
          o.cluster->network = net;
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
  bool gave_to(const std::string& node) const {
    return std::ranges::any_of(
        net->sent, [&](const auto& e) { return e.has_owned() && e.owned().next() == node; });
  }

  std::shared_ptr<played_network> net = std::make_shared<played_network>();
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
