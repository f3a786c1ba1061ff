// Settings: sources and their order, refusals, secrets, and that declarations, structs and example agree.
#include "config/settings/settings.hpp"
#include "config/settings/declaration.hpp"
#include "tests/config/scratch.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace fs = std::filesystem;
using namespace nova;
using namespace nova::config;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string problems(const result<settings>& r) {
  REQUIRE(r.has_error());
  std::string out;
  for (const auto& f : r.error().fields) out += f.field + ": " + f.detail + "\n";
  return out;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// The first row that is a secret.
const declaration& a_secret() {
  for (const auto& row : declarations())
    if (row.secret) return row;
  FAIL("no setting is a secret");
  return declarations().front();
}

}  // namespace

TEST_CASE("without any source the defaults hold") {
  const auto s = load_settings({}, {});
  REQUIRE(s.has_value());
  CHECK(s->general.data_dir == ".data");
  CHECK(s->general.stop_budget_ms == 8'000);
}

TEST_CASE("environment beats file, command line beats both") {
  scratch dir;
  const auto file = dir.write(
      "nova.toml", "[general]\nlog_level = \"debug\"\nstop_budget_ms = 2000\ndata_dir = \"a\"\n");
  const auto s = load_settings(
      file, {{"NOVA_GENERAL__STOP_BUDGET_MS", "3000"}, {"NOVA_GENERAL__DATA_DIR", "b"}},
      {{"general.data_dir", "c"}});
  REQUIRE(s.has_value());
  CHECK(s->general.log_level == "debug");
  CHECK(s->general.stop_budget_ms == 3'000);
  CHECK(s->general.data_dir == "c");
}

TEST_CASE("variables without a double underscore are not settings") {
  CHECK(load_settings({}, {{"NOVA_BINARY", "/x"}, {"PATH", "/y"}}).has_value());
}

TEST_CASE("an unknown name is refused with the nearest known one") {
  scratch dir;
  const auto file = dir.write("nova.toml", "[general]\nlog_levle = \"debug\"\n");
  CHECK(contains(problems(load_settings(file, {})),
                 "general.log_levle: line 2: there is no such setting; did you mean "
                 "general.log_level?"));
  CHECK(contains(problems(load_settings({}, {{"NOVA_GATEWAY__STOP_BUDGET_MS", "2000"}})),
                 "did you mean general.stop_budget_ms?"));
  CHECK(contains(problems(load_settings({}, {}, {{"zzzzzzzzzzzz.qqqq", "1"}})),
                 "nova doctor --example"));
}

TEST_CASE("values out of bounds and of a wrong type are refused, all at once") {
  scratch dir;
  const auto file = dir.write(
      "nova.toml", "[general]\nstop_budget_ms = 70000\nlog_level = \"loud\"\ndata_dir = 3\n");
  const auto text = problems(load_settings(file, {{"NOVA_GENERAL__LOG_QUEUE_RECORDS", "1e3"}}));
  CHECK(contains(text, "general.stop_budget_ms: line 2: 70000 must be 1000 to 60000"));
  CHECK(contains(text,
                 "general.log_level: line 3: \"loud\" must be trace, debug, info, warn or error"));
  CHECK(contains(text, "general.data_dir: line 4: must be a text"));
  CHECK(contains(
      text, "general.log_queue_records: NOVA_GENERAL__LOG_QUEUE_RECORDS: must be a whole number"));
}

TEST_CASE("a file that is absent or not TOML is refused") {
  scratch dir;
  CHECK(contains(problems(load_settings(dir.folder / "absent.toml", {})), "cannot be read"));
  CHECK(contains(problems(load_settings(dir.write("bad.toml", "[general\n"), {})), "line 1"));
}

TEST_CASE("a secret comes from a file that only its owner can read") {
  scratch dir;
  const auto& row = a_secret();
  const std::string secret(static_cast<std::size_t>(std::max(row.least, 32.0)), 'k');
  const auto name = std::string(row.name) + "_file";
  const auto good = load_settings({}, {}, {{name, dir.write("good", secret + "\n").string()}});
  REQUIRE(good.has_value());
  CHECK(std::get<std::string>(row.get(*good)) == secret);
  CHECK(
      contains(problems(load_settings({}, {}, {{name, dir.write("loose", secret, 0640).string()}})),
               "chmod 600"));
  CHECK(contains(problems(load_settings({}, {}, {{name, (dir.folder / "absent").string()}})),
                 "cannot be read"));
  CHECK(contains(
      problems(load_settings(
          {}, {}, {{name, dir.write("x", secret).string()}, {std::string(row.name), secret}})),
      "given twice"));
}

TEST_CASE(
    "O: a settings file with a secret that others can read is refused, one without a secret is "
    "not") {
  scratch dir;
  const std::string secret = "[storage.dsn]\nauth = \"host=x password=y\"\n";
  CHECK(load_settings(dir.write("good.toml", secret), {}).has_value());
  const auto text = problems(load_settings(dir.write("loose.toml", secret, 0644), {}));
  CHECK(contains(text, "others can read"));
  CHECK(contains(text, "chmod 600"));
  CHECK(load_settings(dir.write("plain.toml", "[gateway]\nport = 1\n", 0644), {}).has_value());
}

TEST_CASE("a refused secret is not printed") {
  const auto& row = a_secret();
  const std::string secret(static_cast<std::size_t>(row.most) + 1, 'q');
  const auto text = problems(load_settings({}, {}, {{std::string(row.name), secret}}));
  CHECK(contains(text, "must be"));
  CHECK_FALSE(contains(text, "qqq"));
}

TEST_CASE("every default lies within its bounds and survives the way through text") {
  const settings defaults;
  std::set<std::string_view> names;
  for (const auto& row : declarations()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.help.ends_with("."));
    CHECK(check_bounds(row, row.get(defaults)) == "");
    settings copy;
    row.set(copy, row.get(defaults));
    CHECK(row.get(copy) == row.get(defaults));
  }
}

TEST_CASE("every bound of a number is met and not overstepped") {
  for (const auto& row : declarations()) {
    if (!std::holds_alternative<std::int64_t>(row.get(settings{}))) continue;
    CAPTURE(row.name);
    const auto least = static_cast<std::int64_t>(row.least),
               most = static_cast<std::int64_t>(row.most);
    const auto load = [&](std::int64_t x) {
      return load_settings({}, {}, {{std::string(row.name), std::to_string(x)}});
    };
    const auto low = load(least), high = load(most);
    REQUIRE(low.has_value());
    REQUIRE(high.has_value());
    CHECK(std::get<std::int64_t>(row.get(*low)) == least);
    CHECK(std::get<std::int64_t>(row.get(*high)) == most);  // fits the struct's type
    CHECK(load(least - 1).has_error());
    CHECK(load(most + 1).has_error());
  }
}

TEST_CASE("a connection string belongs to its domain") {
  const auto s = load_settings({}, {{"NOVA_STORAGE__DSN__AUTH", "host=/run/x dbname=auth"}});
  REQUIRE(s.has_value());
  CHECK(s->storage.dsn == std::map<std::string, std::string>{{"auth", "host=/run/x dbname=auth"}});
  CHECK(contains(problems(load_settings({}, {{"NOVA_STORAGE__DSN__AUHT", "x"}})),
                 "did you mean storage.dsn.auth?"));
}

TEST_CASE("the example file is what the declarations say: `ninja update_example` writes it") {
  CHECK(read(fs::path(NOVA_SOURCE_DIR) / "config/nova.example.toml") == example_toml());
}

TEST_CASE("the example with every line in force gives the defaults") {
  scratch dir;
  std::string text;
  std::istringstream example(example_toml());
  for (std::string line; std::getline(example, line);)
    text += (line.starts_with("#") && !line.starts_with("# ") ? line.substr(1) : line) + "\n";
  const auto s = load_settings(dir.write("nova.toml", text), {});
  REQUIRE_MESSAGE(s.has_value(), (s.has_error() ? problems(s) : ""));
  const settings defaults;
  for (const auto& row : declarations()) CHECK(row.get(*s) == row.get(defaults));
}
