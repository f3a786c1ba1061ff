// What a run says of itself: its goals, judged only when it was long enough.
#include "tests/nemesis/report.hpp"
#include "tests/nemesis/report_page.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

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

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// Ten seconds of load: 25 sends an interval, none in the eighth second. A fault in the third second, another one from 7.5 on.
nemesis_report with_two_faults() {
  nemesis_report r;
  for (int i = 0; i < 40; ++i)
    r.series.push_back(i / 4 == 7 ? crash::answer_series::point{}
                                  : crash::answer_series::point{25, 10, 100});
  r.harms.push_back(
      {.what = harm::kill_node, .detail = "alpha", .began_ms = 2'000, .lasted_ms = 1'000});
  r.harms.push_back({.what = harm::stop_database,
                     .detail = "<script>alert(1)</script>",
                     .began_ms = 7'500,
                     .lasted_ms = 500});
  return r;
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

TEST_CASE("the page shows throughput and latency, and each fault as a band at its time") {
  const auto page = page_of(with_two_faults());
  CHECK(count(page, "<figure>") == 2);
  CHECK(count(page, R"(<g class="band">)") == 4);  // two faults in two plots
  CHECK(count(page, "<title>1: kill-node, alpha</title>") == 2);
  // Ten seconds are 888 units from 62 on: the third second, and half of the eighth.
  CHECK(count(page, R"(<rect x="239.6" y="30" width="88.8")") == 2);
  CHECK(count(page, R"(<rect x="728.0" y="30" width="44.4")") == 2);
  // Nothing was answered for a second: the rate is 0 there, and each time has a gap.
  CHECK(count(page, R"(<polyline class="rate")") == 1);
  CHECK(count(page, R"(<polyline class="middle")") == 2);
  CHECK(count(page, R"(<polyline class="worst")") == 2);
  CHECK(contains(page, "73.1,30.0 "));    // 100 a second are the most
  CHECK(contains(page, "694.7,190.0 "));  // 0, in the eighth second
  CHECK(contains(page, "stop-database"));
}

TEST_CASE("the page loads nothing, and nothing breaks out of it") {
  auto r = with_two_faults();
  r.failed = "an <img src=x> was lost";
  const auto page = page_of(r);
  for (const auto* part : {"<script", "<img", "<link", "http", "url(", "src=\""})
    CHECK_MESSAGE(!contains(page, part), part);
  CHECK(contains(page, "an &lt;img src=x&gt; was lost"));
  CHECK(contains(page, "not sound"));
}

TEST_CASE("a long run has a pair of plots for each five minutes, all faults among them") {
  auto r = with_two_faults();
  r.series.resize(4 * 700, {25, 10, 100});
  r.harms.push_back({.what = harm::cut_off, .detail = "beta", .began_ms = 650'000, .lasted_ms = 1});
  const auto page = page_of(r);
  CHECK(count(page, "<figure>") == 6);
  CHECK(count(page, "<title>3: cut-off, beta</title>") == 2);
  CHECK(count(page, R"(<g class="band">)") == 6);
}

TEST_CASE("the report for programs has the load over time") {
  const auto series = boost::json::parse(json_of(with_two_faults())).at("series");
  CHECK(series.at("interval_ms").to_number<int>() == 250);
  CHECK(series.at("answered_sends").as_array().size() == 40);
  CHECK(series.at("p50_ms").as_array().at(0).to_number<double>() == 10);
  CHECK(series.at("p99_ms").as_array().at(0).to_number<double>() == 100);
  CHECK(series.at("p99_ms").as_array().at(28).is_null());
}

TEST_CASE("a series has each answer in its interval, and intervals without one") {
  using std::chrono::milliseconds;
  crash::answer_series s;
  const auto t = crash::answer_series::time_point{} + milliseconds(1'000);
  s.begin(t);
  for (int ms = 1; ms <= 200; ++ms) s.answered(t + milliseconds(ms), milliseconds(ms));
  s.answered(t + milliseconds(750), milliseconds(7));
  const auto points = s.until(t + milliseconds(1'000));
  REQUIRE(points.size() == 4);
  CHECK(points[0].answered == 200);
  CHECK(points[0].p50_ms == 100);
  CHECK(points[0].p99_ms == 198);
  CHECK(points[1].answered == 0);
  CHECK(points[2].answered == 0);
  CHECK(points[3].answered == 1);
  CHECK(points[3].p99_ms == 7);
}
