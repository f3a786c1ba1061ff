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

TEST_CASE("untouched shards are to answer 99.9 of 100 sends, judged from 10,000 on") {
  auto r = with_faults(3);
  r.harms[0].untouched = {9'999, 9'000, 900, 90, 9, 1};
  r.calm = {1'000, 999, 1};
  CHECK(passed(r));
  CHECK(contains(text_of(r), "not judged, 9999 of 10000"));
  CHECK(contains(text_of(r), "90.009 % of 9999; 900 late, 90 put off, 9 cut; 1 more"));
  CHECK(contains(text_of(r), "between the faults: 99.900 % of 1000"));
  r.harms[0].untouched = {4'000, 3'990};
  r.harms[2].untouched = {6'000, 6'000};
  CHECK(goals_of(r).at(2).value == doctest::Approx(99.9));
  CHECK(passed(r));
  r.harms[2].untouched.answered -= 1;
  CHECK_FALSE(passed(r));
  CHECK(contains(text_of(r), "99.890, at least 99.9: MISSED"));
  CHECK(contains(json_of(r), R"("untouched":{"sends":6000,"answered":5999,)"));
}
