// The page of runs: what a report writes is read back, shown, and nothing of it can break out of the page.
#include "bench/support/report.hpp"
#include "bench/report/charts.hpp"
#include "bench/report/page.hpp"

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

using namespace nova::bench;

namespace {

std::string written(const report& r) {
  const auto path =
      std::filesystem::temp_directory_path() / ("nova-report-test-" + std::to_string(::getpid()));
  REQUIRE(r.write(path.string()));
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove(path);
  return text;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("percentiles are exact") {
  latencies l;
  for (std::uint64_t us = 1000; us >= 1; --us) l.add_us(us * 1000);
  CHECK(l.percentile_ms(50) == 500);
  CHECK(l.percentile_ms(99) == 990);
  CHECK(l.percentile_ms(99.9) == 999);
  CHECK(l.percentile_ms(100) == 1000);
  CHECK(l.percentile_ms(0) == 1);
}

TEST_CASE("numbers are shown with three digits") {
  CHECK(shown(0) == "0");
  CHECK(shown(34512.4) == "34,512");
  CHECK(shown(1234567) == "1,234,567");
  CHECK(shown(99.95) == "100");
  CHECK(shown(1.5) == "1.5");
  CHECK(shown(0.02634) == "0.0263");
  CHECK(shown(-1500) == "-1,500");
}

TEST_CASE("a run is written, read and shown: goals, sections, plots, what was broken") {
  report r("durable-send");
  r.set("server", "nova");
  r.set("window", 16);
  r.section("64 sockets, window 16");
  r.number("acked_per_s", 34'500, "sends <answered>");
  r.number("bare_100x1_after_rows_per_s", 90'000, "");
  r.number("cpu_server_s_per_1000", 0.026, "");
  r.number("cpu_postgres_s_per_1000", 0.014, "");
  latencies l;
  l.add_us(1500);
  r.timing("answer", l);
  r.goal("share_of_bare_insert", 0.38, 0.35, true, "bare insert 90000 rows/s");
  r.goal("answer_p99_ms", 70, 50, false);
  r.broken("a <script> was lost");

  run_file run;
  std::string problem;
  REQUIRE_MESSAGE(read_run(written(r), run, problem), problem);
  CHECK_FALSE(run.sound);
  REQUIRE(run.goals.size() == 2);
  CHECK(run.goals[0].met);
  CHECK_FALSE(run.goals[1].met);
  CHECK(run.fact("window") == "16");
  CHECK(run.timings.at(0).p99_ms == 1.5);

  const auto page = make_page({run});
  CHECK(count(page, "<svg") == 3);  // rates, latency, CPU
  CHECK(count(page, "class=\"met\"") == 1);
  CHECK(count(page, "class=\"missed\"") == 1);
  CHECK(page.find("1 of 2 goals met") != page.npos);
  CHECK(page.find("a &lt;script&gt; was lost") != page.npos);
  CHECK(page.find("<script") == page.npos);
  CHECK(page.find("http") == page.npos);  // nothing from outside
  CHECK(page.find("Centrifugo") != page.npos);
  CHECK(count(page, "<svg") == count(page, "</svg>"));
}

TEST_CASE("what is no run is refused") {
  run_file run;
  std::string problem;
  CHECK_FALSE(read_run("{", run, problem));
  CHECK_FALSE(read_run("[]", run, problem));
  CHECK_FALSE(read_run("{\"scenario\":5}", run, problem));
  CHECK(print_report({"/nonexistent.json"}) == 1);
}
