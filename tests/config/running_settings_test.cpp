// Settings read again in a running process: the live ones count, others are named, what is refused changes nothing.
#include "config/process/running_settings.hpp"
#include "protocols/core/log.hpp"
#include "tests/config/scratch.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::config;

TEST_CASE(
    "O: live settings count at once, others after a restart, and a wrong file changes nothing") {
  scratch dir;
  command_line line;
  line.file =
      dir.write("nova.toml", "[general]\nlog_level = \"error\"\n[gateway]\nio_threads = 2\n");
  auto running = running_settings::read(line, {});
  REQUIRE(running.has_value());
  const auto& now = running->now();

  std::string text = written("error", [&](log::session&) {
    dir.write(
        "nova.toml",
        "[general]\nlog_level = \"info\"\n[gateway]\nio_threads = 5\naccount_read_per_s = 7.5\n");
    CHECK(running->read_again());
    CHECK(log::writes(log::level::info));
  });
  CHECK(now.general.log_level == "info");
  CHECK(now.gateway.account_read_per_s == 7.5);
  CHECK(now.gateway.io_threads == 2);
  CHECK(text.find("event=settings.changed setting=gateway.account_read_per_s value=7.5\n") !=
        text.npos);
  CHECK(text.find("event=settings.need_restart setting=gateway.io_threads\n") != text.npos);

  text = written("info", [&](log::session&) {
    dir.write("nova.toml",
              "[general]\nlog_level = \"warn\"\n[gateway]\naccount_read_per_s = -1\nports = 1\n");
    CHECK_FALSE(running->read_again());
  });
  CHECK(now.general.log_level == "info");
  CHECK(now.gateway.account_read_per_s == 7.5);
  CHECK(text.find("event=settings.refused setting=gateway.account_read_per_s") != text.npos);
  CHECK(text.find("event=settings.refused setting=gateway.ports") != text.npos);
}
