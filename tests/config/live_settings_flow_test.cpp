// `kill -HUP` of a running nova: what the operator's page promises of live settings.
#include "tests/config/scratch.hpp"
#include "tests/support/client/http.hpp"
#include "tests/support/server_process.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <fstream>
#include <iterator>

using namespace nova;

namespace {

std::string all_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("O: SIGHUP makes live settings count in a running nova, and refuses a wrong file") {
  scratch dir;
  const auto file = dir.write("nova.toml", "[general]\nlog_level = \"warn\"\n");
  client::server_options options;
  options.arguments = {"--config", file.string()};
  client::server_process nova(options);
  REQUIRE_MESSAGE(nova.start(), nova.problem());
  client::http_client http(nova.at());
  CHECK(http.get("/v1/users/me").status == 401);

  dir.write("nova.toml",
            "[general]\nlog_level = \"info\"\nlog_form = \"json\"\n"
            "[gateway]\naddress_read_per_s = 0.1\nburst_s = 0.1\nio_threads = 3\n");
  ::kill(nova.pid(), SIGHUP);
  int status = 0;
  for (int i = 0; i < 100'000 && status != 429; ++i) status = http.get("/v1/users/me").status;
  CHECK(status == 429);

  dir.write("nova.toml", "[gateway]\naddress_read_per_s = \"many\"\n");
  ::kill(nova.pid(),
         SIGHUP);  // comes before the SIGTERM of stop(): signals that wait are taken by number
  CHECK(nova.stop() == 0);
  const auto log = all_of(nova.data() + "/stderr.log");
  CAPTURE(log);
  CHECK(log.find(R"("event":"settings.changed","setting":"general.log_level","value":"info"})") !=
        log.npos);
  CHECK(log.find(R"("event":"settings.need_restart","setting":"gateway.io_threads"})") != log.npos);
  CHECK(log.find(R"("event":"settings.refused","setting":"gateway.address_read_per_s",)") !=
        log.npos);
  CHECK(log.find(R"("event":"stop.done"})") != log.npos);
}
