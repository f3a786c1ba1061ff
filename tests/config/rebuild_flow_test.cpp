// The two ways to mend a read model of a running nova: replayed into the live tables, and rebuilt beside them. Both give the same rows.
// NOVA_REPLAY_EVENTS=100000 is the long form.
#include "protocols/user/user.nova.hpp"
#include "protocols/user/user.pb.h"
#include "tests/config/operators_stage.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace nova;
using nova::test::operators_stage;

namespace {

std::size_t event_count() {
  const char* given = std::getenv("NOVA_REPLAY_EVENTS");
  return given != nullptr ? std::stoul(given) : 3000;
}

std::string hex_of(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\\x";
  for (const unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

template <class Event>
std::string payload(const std::string& account, const std::string& other) {
  Event e;
  e.set_account_id(account);
  e.set_followed_id(other);
  return hex_of(e.SerializeAsString());
}

/// Follows and unfollows of some hundred pairs, as user would have committed them. Nova does not run meanwhile.
void add_events(const operators_stage& s, std::size_t count) {
  constexpr std::size_t pairs = 410, shard = 7;
  const auto id = [](std::size_t n) {
    auto text = std::to_string(100'000'000'000 + n);
    return "00000000-0000-7000-8000-" + text;
  };
  auto seq = std::stoll(s.sql("user", "SELECT coalesce(max(seq), 0) FROM outbox WHERE shard = 7"));
  for (std::size_t from = 0; from < count;) {
    std::string rows;
    for (std::size_t n = 0; n < 1000 && from < count; ++n, ++from) {
      const auto pair = from % pairs;
      const bool follows = (from / pairs) % 2 == 0;
      const auto account = id(pair), other = id(pair * 7 % pairs + pairs);
      const auto& type = follows ? user::followed_event() : user::unfollowed_event();
      rows += (rows.empty() ? "(" : ",(") + std::to_string(shard) + "," + std::to_string(++seq) +
              "," + std::to_string(type.number) + ",'" + account + "','" +
              (follows ? payload<user::Followed>(account, other)
                       : payload<user::Unfollowed>(account, other)) +
              "')";
    }
    s.sql("user",
          "INSERT INTO outbox (shard, seq, type, key, payload) VALUES " + rows + " RETURNING ''");
  }
}

/// Not before it is known how much there is to read.
bool all_read(const operators_stage& s) {
  const auto lag = s.run("events lag --json").json();
  for (const auto& item : lag.at("items").as_array())
    if (item.at("consumer") == "content" && item.at("unread") != 0) return false;
  return true;
}

std::string rows_of(const operators_stage& s) {
  std::string out;
  for (const char* table : {"person", "follow", "block"})
    out +=
        s.sql("content", std::string("SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, "
                                     "',' ORDER BY t::text)), '') FROM ") +
                             table + " t") +
        "\n";
  return out;
}

}  // namespace

TEST_CASE(
    "a read model that is replayed and one that is rebuilt beside the live one have the same "
    "rows") {
  operators_stage s;
  const auto ada = s.person("ada"), eve = s.person("eve");
  REQUIRE(s.http->put("/v1/users/" + eve.id + "/follow", "", ada.access_token).status == 204);
  REQUIRE(s.http->put("/v1/users/" + ada.id + "/block", "", eve.access_token).status == 204);
  s.nova.kill();
  add_events(s, event_count());
  REQUIRE_MESSAGE(s.nova.start(), s.nova.problem());
  REQUIRE(s.until([&] { return all_read(s); }));
  const auto whole = rows_of(s);
  CHECK(s.sql("content", "SELECT count(*) FROM follow") != "0");

  s.sql("content",
        "WITH gone AS (DELETE FROM follow WHERE account_id::text < "
        "'00000000-0000-7000-8000-100000000400' RETURNING 1), "
        "more AS (DELETE FROM block RETURNING 1) SELECT count(*) FROM gone");
  CHECK(rows_of(s) != whole);
  const auto replayed =
      s.run("events replay content --source user --reason 'rows were lost' --json");
  CHECK_MESSAGE(replayed.json().at("events").as_int64() >= static_cast<std::int64_t>(event_count()),
                replayed.out);
  REQUIRE(s.until([&] { return all_read(s) && rows_of(s) == whole; }));

  s.sql("content",
        "WITH gone AS (DELETE FROM follow WHERE account_id::text < "
        "'00000000-0000-7000-8000-100000000400' RETURNING 1), "
        "more AS (INSERT INTO block VALUES (gen_random_uuid(), gen_random_uuid()) RETURNING 1) "
        "SELECT count(*) FROM gone");
  const auto asked = s.run("events replay content --rebuild --reason 'rows were lost'");
  CHECK_MESSAGE(asked.status == 0, asked.out);
  const auto outcome = [&] {
    const auto lag = s.run("events lag --json").json();
    for (const auto& r : lag.at("rebuilds").as_array())
      if (r.at("state") == "done" || r.at("state") == "failed") return r;
    return boost::json::value();
  };
  REQUIRE(s.until([&] { return outcome().is_object(); }));
  const auto done = outcome();
  CHECK_MESSAGE(done.at("state") == "done", done.at("problem").as_string());
  CHECK(done.at("removed") == 1);
  CHECK(rows_of(s) == whole);
  // The live readers go on.
  REQUIRE(s.http->del("/v1/users/" + ada.id + "/block", eve.access_token).status == 204);
  CHECK(s.until([&] { return s.sql("content", "SELECT count(*) FROM block") == "0"; }));
  CHECK(s.run("events replay auth --rebuild --reason r").status == 1);
  CHECK(s.run("events replay content --rebuild --shard 1 --reason r").status == 1);
}
