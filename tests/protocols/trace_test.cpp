// The trace: valid JSON whatever the texts hold, bounded, and nothing while it is off.
#include "protocols/core/trace.hpp"

#include <doctest/doctest.h>
#include <boost/json/parse.hpp>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace nova;

namespace {

struct trace_file {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("nova-trace-" + std::to_string(::getpid()) + ".json");
  ~trace_file() { std::filesystem::remove(path); }
  boost::json::array read() const {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return boost::json::parse(text.str()).as_array();
  }
};

auto about(std::string_view id, std::string_view what) {
  return [=] { return trace::subject{id, what}; };
}

}  // namespace

TEST_CASE("spans of all threads stand in one array, with station, id and duration") {
  trace_file file;
  {
    trace::session session(file.path.string());
    CHECK(trace::on());
    std::thread other([] { trace::span s(trace::station::commit, about("", "batch")); });
    { trace::span s(trace::station::decide, about("7-\"1\n", "messaging.send")); }
    other.join();
  }
  CHECK_FALSE(trace::on());
  const auto rows = file.read();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("args").at("name").as_string() == "nova");
  bool decided = false;
  for (const auto& row : rows) {
    if (row.at("name").as_string() != "decide") continue;
    decided = true;
    CHECK(row.at("args").at("request_id").as_string() == "7-\"1\n");
    CHECK(row.at("args").at("what").as_string() == "messaging.send");
    CHECK(row.at("dur").as_double() >= 0);
  }
  CHECK(decided);
}

TEST_CASE("a trace stops at its limit and counts what it drops") {
  trace_file file;
  std::uint64_t dropped = 0;
  {
    trace::session session(file.path.string(), 1000);
    for (int i = 0; i < 100; ++i)
      trace::span(trace::station::route, about("1-1", "messaging.send"));
    dropped = session.dropped();
  }
  CHECK(dropped > 80);
  CHECK(std::filesystem::file_size(file.path) < 1200);
  CHECK(file.read().size() == 101 - dropped);
}

TEST_CASE("while no trace is written a span leaves nothing") {
  bool asked = false;
  {
    trace::span s(trace::station::route, [&] {
      return asked = true, trace::subject{"1-1", "messaging.send"};
    });
  }
  CHECK_FALSE(trace::on());
  CHECK_FALSE(asked);
}

TEST_CASE("a file that cannot be written is said with its path") {
  CHECK_THROWS_WITH_AS(trace::session("/nowhere/at/all.json"),
                       "/nowhere/at/all.json: No such file or directory", std::runtime_error);
}
