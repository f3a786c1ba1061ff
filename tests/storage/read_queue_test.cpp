// The order of waiting reads: accounts in turn, limits for each, and the rest of an account that asks for several at once.
#include "storage/postgres/read_queue.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::storage;
using namespace std::chrono_literals;

namespace {

const query page{"test.page", "SELECT 1"};

struct queue_at {
  explicit queue_at(read_queue::limits l) : queue(l) {}

  bool ask(const std::string& account) {
    waiting_read r{{&page, {}, 0}, [](auto) {}, now, account};
    return queue.push(r);
  }
  /// The account whose read begins now; empty: none begins.
  std::string begins() {
    queue.wake(now);
    auto r = queue.pop();
    return r ? r->account : "";
  }
  void ends(const std::string& account, std::chrono::milliseconds took) {
    now += took;
    queue.finished(account, now, took);
  }

  read_queue queue;
  std::chrono::steady_clock::time_point now{1h};
};

}  // namespace

TEST_CASE("A4: an account that asks for several slow reads at once rests between them") {
  queue_at q({1, 32, 50ms, 1000ms});
  for (int n = 0; n < 3; ++n) REQUIRE(q.ask("worst"));
  REQUIRE(q.begins() == "worst");
  CHECK(q.begins().empty());  // one of an account at once
  q.ends("worst", 10ms);
  CHECK(q.begins().empty());
  REQUIRE(q.queue.next_wake().has_value());
  CHECK(*q.queue.next_wake() == q.now + 30ms);
  REQUIRE(q.ask("other"));
  CHECK(q.begins() == "other");  // the rest is one account's own
  q.now += 29ms;
  CHECK(q.begins().empty());
  q.now += 1ms;
  CHECK(q.begins() == "worst");
  CHECK_FALSE(q.queue.next_wake().has_value());
}

TEST_CASE("A4: one read after the other: no rest, also behind a long one") {
  queue_at q({1, 32, 50ms, 1000ms});
  for (int n = 0; n < 3; ++n) {
    REQUIRE(q.ask("calm"));
    CHECK(q.begins() == "calm");
    q.ends("calm", 500ms);
  }
  CHECK_FALSE(q.queue.next_wake().has_value());
}

TEST_CASE("A4: behind a long read the rest is as long as the read") {
  for (const auto& [took, rest] : {std::pair{16ms, 48ms}, {20ms, 50ms}, {300ms, 300ms}}) {
    queue_at q({1, 32, 50ms, 1000ms});
    REQUIRE(q.ask("worst"));
    REQUIRE(q.ask("worst"));
    REQUIRE(q.begins() == "worst");
    q.ends("worst", took);
    CHECK(*q.queue.next_wake() == q.now + rest);
  }
}

TEST_CASE("a rest has a limit, and reads that expire meanwhile leave nothing behind") {
  queue_at q({1, 32, 50ms, 1000ms});
  REQUIRE(q.ask("worst"));
  REQUIRE(q.ask("worst"));
  REQUIRE(q.begins() == "worst");
  q.ends("worst", 30s);
  CHECK(*q.queue.next_wake() == q.now + 1s);
  CHECK(q.queue.expired(q.now).size() == 1);
  CHECK(q.queue.size() == 0);
  q.now += 1s;
  CHECK(q.begins().empty());
  CHECK_FALSE(q.queue.next_wake().has_value());
  REQUIRE(q.ask("worst"));
  CHECK(q.begins() == "worst");
}

TEST_CASE("accounts take turns, and one has a limit of waiting reads") {
  queue_at q({1, 2, 0ms, 0ms});
  CHECK(q.ask("a"));
  CHECK(q.ask("a"));
  CHECK_FALSE(q.ask("a"));
  CHECK(q.ask("b"));
  CHECK(q.begins() == "a");
  CHECK(q.begins() == "b");
  CHECK(q.begins().empty());
  q.ends("a", 10ms);
  CHECK(q.begins() == "a");
  q.ends("a", 10ms);
  q.ends("b", 10ms);
  CHECK(q.begins().empty());
  CHECK(q.queue.size() == 0);
}
