// The log: one record a line whatever the values hold, and nothing lost at the end.
#include "protocols/core/log.hpp"
#include "tests/config/scratch.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

using namespace nova;

namespace {

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
  CHECK(shown("\xc2\x9b"
              "31m") ==
        "\\xc2\x9b"
        "31m");
  CHECK(shown("é") == "é");
}

TEST_CASE("a record is one line of key=value") {
  const auto text = written("info", [](log::session&) {
    log::write(log::level::info, "gateway.started",
               {{"port", 8080}, {"tls", false}, {"address", "127.0.0.1"}});
    log::write(log::level::debug, "not.written");
    CHECK(log::writes(log::level::info));
    CHECK_FALSE(log::writes(log::level::debug));
  });
  CHECK(text.find(" level=info event=gateway.started port=8080 tls=false address=127.0.0.1\n") !=
        text.npos);
  CHECK(text.starts_with("ts=20"));
  CHECK(text.find("not.written") == text.npos);
}

TEST_CASE("O: a record in JSON is one object a line whatever the values hold") {
  const auto text = written("info", [](log::session&) {
    log::set_form("json");
    log::write(
        log::level::warn, "a.b",
        {{"n", -7}, {"on", true}, {"share", 0.5}, {"text", "x\r\n\"\\\x1b\xff\xc2\x9b\xc3\xa9"}});
    log::set_form("text");
    log::write(log::level::info, "c.d");
  });
  CHECK(text.starts_with("{\"ts\":\"20"));
  CHECK(text.find(R"(Z","level":"warn","event":"a.b","n":-7,"on":true,"share":0.500000,)"
                  R"("text":"x\u000d\u000a\"\\\u001b\ufffd\u009bé"})"
                  "\n") != text.npos);
  CHECK(text.find(" level=info event=c.d\n") != text.npos);
}

TEST_CASE("the level changes while running, and the queue is written out at the end") {
  const auto text = written("warn", [](log::session& s) {
    log::write(log::level::info, "early");
    log::set_level("info");
    for (int i = 0; i < 500; ++i) log::write(log::level::info, "late", {{"i", i}});
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
    for (int i = 0; i < 2'000; ++i)
      log::write(log::level::info, "flood",
                 {{"filler", filler}});  // far more than pipe and queue hold
    dropped = s.dropped();
    ::close(ends[0]);  // lets the log's thread end: its write fails
  }
  ::close(ends[1]);
  CHECK(dropped > 0);
}
