// What a claim takes for the database's time while its clock jumps.
#include "storage/postgres/database_clock.hpp"

#include <doctest/doctest.h>

using nova::storage::database_clock;
using namespace std::chrono_literals;

TEST_CASE("A15.5: a jump forward is not believed while the memory lasts") {
  database_clock c(6s);
  CHECK(!c.now(0s));
  for (auto t = 0s; t <= 10s; t += 1s) c.note(1000s + t, t);
  CHECK(c.now(10s) == 1010s);
  c.note(1041s, 11s);  // 30 s ahead
  CHECK(c.now(11s) == 1011s);
  for (auto t = 12s; t <= 16s; t += 1s) c.note(1030s + t, t);
  CHECK(c.now(16s) == 1016s);
  c.note(1047s, 17s);  // the last time of before is forgotten
  CHECK(c.now(17s) == 1047s);
}

TEST_CASE("A15.5: a jump back is believed at once, and a slow answer makes the time early") {
  database_clock c(6s);
  c.note(1000s, 0s);
  c.note(990s, 1s);
  CHECK(c.now(1s) == 990s);
  c.note(991s, 2s + 500ms);
  CHECK(c.now(3s) == 991s + 500ms);
}

TEST_CASE("A15.5: after a silence the last time counts, however old") {
  database_clock c(6s);
  c.note(1000s, 0s);
  CHECK(c.now(60s) == 1060s);
}
