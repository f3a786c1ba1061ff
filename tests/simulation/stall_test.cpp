// S1: no call of one account delays another account's. Each method is called with a probe beside it, on one node with the domains
// of memory_doubles() under virtual time; the probe may take 20 ms longer than alone.
#include "actors/domain_modules.hpp"
#include "actors/runtime/node/testing.hpp"
#include "protocols/auth/auth.pb.h"
#include "protocols/core/log.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "storage/memory/memory_database.hpp"
#include "tests/simulation/memory_domains.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <chrono>
#include <deque>
#include <optional>
#include <set>

namespace nova::simulation {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds most_delay{20}, disk{2};

class no_sockets final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

struct answer {
  std::optional<rpc::reply_result> got;
  milliseconds after{};
  bool ok() const { return got && got->has_value(); }
};
using answer_ptr = std::shared_ptr<answer>;

struct person {
  std::string id, handle;
  rpc::caller caller{};
};

/// Changes a domain before it is started.
using change_domain = std::function<void(runtime::domain&)>;

class quiet_node {
 public:
  explicit quiet_node(const change_domain& change = {}) : stores_(memory_doubles().size()) {
    runtime::node_options o;
    o.settings.tick_ms = 1;
    sim_ = std::make_unique<runtime::simulation>(1, std::move(o), sink_);
    config::settings settings;
    settings.auth.password_opslimit = 1;
    settings.auth.password_memory_kib = 8;
    for (const auto& m : domain_modules()) {
      const auto i = double_of(m.name);
      if (!i) continue;
      auto& store = stores_[*i];
      store.now = [this] { return sim_->wall(); };
      memory_doubles()[*i].add_tables(store);
      auto d = m.make(settings, {{"auth", std::string(32, 's')}});
      d.shards = 2;
      if (change) change(d);
      sim_->node().add(std::move(d), open(store, m.name));
    }
    sim_->node().start();
    REQUIRE(sim_->run_until([this] { return sim_->node().ready(); }));
    for (const auto* name : {"ann", "bob", "cem"}) people.push_back(add_person(name));
    group = create(people[0], "group", {people[1].id, people[2].id});
    create(people[0], "direct", {people[1].id});
  }
  ~quiet_node() { sim_->crash(); }

  /// Waits until all of them are answered.
  void wait(std::initializer_list<answer_ptr> answers) {
    REQUIRE(sim_->run_until([&] {
      return std::all_of(answers.begin(), answers.end(), [](const auto& a) { return a->got; });
    }));
    sim_->advance(milliseconds(20));
  }

  answer_ptr call(const rpc::method& m, const rpc::caller& as, const std::string& json) {
    rpc::call c;
    c.method = &m;
    if (m.caller != rpc::caller_kind::anonymous) c.caller = as;
    auto request = m.request->make();
    std::vector<field_error> ignored;
    m.request->read_json(boost::json::parse(json), *request, ignored);
    c.request = std::move(request);
    c.request_id = "stall";
    c.deadline = sim_->now() + milliseconds(5'000);
    auto out = std::make_shared<answer>();
    const auto began = sim_->now();
    c.reply = [this, out, began](rpc::reply_result r) {
      out->got = std::move(r);
      out->after = std::chrono::duration_cast<milliseconds>(sim_->now() - began);
    };
    sim_->node().call(std::move(c));
    return out;
  }

  std::vector<person> people;
  std::string group;

 private:
  struct disk_queue {
    std::deque<std::pair<std::chrono::steady_clock::time_point, std::function<void()>>> actions;
  };

  std::shared_ptr<storage::memory_database> open(storage::memory_store& store,
                                                 std::string_view domain) {
    storage::memory_options m;
    m.domain = domain;
    m.now = [this] { return sim_->now(); };
    auto& queue = disks_.emplace_back();
    m.post = [this, &queue](std::uint32_t, std::function<void()> action) {
      queue.actions.emplace_back(sim_->now() + disk, std::move(action));
    };
    auto db = std::make_shared<storage::memory_database>(store, std::move(m));
    sim_->on_time([db = db.get()](auto) { db->tick(); });
    sim_->add_work([this, &queue] {
      if (queue.actions.empty() || queue.actions.front().first > sim_->now()) return false;
      auto action = std::move(queue.actions.front().second);
      queue.actions.pop_front();
      action();
      return true;
    });
    return db;
  }

  person add_person(const std::string& handle) {
    auto a = call(*rpc::find_rpc("auth.register"), {},
                  R"({"email":")" + handle + R"(@example.org","handle":")" + handle +
                      R"(_1","password":"correct horse battery","display_name":"N"})");
    wait({a});
    REQUIRE(a->ok());
    sim_->advance(milliseconds(500));  // until the other domains know the account
    person p{static_cast<const auth::Tokens&>(***a->got).account_id(), handle + "_1"};
    p.caller = {rpc::caller_kind::user, *parse_uuid(p.id), *parse_uuid(p.id), 0, "127.0.0.1", "t"};
    return p;
  }

  std::string create(const person& as, const std::string& kind,
                     const std::vector<std::string>& of) {
    std::string ids;
    for (const auto& id : of) ids += (ids.empty() ? "\"" : ",\"") + id + '"';
    auto a = call(*rpc::find_rpc("messaging.create"), as.caller,
                  R"({"kind":")" + kind + R"(","member_ids":[)" + ids + "]}");
    wait({a});
    REQUIRE(a->ok());
    return static_cast<const messaging::Conversation&>(***a->got).conversation_id();
  }

  no_sockets sink_;
  std::vector<storage::memory_store> stores_;
  std::deque<disk_queue> disks_;
  std::unique_ptr<runtime::simulation> sim_;
};

/// One object with the fields of all methods. `variant` says whom it is about: somebody known, or an account that is not there.
std::string request_of(const quiet_node& n, std::size_t caller, int variant) {
  static int unique = 0;
  ++unique;
  const std::string nobody = "01900000-0000-7000-8000-0000000000ff", other = n.people[2].id;
  const auto about = variant == 0 ? other : nobody;
  const auto q = [](const std::string& s) { return '"' + s + '"'; };
  return R"({"conversation_id":)" + q(n.group) + R"(,"member_ids":[)" + q(about) +
         R"(],"account_ids":[)" + q(about) + R"(],"account_id":)" + q(about) +
         R"(,"kind":"group","title":"T","role":"member","client_id":"c)" + std::to_string(unique) +
         R"(","text":"hi @cem_1 @unknown","seq":1,"emoji":"\ud83d\udc4d",)" + R"("handle":)" +
         q(variant == 0 ? "cem_1" : "unknown_1") + R"(,"identifier":)" +
         q(variant == 0 ? n.people[caller].handle : "unknown_1") + R"(,"email":"x)" +
         std::to_string(unique) +
         R"(@example.org","password":"correct horse battery","old_password":"wrong horse battery",)" +
         R"("new_password":"another horse battery","refresh_token":"x","display_name":"Name",)" +
         R"("bio":"bio","session_id":)" + q(nobody) + "}";
}

struct finding {
  std::string what;
  milliseconds alone, beside;
};

std::vector<const rpc::method*> methods_of(std::string_view domain) {
  std::vector<const rpc::method*> out;
  for (const auto* m : rpc::all_methods()) {
    const bool ends_it =
        m->name.find("Delete") != m->name.npos || m->name.find("Erase") != m->name.npos;
    if (m->domain == domain && m->caller != rpc::caller_kind::node && !ends_it) out.push_back(m);
  }
  return out;
}

/// Every pair of methods of one domain: ann's call first, bob's right behind it.
std::vector<finding> stalls(quiet_node& n, std::string_view domain,
                            std::set<std::string_view>& ok) {
  std::vector<finding> out;
  for (const auto* first : methods_of(domain))
    for (const auto* probe : methods_of(domain))
      for (int variant : {0, 1}) {
        const auto probe_of = [&] {
          return n.call(*probe, n.people[1].caller, request_of(n, 1, 0));
        };
        auto alone = probe_of();
        n.wait({alone});
        auto call = n.call(*first, n.people[0].caller, request_of(n, 0, variant));
        auto beside = probe_of();
        n.wait({call, beside});
        if (call->ok()) ok.insert(first->name);
        if (beside->after > alone->after + most_delay)
          out.push_back({std::string(first->name) + " delays " + std::string(probe->name),
                         alone->after, beside->after});
      }
  return out;
}

}  // namespace

TEST_CASE("S1: no call of one account delays another account's by more than 20 ms") {
  log::set_level("off");  // refused calls are part of the work
  quiet_node n;
  for (const auto& d : memory_doubles()) {
    CAPTURE(d.domain);
    std::set<std::string_view> ok;
    for (const auto& f : stalls(n, d.domain, ok))
      FAIL_CHECK(f.what << ": " << f.beside.count() << " ms instead of " << f.alone.count());
    CHECK(ok.size() * 6 >= methods_of(d.domain).size());  // the requests are not all refused
  }
}

TEST_CASE("S1: an entity that waits while it is held is found") {
  log::set_level("off");
  quiet_node n([](runtime::domain& d) {
    for (auto& kind : d.kinds)
      for (auto& [number, handler] : kind.calls)
        handler = [old = std::move(handler)](const runtime::state_box& s, const rpc::message& m,
                                             const runtime::context& c, const runtime::reads& r) {
          auto out = old(s, m, c, r);
          if (auto* more = std::get_if<runtime::need>(&out))
            more->meanwhile = runtime::meanwhile::holds_after_commits;
          return out;
        };
  });
  std::set<std::string_view> ok;
  const auto found = stalls(n, "messaging", ok);
  REQUIRE_FALSE(found.empty());
  CHECK(std::ranges::any_of(found, [](const finding& f) {
    return f.what == "messaging.Messaging.AddMembers delays messaging.Messaging.Send";
  }));
}

}  // namespace nova::simulation
