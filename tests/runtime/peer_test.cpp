// One node of a cluster in simulation, and a gateway node that the test plays over a real link: it chooses in which order its
// messages come.
#include "actors/runtime/link/links.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/placement/envelopes.hpp"
#include "protocols/feed/feed.pb.h"
#include "tests/runtime/runtime_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>

using namespace nova;
using namespace nova::runtime;
using namespace nova::runtime::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s * nova::test::slowdown;

config::cluster_settings named(std::string node) {
  config::cluster_settings s;
  s.node = std::move(node);
  s.listen = "127.0.0.1:0";
  s.heartbeat_ms = 100;
  s.redial_ms = 20;
  s.parts = 1;
  return s;
}

/// Another gateway, which may own a domain too. It keeps what the node says, in order.
class other_gateway {
 public:
  explicit other_gateway(std::uint16_t port, const std::string& name = "other",
                         const std::string& domain = "gamma") {
    auto s = named(name);
    s.seeds = {"127.0.0.1:" + std::to_string(port)};
    link::Member self;
    self.set_gateway(true);
    auto& role = *self.add_domains();
    role.set_name(domain);
    role.set_shards(1);
    role.set_parts(1);
    role.set_pushes(true);
    links_ = std::make_unique<link::links>(s, self, system_wall_clock(), system_random());
    const auto note = [this](const std::function<void()>& f) {
      std::lock_guard lock(mutex_);
      f();
      changed_.notify_all();
    };
    const auto port_of_links =
        links_->start({[=, this](link::peer_number p, const link::Member& m) {
                         if (m.node() == "this")
                           note([&] { peer_ = p; });  // not another gateway of the test
                       },
                       [](link::peer_number, const link::Member&, const std::string&) {},
                       [=, this](link::peer_number, link::Envelopes& batch) {
                         note([&] {
                           for (auto& e : *batch.mutable_items()) heard_.push_back(std::move(e));
                         });
                       },
                       [] {}});
    REQUIRE(port_of_links.has_value());
    until([this] { return peer_ != 0; });
  }
  ~other_gateway() { links_->stop(100ms); }

  /// Waits until the node has said something that fits; returns the last of it.
  link::Envelope heard(const std::function<bool(const link::Envelope&)>& fits) {
    link::Envelope found;
    until([&] {
      const auto i = std::find_if(heard_.rbegin(), heard_.rend(), fits);
      if (i != heard_.rend()) found = *i;
      return i != heard_.rend();
    });
    return found;
  }
  /// The question whether this gateway knows the account, which `cause` leads to.
  link::Interest heard_come(std::uint8_t account, const std::function<void()>& cause) {
    const auto before = all_heard().size();
    cause();
    link::Interest found;
    until([&] {
      const auto i = std::find_if(heard_.begin() + static_cast<std::ptrdiff_t>(before),
                                  heard_.end(), [&](const auto& e) {
                                    return e.has_interest() && e.interest().number() != 0 &&
                                           e.interest().come() == bytes_of(account_id(account));
                                  });
      if (i != heard_.end()) found = i->interest();
      return i != heard_.end();
    });
    return found;
  }
  std::vector<link::Envelope> all_heard() {
    std::lock_guard lock(mutex_);
    return heard_;
  }

  void send(const link::Envelope& e) { CHECK(links_->send(peer_, e, link::lane::control)); }
  /// That this node owns the domain from now on; `given`: by a planned move.
  void own(const std::string& domain, std::int64_t epoch, bool given = false) {
    link::Envelope e;
    auto& told = *e.mutable_owned();
    told.set_domain(domain);
    told.set_epoch(epoch);
    told.set_given(given);
    told.add_shards()->set_epoch(epoch);
    send(e);
    tell({});
  }
  /// That it gave the domain to `next`.
  void give(const std::string& domain, std::int64_t epoch, const std::string& next) {
    link::Envelope e;
    auto& told = *e.mutable_owned();
    told.set_domain(domain);
    told.set_epoch(epoch);
    told.set_next(next);
    send(e);
    tell({});
  }
  /// Waits until all that the node has sent before, on either lane, has come.
  void fence() {
    const auto id = ++last_pull_;
    link::Envelope pull;
    pull.mutable_pull()->set_id(id);
    pull.mutable_pull()->set_domain("alpha");
    pull.mutable_pull()->set_limit(1);
    send(pull);
    heard([id](const auto& e) { return e.has_page() && e.page().id() == id; });
    tell({});
  }
  /// A new post in the account's feed.
  void push(std::uint8_t account, const std::string& post) {
    feed::PostPush body;
    body.set_post_id(post);
    link::Envelope e;
    auto& told = *e.mutable_push();
    told.set_rpc("feed.post");
    told.set_body(body.SerializeAsString());
    told.set_accounts(bytes_of(account_id(account)));
    told.set_number(++last_push_);
    send(e);
    tell({});
  }
  void take(const link::Interest& told) {
    link::Envelope e;
    e.mutable_interest_taken()->set_number(told.number());
    send(e);
    tell({});  // comes behind it
  }
  /// And waits until the node has taken it.
  void tell(link::Interest told) {
    told.set_number(++last_number_);
    link::Envelope e;
    *e.mutable_interest() = std::move(told);
    send(e);
    heard([this](const auto& e) {
      return e.has_interest_taken() && e.interest_taken().number() == last_number_;
    });
  }
  void come(std::uint8_t account, std::uint8_t lineage = 0, unix_ms resumed_at = 0) {
    link::Interest told;
    told.set_come(bytes_of(account_id(account)));
    if (lineage != 0) told.set_lineage(bytes_of(account_id(lineage)));
    told.set_resumed_at(resumed_at);
    tell(std::move(told));
  }

 private:
  void until(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, patience, done));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<link::Envelope> heard_;
  link::peer_number peer_ = 0;
  std::uint64_t last_number_ = 0, last_push_ = 0, last_pull_ = 1000;
  std::unique_ptr<link::links> links_;
};

/// A domain of other nodes.
domain outline(std::string_view name) {
  domain d;
  d.name = name;
  d.shards = 1;
  return d;
}

struct cluster_world {
  cluster_world()
      : w([&] {
          world_options o;
          o.beta = false;
          o.apart = true;
          o.cluster.emplace();
          o.cluster->settings = named("this");
          o.cluster->owner_changed = [this](std::string_view domain) {
            if (domain != "gamma" || !holds) return;
            held.set_value();
            released.get_future().wait();
          };
          return o;
        }()),
        other([&] {
          w.node().know(outline("gamma"));
          w.node().know(outline("feed"));
          return port = w.node().join().value();
        }()) {
    know_none(other);
    settle();
  }
  /// The gateway says of which accounts it has sockets.
  void know_none(other_gateway& g) {
    link::Interest whole;
    whole.set_anew(true);
    g.tell(whole);
  }
  ~cluster_world() { w.node().internals().cluster->stop(0ms); }

  link::network& links() { return w.node().internals().cluster->links(); }
  /// The simulation's queue is of one thread, and links post to it whenever something comes or breaks: so their thread does its steps too.
  void on_links(const std::function<void()>& steps) {
    std::promise<void> done;
    links().post([&] {
      steps();
      done.set_value();
    });
    done.get_future().wait();
  }
  void settle() {
    for (int i = 0; i < 2; ++i) on_links([this] { w.sim.settle(); });
  }
  /// The links' thread stops in the midst of a message, until release().
  void hold() {
    holds = true;
    link::Envelope owned;
    owned.mutable_owned()->set_domain("gamma");
    owned.mutable_owned()->add_shards()->set_epoch(1);
    other.send(owned);
    held.get_future().wait();
  }
  void release() {
    released.set_value();
    other.tell({});
  }
  bool serves() { return w.node().internals().directory.find("alpha")->link.serves_all(); }
  void start() {
    on_links([this] { w.node().start(); });
    await_service();
  }
  void await_service() {
    for (int i = 0; i < 2000 && !serves(); ++i) {
      on_links([this] { w.sim.advance(10ms); });
      settle();
    }
    REQUIRE(serves());
  }
  void attach(std::uint8_t account, rpc::connection_id connection, std::uint8_t lineage,
              unix_ms resumed_at) {
    rpc::attachment a;
    a.connection = connection;
    a.account = account_id(account);
    a.lineage = account_id(lineage);
    a.resumed_at = resumed_at;
    on_links([&] { w.node().attach(a, [this](result<void> r) { attached += r.has_value(); }); });
    settle();
  }

  /// What sockets here were told, by post.
  std::vector<std::string> posts() {
    settle();
    std::vector<std::string> out;
    for (const auto& p : w.sink.pushes)
      out.push_back(p.what.substr(p.what.find("post-"), sizeof("post-1") - 1));
    return out;
  }

  std::promise<void> held, released;
  std::atomic<bool> holds{false};
  std::uint16_t port = 0;
  world w;
  other_gateway other;
  std::atomic<int> attached{0};
};

/// All that the node has sent until now.
std::vector<link::Push> pushes_at(other_gateway& g) {
  g.fence();
  std::vector<link::Push> out;
  for (const auto& e : g.all_heard())
    if (e.has_push()) out.push_back(e.push());
  return out;
}

bool names_lineage(const link::Envelope& e) {
  return e.has_interest() && !e.interest().lineage().empty();
}

}  // namespace

TEST_CASE(
    "a device that resumes on another gateway and soon again here keeps its last socket, when the "
    "note of the one between comes late") {
  cluster_world c;
  c.start();
  c.other.take(c.other.heard_come(1, [&] { c.attach(1, 11, 7, 1'000); }));
  // On the other gateway it was resumed at 2'000; that note is still under way.
  c.other.take(c.other.heard_come(1, [&] { c.attach(1, 12, 7, 3'000); }));
  CHECK(c.attached == 2);
  REQUIRE(c.w.sink.closes.size() == 1);
  CHECK(c.w.sink.closes[0].connection == 11);
  c.other.come(1, 7, 2'000);
  c.settle();
  CHECK(c.w.sink.closes.size() == 1);
  c.other.come(1, 7, 4'000);
  c.settle();
  REQUIRE(c.w.sink.closes.size() == 2);
  CHECK(c.w.sink.closes[1].connection == 12);
  CHECK(c.w.sink.closes[1].code == rpc::close_code::replaced);
}

TEST_CASE("a socket replaces none on other gateways before it is attached") {
  cluster_world c;
  c.start();
  const auto come = c.other.heard_come(1, [&] { c.attach(1, 11, 7, 2'000); });
  CHECK(come.lineage().empty());
  CHECK(c.attached == 0);
  CHECK(std::ranges::none_of(c.other.all_heard(), names_lineage));
  c.other.take(come);
  const auto note = c.other.heard(names_lineage).interest();
  CHECK(id_of(note.lineage()) == account_id(7));
  CHECK(note.resumed_at() == 2'000);
  CHECK(c.attached == 1);
}

TEST_CASE(
    "an owner that gave a domain up and took it again stays known, when the first news comes "
    "last") {
  cluster_world c;
  c.start();
  const auto tell_owned = [&](std::int64_t epoch, bool owned) {
    link::Envelope e;
    auto& told = *e.mutable_owned();
    told.set_domain("gamma");
    told.set_epoch(epoch);
    if (owned) told.add_shards()->set_epoch(epoch);
    c.other.send(e);
    c.other.tell({});
    const auto owners = c.w.node().status().owners;
    return std::ranges::find(owners, "gamma", &cluster_status::owner::domain)->node;
  };
  CHECK(tell_owned(1, true) == "other");
  CHECK(tell_owned(2, true) == "other");
  CHECK(tell_owned(1, false) == "other");
  CHECK(tell_owned(2, false).empty());
}

TEST_CASE("until a new owner serves, calls wait there and pulls are answered") {
  cluster_world c;
  c.hold();
  c.w.node().start();
  c.w.sim.advance(20s);
  c.release();
  REQUIRE_FALSE(c.serves());
  reply_ptr waiting;
  c.on_links([&] { waiting = c.w.call(get, "a"); });
  link::Envelope pull;
  pull.mutable_pull()->set_id(5);
  pull.mutable_pull()->set_domain("alpha");
  pull.mutable_pull()->set_limit(1);
  c.other.send(pull);
  c.other.tell({});
  CHECK_FALSE(waiting->got.has_value());
  c.await_service();
  for (int i = 0; i < 100 && !waiting->got; ++i) c.settle();
  CHECK(waiting->ok());
  const auto page = c.other.heard([](const auto& e) { return e.has_page(); }).page();
  CHECK(page.id() == 5);
  CHECK_FALSE(page.failed());
}

TEST_CASE("no push of a domain leaves its new owner before the news that it owns the domain") {
  cluster_world c;
  c.other.come(1);
  c.hold();
  c.w.node().start();
  c.w.sim.advance(20s);
  CHECK_FALSE(c.serves());
  const auto push = [&] {
    c.w.call(tell, "a:hello", from(1));
    c.w.sim.settle();
  };
  const bool early = c.serves();
  if (early) push();
  c.release();
  c.await_service();
  if (!early) c.on_links(push);
  c.other.heard([](const auto& e) { return e.has_push(); });
  const auto all = c.other.all_heard();
  const auto first = std::ranges::find_if(all, [](const auto& e) {
    return e.has_push() || (e.has_owned() && e.owned().domain() == "alpha");
  });
  CHECK(first->has_owned());
}

TEST_CASE("a push crosses once to each gateway node of a receiver, and to no other node") {
  cluster_world c;
  other_gateway second(c.port, "second"), idle(c.port, "idle");
  for (auto* g : {&second, &idle}) c.know_none(*g);
  for (std::uint8_t i = 1; i <= 10; ++i) c.other.come(i);
  for (std::uint8_t i = 5; i <= 12; ++i) second.come(i);
  auto& cluster = *c.w.node().internals().cluster;
  const auto push_to = [&](const std::shared_ptr<const std::vector<uuid>>& accounts) {
    outgoing o;
    o.to.accounts = accounts;
    auto body = std::make_shared<feed::PostPush>();
    body->set_post_id("post");
    o.push = std::make_shared<const rpc::push>(*rpc::find_push("feed.post"), std::move(body));
    cluster.push_away({"alpha", 0}, o);
  };
  const auto first_accounts = [](int count) {
    auto out = std::make_shared<std::vector<uuid>>();
    for (int i = 1; i <= count; ++i) out->push_back(account_id(static_cast<std::uint8_t>(i)));
    return out;
  };
  const auto few = first_accounts(12), many = first_accounts(200);
  for (int i = 0; i < 5; ++i) push_to(few);
  auto at_other = pushes_at(c.other), at_second = pushes_at(second);
  REQUIRE(at_other.size() == 5);
  REQUIRE(at_second.size() == 5);
  CHECK(at_other[4].accounts().size() == 10 * 16);
  CHECK(at_second[4].accounts().size() == 8 * 16);
  CHECK(pushes_at(idle).empty());
  // A large audience: all of its accounts once, then its number alone.
  for (int i = 0; i < 5; ++i) push_to(many);
  for (auto* g : {&c.other, &second}) {
    const auto all = pushes_at(*g);
    REQUIRE(all.size() == 10);
    CHECK(all[5].told_size() == 1);
    for (std::size_t i = 6; i < 10; ++i) {
      CHECK(all[i].lists_size() == 1);
      CHECK(all[i].ByteSizeLong() < 64);
    }
  }
  CHECK(pushes_at(idle).empty());
  idle.come(11);
  push_to(few);
  push_to(many);
  CHECK(pushes_at(idle).size() == 2);
}

TEST_CASE("a gateway of the release before is told with the accounts that this node takes lists") {
  cluster_world c;
  c.start();
  const auto whole =
      c.other.heard([](const auto& e) { return e.has_interest() && e.interest().number() != 0; });
  CHECK(whole.interest().takes_lists());
}

namespace {

/// The domain feed moves from one node to another, both of them seen by this gateway, which has a socket of account 1.
struct moving_world : cluster_world {
  moving_world() : last_node(std::in_place, port, "last", "feed"), next(port, "next", "feed") {
    for (auto* g : {&last, &next}) {
      know_none(*g);
      g->take(g->heard([](const auto& e) {
                 return e.has_interest() && e.interest().number() != 0;
               }).interest());
    }
    start();
    last.own("feed", 1);
    other.take(other.heard_come(1, [&] { attach(1, 11, 7, 1'000); }));
    take_come(last);
    take_come(next);
    settle();
    REQUIRE(attached == 1);
    last.push(1, "post-1");
    REQUIRE(posts() == std::vector<std::string>{"post-1"});
  }
  static void take_come(other_gateway& g) {
    g.take(g.heard([](const auto& e) {
              return e.has_interest() && !e.interest().come().empty();
            }).interest());
  }

  /// A socket of an account that has none here yet.
  void socket_of(std::uint8_t account, rpc::connection_id connection) {
    const int before = attached;
    attach(account, connection, account, 0);
    for (auto* g : {&other, &last, &next})
      g->take(g->heard([&](const auto& e) {
                 return e.has_interest() && e.interest().number() != 0 &&
                        e.interest().come() == bytes_of(account_id(account));
               }).interest());
    settle();
    REQUIRE(attached == before + 1);
  }
  /// Waits until the sockets here are told to resume.
  void await_resume() {
    const auto over =
        std::chrono::steady_clock::now() + patience;  // the links' own timers are real
    while (w.sink.closes.empty() && std::chrono::steady_clock::now() < over) {
      on_links([this] { w.sim.advance(10ms); });
      settle();
    }
    REQUIRE(w.sink.closes.size() == 1);
    CHECK(w.sink.closes[0].connection == 11);
  }

  std::optional<other_gateway> last_node;
  other_gateway& last = *last_node;
  other_gateway next;
};

}  // namespace

TEST_CASE(
    "after a planned move, the next owner's pushes wait for the last ones of the node before") {
  moving_world c;
  c.next.own("feed", 2, true);
  c.next.push(1, "post-3");
  CHECK(c.posts().size() == 1);
  c.last.push(1, "post-2");
  c.last.give("feed", 1, "next");
  CHECK(c.posts() == std::vector<std::string>{"post-1", "post-2", "post-3"});
  c.next.push(1, "post-4");
  CHECK(c.posts().size() == 4);
}

TEST_CASE(
    "when the last pushes before a planned move are lost, sockets resume and get none from behind "
    "the hole") {
  moving_world c;
  c.next.own("feed", 2, true);
  c.next.push(1, "post-3");
  SUBCASE("the link breaks") { c.last_node.reset(); }
  SUBCASE("nothing comes any more") {}
  SUBCASE("the part moves back before they came") { c.last.own("feed", 3, true); }
  c.await_resume();
  CHECK(c.posts().size() == 1);
}

TEST_CASE("row 44: news and pushes of an earlier epoch are refused and counted") {
  moving_world c;
  const auto refused = [&] {
    const auto counters = c.w.node().status().counters;
    return std::ranges::find(counters, "stale_refused",
                             &std::pair<std::string, std::uint64_t>::first)
        ->second;
  };
  c.next.own("feed", 2);  // its lane was fenced
  c.await_resume();
  // The one of before is mute until it resumes.
  c.socket_of(2, 12);
  CHECK(refused() == 0);
  c.last.push(2, "post-2");
  CHECK(refused() == 1);
  c.next.push(2, "post-3");
  CHECK(c.posts() == std::vector<std::string>{"post-1", "post-3"});
  c.last.own("feed", 1);
  CHECK(refused() == 2);
  const auto owners = c.w.node().status().owners;
  CHECK(std::ranges::find(owners, "feed", &cluster_status::owner::domain)->node == "next");
}

TEST_CASE(
    "an owner that was given a part while the link to the last one was broken: sockets resume") {
  moving_world c;
  c.last_node.reset();
  c.next.own("feed", 2, true);
  c.await_resume();
}
