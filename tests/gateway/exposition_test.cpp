// /metrics: one group a family with HELP and TYPE, and the check that says so.
#include "gateway/codec/exposition.hpp"
#include "gateway/loop/metrics.hpp"
#include "tests/support/exposition.hpp"

#include <doctest/doctest.h>

using namespace nova;
using nova::test::read_exposition;
using std::chrono::milliseconds;

TEST_CASE("O: every family stands once, with HELP and TYPE, also those without a sample") {
  gateway::exposition e;
  e.add([](metric_samples& out) {
    out.add(metric::nova_storage_statements_total, 2, {"auth", "auth.a"});
    out.add(metric::nova_storage_statements_total, 3, {"auth", "b\"\\\n"});
    out.add(metric::nova_domain_serving, 1, {"auth"});
  });
  e.add([](metric_samples& out) {
    out.add(metric::nova_storage_statements_total, 5, {"user", "user.a"});
  });
  const auto reading = read_exposition(e.text());
  CHECK(reading.faults == std::vector<std::string>{});
  REQUIRE(reading.families.size() == metric_families().size());
  for (std::size_t i = 0; i < reading.families.size(); ++i) {
    CHECK(reading.families[i].name == metric_families()[i].name);
    CHECK(reading.families[i].help == metric_families()[i].help);
  }
  const auto& statements =
      reading.families[static_cast<std::size_t>(metric::nova_storage_statements_total)];
  CHECK(statements.samples == 3);
  CHECK(statements.labels == std::set<std::string>{"domain", "query"});
}

TEST_CASE("a histogram's buckets grow up to its count, and threads are added up") {
  gateway::metrics a, b;
  const auto& method = *rpc::all_methods().front();
  a.times.observe(method, 200, milliseconds(3));
  a.times.observe(method, 200, milliseconds(30'000));
  b.times.observe(method, 200, milliseconds(1));
  b.times.observe(method, 503, milliseconds(0));
  b.times.observe(method, 299, milliseconds(1));  // no declared method answers it
  a.accepted_total.add(2);
  b.accepted_total.add(3);
  gateway::exposition e;
  e.add([&](metric_samples& out) { a.collect(out); });
  e.add([&](metric_samples& out) { b.collect(out); });
  const auto text = e.text();
  CHECK(read_exposition(text).faults == std::vector<std::string>{});
  CHECK(text.find("\nnova_gateway_accepted_total 5\n") != std::string::npos);
  const auto labels =
      "{method=\"" + std::string(method.rpc.empty() ? method.name : method.rpc) + "\",status=\"";
  auto has = [&](const std::string& status, const std::string& bound, int count) {
    return text.find("nova_request_seconds_bucket" + labels + status + "\",le=\"" + bound + "\"} " +
                     std::to_string(count) + '\n') != std::string::npos;
  };
  CHECK(has("200", "0.0005", 0));
  CHECK(has("200", "0.001", 1));
  CHECK(has("200", "0.005", 2));
  CHECK(has("200", "10", 2));
  CHECK(has("200", "+Inf", 3));
  CHECK(has("503", "0.0001", 1));
  CHECK(text.find(labels + "299") == std::string::npos);
}

TEST_CASE("the check finds what promtool would refuse") {
  auto faults = [](std::string_view text) { return read_exposition(text).faults.size(); };
  CHECK(faults("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n") == 0);
  CHECK(faults("# TYPE a_total counter\na_total 1\n") == 1);
  CHECK(faults("# HELP a A.\n# TYPE a counter\na 1\n") == 1);
  CHECK(faults("# HELP a_total A.\n# TYPE a_total counter\nb_total 1\n") == 1);
  CHECK(faults("# HELP a_total A.\n# TYPE a_total counter\na_total 1\na_total 1\n") == 1);
  CHECK(faults("# HELP a A.\n# TYPE a gauge\na 1\n# HELP b B.\n# TYPE b gauge\nb 1\n# HELP a A.\n# "
               "TYPE a gauge\n") == 1);
  CHECK(faults("# HELP h H.\n# TYPE h histogram\nh_count 1\nh_sum 1\nh_bucket{le=\"1\"} "
               "2\nh_bucket{le=\"+Inf\"} 1\n") == 1);
  CHECK(faults("# HELP h H.\n# TYPE h histogram\nh_count 2\nh_sum 1\nh_bucket{le=\"+Inf\"} 1\n") ==
        1);
}
