// /metrics of a running Nova against protocols/metrics.txt.
#include "tests/flow/world.hpp"
#include "tests/support/exposition.hpp"

#include <fstream>
#include <set>
#include <sstream>

using namespace nova::flow;

namespace {

std::vector<std::string> kept_lines() {
  std::ifstream file(NOVA_METRICS_TXT);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

/// As metrics.txt writes it; `names`: the labels in its order.
std::string line_of(const nova::test::exposed_family& f, const std::string& names) {
  return f.name + ' ' + f.type + '{' + names + "} " + f.help;
}

std::string names_in(const std::string& line) {
  const auto open = line.find('{');
  return line.substr(open + 1, line.find('}') - open - 1);
}

std::set<std::string> split(const std::string& names) {
  std::set<std::string> out;
  std::istringstream text(names);
  for (std::string name; std::getline(text, name, ',');) out.insert(name);
  return out;
}

}  // namespace

TEST_CASE("O: /metrics is valid, is the list of metrics.txt, and every family comes to life") {
  if (needs_one_process()) return;
  const auto ann = person("ann"), bob = person("bob");
  const auto chat = direct(ann, bob);
  auto phone = socket(ann);
  REQUIRE(phone->call("messaging.send", message(chat, "m1", "hello")).ok);
  REQUIRE(http().get("/v1/conversations", bob.access_token).status == 200);

  const auto answer = http().get("/metrics");
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  const auto reading = nova::test::read_exposition(answer.body);
  CHECK(reading.faults == std::vector<std::string>{});

  const auto kept = kept_lines();
  REQUIRE(reading.families.size() == kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto& family = reading.families[i];
    INFO("If the change is meant: ninja -C <build folder> update_metrics");
    CHECK(line_of(family, names_in(kept[i])) == kept[i]);
    CHECK_MESSAGE(family.samples != 0, family.name);
    CHECK(family.labels == split(names_in(kept[i])));
  }
  CHECK(answer.body.find("nova_request_seconds_count{method=\"messaging.send\",status=\"200\"} ") !=
        std::string::npos);
  CHECK(answer.body.find("nova_request_seconds_count{method=\"auth.register\",status=\"201\"} ") !=
        std::string::npos);
  CHECK(answer.body.find("nova_event_lag_seconds_count{consumer=\"user\",source=\"auth\"} ") !=
        std::string::npos);
}
