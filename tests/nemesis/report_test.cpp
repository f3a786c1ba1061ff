// What a run says of itself: its goals, judged only when it was long enough.
#include "tests/nemesis/report.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::nemesis;

namespace {

nemesis_report with_faults(std::size_t count) {
  nemesis_report out;
  for (std::size_t i = 0; i < count; ++i)
    out.harms.push_back(
        {.what = harm::kill_node, .detail = "alpha", .healed_ms = 2, .whole_ms = 3});
  return out;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("the times of recovery are judged by their p99, from 20 faults on") {
  auto few = with_faults(19);
  few.harms.front().healed_ms = 1'000'000;
  CHECK(passed(few));
  CHECK(contains(text_of(few), "not judged, 19 of 20"));

  auto r = with_faults(160);
  r.harms[7].whole_ms = 1'000'000;  // one of 160 is beyond p99
  CHECK(passed(r));
  CHECK(goals_of(r).at(1).value == 3);
  r.harms[8].whole_ms = 1'000'000;
  CHECK(goals_of(r).at(0).value == 2);
  CHECK(goals_of(r).at(1).value == 1'000'000);
  CHECK_FALSE(passed(r));
  CHECK(r.sound());
  CHECK(contains(text_of(r), "MISSED"));
  CHECK(contains(json_of(r), R"("judged":true,"met":false)"));

  auto all = with_faults(20);
  all.harms.back().healed_ms = 1'000'000;  // p99 of 20 is the longest
  CHECK_FALSE(passed(all));
}

TEST_CASE("no goal makes a run good whose checker found something") {
  auto r = with_faults(30);
  r.failed = "stands still";
  CHECK_FALSE(passed(r));
}
