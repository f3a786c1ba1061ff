// The command line: what becomes of the options, and the statuses of bad usage.
#include "config/process/command_line.hpp"
#include "config/process/cluster_client.hpp"
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
  CHECK_FALSE(parse({"migrate"}).line().status);
  CHECK(parse({"migrate", "--status"}).line().status);
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
        "backup, restore, events, sagas, account, acts, certs, cluster and version\n");
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

TEST_CASE("commands for a running Nova become a method and its parameters") {
  const auto lag = parse({"events", "lag", "--json", "--data", "/x"});
  CHECK(lag.line().command == command::operate);
  CHECK(lag.line().call.method == "operations.lag");
  CHECK(lag.line().call.params == "{}");
  CHECK(lag.line().call.json);
  CHECK(lag.line().values == assignments{{"general.data_dir", "/x"}});
  const auto discard =
      parse({"events", "discard", "messaging.user.1.2", "--reason", "a \"test\" event"});
  CHECK(discard.line().call.method == "operations.discard_letter");
  CHECK(discard.line().call.params ==
        R"({"letter_id":"messaging.user.1.2","reason":"a \"test\" event"})");
  CHECK(parse({"events", "discard", "messaging.user.1.2"}).status() == exit_bad_usage);
  const auto replay = parse({"events", "replay", "messaging", "--source", "user", "--shard", "0",
                             "--from-seq", "7", "--reason", "r"});
  CHECK(replay.line().call.params ==
        R"({"consumer":"messaging","reason":"r","source":"user","from_seq":7,"shard":0})");
  CHECK(parse({"account", "operator", "add", "ada"}).line().call.params == R"({"handle":"ada"})");
  CHECK(parse({"acts", "--limit", "3"}).line().call.params == R"({"limit":3})");
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"events"}, {"sagas", "fly"}, {"account", "operator"}, {"sagas", "compensate", "a.b"}})
    CHECK(parse(words).status() == exit_bad_usage);
}

TEST_CASE("an operator's answer is a table, lines or JSON; an error is told and fails") {
  const auto print = [](const std::string& answer, bool json = false) {
    std::ostringstream out, err;
    const auto status = print_answer(answer, json, out, err);
    return std::tuple(status, out.str(), err.str());
  };
  using shown = std::tuple<int, std::string, std::string>;
  const std::string list =
      R"({"result":{"items":[{"a":"x","b":12},{"a":"long","b":null}],"next_cursor":"c"}})";
  CHECK(print(list) == shown{exit_ok, "a     b \nx     12\nlong  - \nmore: --cursor c\n", ""});
  CHECK(print(list, true) == shown{exit_ok, list.substr(10, list.size() - 11) + "\n", ""});
  CHECK(print(R"({"result":{"items":[]}})") == shown{exit_ok, "none\n", ""});
  CHECK(print(R"({"result":{}})") == shown{exit_ok, "done\n", ""});
  CHECK(print(R"({"result":{"events":3}})") == shown{exit_ok, "events: 3\n", ""});
  CHECK(print(R"({"error":{"detail":"no","code":"not_found"}})") ==
        shown{exit_failed, "", "nova: no\n"});
  CHECK(std::get<0>(print("nonsense")) == exit_failed);
}

TEST_CASE("without a running Nova an operator's command says so and fails") {
  std::ostringstream out, err;
  CHECK(operate("/nowhere", {"operations.lag", "{}", false}, out, err) == exit_failed);
  CHECK(err.str() == "nova: no Nova serves /nowhere (No such file or directory)\n");
}

TEST_CASE("the version names number and build") { CHECK(version_text().starts_with("nova 0.")); }

TEST_CASE("nova cluster members shows each node's load, and a dash for one that does not tell it") {
  const auto shown = print_cluster(
      R"({"members":[
        {"node":"a","self":true,"linked":true,"address":"10.0.0.1:7400","operations":"10.0.0.1:9400",
         "release":"2","roles":["gateway","auth"],"load":{"processor_percent":37,"waiting_calls":5}},
        {"node":"b","linked":true,"address":"10.0.0.2:7400","operations":"10.0.0.2:9400","release":"2",
         "roles":["auth"],"load":null},
        {"node":"earlier","linked":true,"address":"10.0.0.3:7400","operations":"10.0.0.3:9400",
         "release":"1","roles":["auth"]}]})",
      "members");
  REQUIRE(shown.has_value());
  std::istringstream lines(*shown);
  std::vector<std::string> loads;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, percent, calls, roles;
    for (int i = 0; i < 5; ++i) words >> word;
    words >> percent >> calls >> roles;
    CHECK(roles.find("auth") != roles.npos);
    loads.push_back(percent + ' ' + calls);
  }
  CHECK(loads == std::vector<std::string>{"37% 5", "- -", "- -"});
}
