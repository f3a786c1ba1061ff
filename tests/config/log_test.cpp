// The log: one record a line whatever the values hold, and nothing lost at the end.
#include "protocols/core/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string>

using namespace nova;

namespace {

/// What a log session wrote to a pipe.
template <class Work>
std::string written(std::string_view level, Work work) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  {
    log::session s(level, 1'024, ends[1]);
    work(s);
  }
  ::close(ends[1]);
  std::string out;
  char block[4096];
  for (ssize_t n; (n = ::read(ends[0], block, sizeof block)) > 0;) out.append(block, static_cast<std::size_t>(n));
  ::close(ends[0]);
  return out;
}

std::string shown(std::string_view value) {
  std::string out;
  log::append_value(out, value);
  return out;
}

}  // namespace

TEST_CASE("values are quoted and control characters escaped") {
  CHECK(shown("plain-8080") == "plain-8080");
  CHECK(shown("") == "\"\"");
  CHECK(shown("two words") == "\"two words\"");
  CHECK(shown("a=\"b\"") == "\"a=\\\"b\\\"\"");
  CHECK(shown("x\r\nlevel=error") == "\"x\\x0d\\x0alevel=error\"");
  CHECK(shown("\x1b[31mred") == "\\x1b[31mred");
  CHECK(shown("\xc2\x9b" "31m") == "\\xc2\x9b" "31m");
  CHECK(shown("é") == "é");
}

TEST_CASE("a record is one line of key=value") {
  const auto text = written("info", [](log::session&) {
    log::info("gateway.started", {{"port", 8080}, {"tls", false}, {"address", "127.0.0.1"}});
    log::debug("not.written");
  });
  CHECK(text.find(" level=info event=gateway.started port=8080 tls=false address=127.0.0.1\n") != text.npos);
  CHECK(text.starts_with("ts=20"));
  CHECK(text.find("not.written") == text.npos);
}

TEST_CASE("what is said through spdlog stays one line too") {
  const auto text = written("info", [](log::session&) { spdlog::warn("event=a\nforged=b"); });
  CHECK(text.find(" level=warn event=a\\x0aforged=b\n") != text.npos);
}

TEST_CASE("the level changes while running, and the queue is written out at the end") {
  const auto text = written("warn", [](log::session& s) {
    log::info("early");
    s.set_level("info");
    for (int i = 0; i < 500; ++i) log::info("late", {{"i", i}});
    CHECK(s.dropped() == 0);
  });
  CHECK(text.find("early") == text.npos);
  CHECK(text.find("i=499\n") != text.npos);
}

TEST_CASE("a reader that does not read costs records, never the writer") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const std::string filler(1'000, 'x');
  std::uint64_t dropped = 0;
  {
    log::session s("info", 64, ends[1]);
    for (int i = 0; i < 2'000; ++i) log::info("flood", {{"filler", filler}});  // far more than pipe and queue hold
    dropped = s.dropped();
    ::close(ends[0]);  // lets the log's thread end: its write fails
  }
  ::close(ends[1]);
  CHECK(dropped > 0);
}
