// The hosts of a connection string and whose turn it is.
#include "storage/postgres/host_turns.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova::storage;

namespace {

keywords parsed(const std::string& text) { return *parse_conninfo(text, {}); }

std::string value(const keywords& words, const std::string& name) {
  const auto at =
      std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == name; });
  return at == words.end() ? "" : at->second;
}

}  // namespace

TEST_CASE("each host of a list is alone in the words of its turn, with its own port") {
  const auto words = parsed("host=a,b,c port=1,2,3 dbname=d");
  REQUIRE(host_count(words) == 3);
  CHECK(value(only_host(words, 1), "host") == "b");
  CHECK(value(only_host(words, 1), "port") == "2");
  CHECK(value(only_host(words, 1), "dbname") == "d");
  CHECK(value(only_host(parsed("host=a,b port=7"), 1), "port") == "7");
  const auto one = parsed("host=a port=1");
  CHECK(only_host(one, 0) == one);
}

TEST_CASE(
    "of several hosts the primary is wanted, and a reading session does not ask whether it can "
    "write") {
  CHECK(value(parsed("host=a,b"), "target_session_attrs") == "primary");
  CHECK(value(parsed("host=a"), "target_session_attrs") == "");
  CHECK(value(parsed("host=a,b target_session_attrs=any"), "target_session_attrs") == "any");
  CHECK(value(for_reading(parsed("host=a target_session_attrs=read-write")),
              "target_session_attrs") == "primary");
}

TEST_CASE("a host is kept after it was open once, and the others follow when it fails") {
  const auto words = parsed("host=a,b,c");
  host_turns turns;
  CHECK(value(turns.next(words), "host") == "a");
  CHECK(value(turns.next(words), "host") == "b");
  turns.opened();
  CHECK(value(turns.next(words), "host") == "b");
  CHECK(value(turns.next(words), "host") == "c");
  CHECK(value(turns.next(words), "host") == "a");
}

TEST_CASE("a host that does not answer is left out until it does") {
  const auto words = parsed("host=a,b");
  host_turns turns;
  turns.next(words);
  turns.opened();
  const auto stuck = turns.stuck();
  REQUIRE(stuck == 0u);
  CHECK(turns.another());
  for (int i = 0; i < 3; ++i) CHECK(value(turns.next(words), "host") == "b");
  REQUIRE(turns.stuck() == 1u);
  CHECK(!turns.another());
  turns.next(words);
  CHECK(!turns.stuck().has_value());
  turns.answered(*stuck);
  turns.next(words);
  CHECK(value(turns.next(words), "host") == "a");
}

TEST_CASE("a single host has each turn, stuck or not") {
  const auto words = parsed("host=a");
  host_turns turns;
  for (int i = 0; i < 3; ++i) CHECK(value(turns.next(words), "host") == "a");
  CHECK(turns.stuck() == 0u);
  CHECK(value(turns.next(words), "host") == "a");
  CHECK(!turns.stuck().has_value());
  CHECK(!turns.another());
}
