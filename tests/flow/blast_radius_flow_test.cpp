// The database of each domain is cut off in turn under mixed load: the calls of the other domains go on as before, and afterwards all
// events arrive. One domain down is one of eight, not eight of eight.
#include "tests/config/operators_stage.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>

using namespace nova;
using namespace std::chrono_literals;
using client::http_client;
using client::quoted;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

namespace {

struct measured {
  steady::time_point since = steady::now();
  std::vector<double> ms;
  std::string
      slow;  ///< those of 100 ms and more: "839 ms at 1200, "; when they began, ms after `since`
  std::size_t failed = 0;
  std::map<int, std::size_t> statuses;  ///< of those that failed

  double p99() {
    if (ms.empty()) return 0;
    std::ranges::sort(ms);
    return ms[std::min(ms.size() - 1, ms.size() * 99 / 100)];
  }
  double success() const {
    const auto all = ms.size() + failed;
    return all == 0 ? 0 : static_cast<double>(ms.size()) / static_cast<double>(all);
  }
};

/// A clock that a test may wait on, and that ends early.
class pace {
 public:
  /// False when it was ended meanwhile.
  bool until(steady::time_point at) {
    std::unique_lock lock(mutex_);
    return !ended_.wait_until(lock, at, [this] { return over_; });
  }
  void end() {
    std::lock_guard lock(mutex_);
    over_ = true;
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
};

/// The calls of one domain, at a fixed rate on a thread of its own.
class load {
 public:
  using call = std::function<int(http_client&, std::uint64_t n)>;

  load(std::string d, client::endpoint to, call c)
      : domain(std::move(d)), to_(std::move(to)), call_(std::move(c)), thread_([this] { run(); }) {}
  ~load() {
    pace_.end();
    thread_.join();
  }
  measured part() {
    std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }

  const std::string domain;

 private:
  void run() {
    http_client http(to_, 10s);
    auto due = steady::now();
    for (std::uint64_t n = 0; pace_.until(due); ++n) {
      const auto began = steady::now();
      const int status = call_(http, n);
      const auto took = std::chrono::duration<double, std::milli>(steady::now() - began).count();
      due = std::max(due + 20ms, steady::now() - 200ms);
      std::lock_guard lock(mutex_);
      if (status >= 200 && status < 300) {
        seen_.ms.push_back(took);
        if (took >= 100)
          seen_.slow += std::to_string(static_cast<int>(took)) + " ms at " +
                        std::to_string((began - seen_.since) / 1ms) + ", ";
      } else {
        ++seen_.failed;
        ++seen_.statuses[status];
      }
    }
  }

  client::endpoint to_;
  call call_;
  std::mutex mutex_;
  measured seen_;
  pace pace_;
  std::thread thread_;
};

void pause(milliseconds d) { pace().until(steady::now() + d * test::slowdown); }

milliseconds measured_for() {
  const char* given = std::getenv("NOVA_BLAST_SECONDS");
  return given != nullptr ? milliseconds(std::stol(given) * 1000) : 4000ms;
}

void cut(const test::operators_stage& s, const std::string& domain, bool off) {
  const auto database = "nova_" + domain;
  s.administer("ALTER DATABASE " + database + " ALLOW_CONNECTIONS " + (off ? "false" : "true"));
  if (off)
    s.administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                 database + "'");
}

/// A Nova with two people, and calls of every domain, half of them writes where a domain has any.
struct mixed_load {
  test::operators_stage s;
  client::account ada = s.person("ada"), eve = s.person("eve");
  std::string chat, post, medium;
  std::vector<std::unique_ptr<load>> loads;
  std::map<std::string, double> quiet;  ///< p99 of each domain, ms

  mixed_load() {
    chat = client::create_conversation(*s.http, ada, "direct", {eve.id});
    REQUIRE(!chat.empty());
    const auto made = s.http->post("/v1/posts", R"({"text":"hello"})", ada.access_token);
    REQUIRE_MESSAGE(made.status == 201, made.body);
    post = client::find_string(made.body, "post_id");
    REQUIRE(s.http->put("/v1/users/" + ada.id + "/follow", "", eve.access_token).status == 204);
    add("auth", [this](http_client& h, std::uint64_t) {
      return h.get("/v1/auth/sessions", ada.access_token).status;
    });
    add("user", [this](http_client& h, std::uint64_t n) {
      if (n % 2 == 0) return h.get("/v1/users/" + eve.id, ada.access_token).status;
      const auto name = R"({"display_name":"Ada )" + std::to_string(n) + "\"}";
      return h.patch("/v1/users/me", name, ada.access_token).status;
    });
    add("messaging", [this](http_client& h, std::uint64_t n) {
      const auto text = R"({"client_id":"c)" + std::to_string(n) + R"(","text":"hello"})";
      return h.post("/v1/conversations/" + chat + "/messages", text, ada.access_token).status;
    });
    add("content", [this](http_client& h, std::uint64_t n) {
      if (n % 2 == 0) return h.get("/v1/posts/" + post, eve.access_token).status;
      const auto text = R"({"text":"post )" + std::to_string(n) + "\"}";
      return h.post("/v1/posts", text, ada.access_token).status;
    });
    const auto file = s.http->send({.method = "POST",
                                    .target = "/v1/media",
                                    .body = "some words",
                                    .bearer = ada.access_token,
                                    .content_type = "text/plain"});
    REQUIRE_MESSAGE(file.status == 201, file.body);
    medium = client::find_string(file.body, "media_id");
    add("media", [this](http_client& h, std::uint64_t) {
      return h.get("/v1/media/" + medium, ada.access_token).status;
    });
    add("search", [this](http_client& h, std::uint64_t) {
      return h.get("/v1/search?q=hello&kind=messages", ada.access_token).status;
    });
    add("streaming", [this](http_client& h, std::uint64_t) {
      return h.get("/v1/streams", ada.access_token).status;
    });
    add("feed", [this](http_client& h, std::uint64_t) {
      return h.get("/v1/feed", eve.access_token).status;
    });
  }

  void add(const char* domain, load::call c) {
    loads.push_back(std::make_unique<load>(domain, s.nova.at(), std::move(c)));
  }
  void forget() {
    for (auto& l : loads) (void)l->part();
  }
  void be_quiet() {
    pause(1000ms);
    forget();
    pause(measured_for());
    for (auto& l : loads) {
      auto m = l->part();
      CHECK(m.failed == 0);
      quiet[l->domain] = m.p99();
    }
  }
  /// Without `away`'s database.
  void check_others(load& away) {
    for (auto& l : loads) {
      auto m = l->part();
      if (l.get() == &away) continue;
      const auto limit = std::max(2 * quiet[l->domain], 100.0) * test::slowdown;
      MESSAGE(away.domain, " away: ", l->domain, " p99 ", m.p99(), " ms, quiet ", quiet[l->domain],
              " ms, success ", m.success());
      CHECK_MESSAGE(m.success() >= 0.999, m.failed, " failed, first with ",
                    m.statuses.empty() ? 0 : m.statuses.begin()->first);
      CHECK_MESSAGE(m.p99() <= limit, m.slow);
    }
  }
  /// Of a page that several domains make: it is there, and names the domain whose part is missing. Without content it has no items.
  void check_page_without(const std::string& domain) {
    CHECK(s.until([&] {
      const auto r = s.http->get("/v1/feed", eve.access_token);
      REQUIRE_MESSAGE(r.status == 200, r.body);
      const auto page = r.json();
      CHECK(page.at("items").as_array().empty() == (domain == "content"));
      const auto& missing = page.at("degraded").as_array();
      return std::ranges::any_of(
          missing, [&](const auto& d) { return d.as_string() == std::string_view(domain); });
    }));
  }
  bool comes_back(load& was_away) {
    return s.until([&] {
      (void)was_away.part();
      pause(100ms);
      const auto m = was_away.part();
      return m.failed == 0 && !m.ms.empty();
    });
  }
  bool all_settled() {
    const auto lag = s.run("events lag --json").json();
    for (const auto& item : lag.at("items").as_array())
      if (item.at("unread") != 0 || item.at("dead_letters").as_int64() != 0) return false;
    return true;
  }
};

}  // namespace

TEST_CASE(
    "one domain's database is away: the others' calls succeed as fast as before, and all "
    "converges") {
  mixed_load m;
  m.be_quiet();
  for (auto& away : m.loads) {
    CAPTURE(away->domain);
    cut(m.s, away->domain, true);
    pause(measured_for());
    m.check_others(*away);
    if (away->domain == "content" || away->domain == "user") m.check_page_without(away->domain);
    cut(m.s, away->domain, false);
    CHECK(m.comes_back(*away));
    m.forget();
  }
  m.loads.clear();
  CHECK(m.s.until([&] { return m.all_settled(); }));
  const auto of_ada = " WHERE account_id = '" + m.ada.id + "'";
  CHECK(m.s.sql("messaging", "SELECT display_name FROM person" + of_ada) ==
        m.s.sql("user", "SELECT display_name FROM profile" + of_ada));
}
