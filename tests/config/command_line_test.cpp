// The command line: what becomes of the options, and the statuses of bad usage.
#include "config/process/command_line.hpp"
#include "config/settings/declaration.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace nova::config;

namespace {

struct parsed {
  std::variant<command_line, int> value;
  std::string out, err;
  const command_line& line() const {
    REQUIRE_MESSAGE(value.index() == 0, err);
    return std::get<command_line>(value);
  }
  int status() const { return std::get<int>(value); }
};

parsed parse(std::vector<const char*> words) {
  words.insert(words.begin(), "nova");
  std::ostringstream out, err;
  auto value = parse_command_line(static_cast<int>(words.size()), words.data(), out, err);
  return {std::move(value), out.str(), err.str()};
}

}  // namespace

TEST_CASE("serve takes port, data folder, file and any setting") {
  const auto p = parse({"serve", "--port", "0", "--data", "/x", "--config", "n.toml", "--set",
                        "gateway.io_threads=4", "--set", "general.log_level=debug"});
  const auto& line = p.line();
  CHECK(line.command == command::serve);
  CHECK(line.file == "n.toml");
  CHECK(line.values == assignments{{"gateway.port", "0"},
                                   {"general.data_dir", "/x"},
                                   {"gateway.io_threads", "4"},
                                   {"general.log_level", "debug"}});
}

TEST_CASE("the other commands are known by their names") {
  CHECK(parse({"doctor", "--port", "1"}).line().command == command::doctor);
  CHECK(parse({"migrate", "--data", "d"}).line().command == command::migrate);
  CHECK(parse({"version"}).line().command == command::version);
}

TEST_CASE("help is not an error; bad usage is status 2 with a reason") {
  const auto help = parse({"--help"});
  CHECK(help.status() == exit_ok);
  CHECK(help.out.find("serve") != std::string::npos);
  for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                 {"fly"},
                                                                 {"serve", "--prot", "1"},
                                                                 {"serve", "--set", "nothing"},
                                                                 {"version", "--port", "1"}}) {
    const auto p = parse(words);
    CHECK(p.status() == exit_bad_usage);
    CHECK_FALSE(p.err.empty());
  }
}

TEST_CASE("doctor --example prints the example configuration and ends") {
  const auto p = parse({"doctor", "--example"});
  CHECK(p.status() == exit_ok);
  CHECK(p.out == example_toml());
}

TEST_CASE("O: --version prints the version, and an unknown command is named") {
  const auto version = parse({"--version"});
  CHECK(version.status() == exit_ok);
  CHECK(version.out == version_text() + "\n");
  const auto bogus = parse({"bogus", "--port", "1"});
  CHECK(bogus.status() == exit_bad_usage);
  CHECK(bogus.err ==
        "nova: there is no command bogus; the commands are serve, doctor, migrate, databases, "
        "backup, restore and version\n");
}

TEST_CASE("databases takes the place of the server and a new settings file") {
  const auto p =
      parse({"databases", "--host", "db.example", "--port", "6432", "--settings", "n.toml"});
  CHECK(p.line().command == command::databases);
  CHECK(p.line().host == "db.example");
  CHECK(p.line().database_port == 6'432);
  CHECK(p.line().new_settings == "n.toml");
  CHECK(parse({"databases", "--port", "0"}).status() == exit_bad_usage);
}

TEST_CASE("backup and restore take the folder of the backup") {
  const auto p = parse({"backup", "/copy", "--data", "/x"});
  CHECK(p.line().command == command::backup);
  CHECK(p.line().copy == "/copy");
  CHECK(parse({"restore", "/copy"}).line().command == command::restore);
  CHECK(parse({"restore"}).status() == exit_bad_usage);
}

TEST_CASE("the version names number and build") { CHECK(version_text().starts_with("nova 0.")); }
