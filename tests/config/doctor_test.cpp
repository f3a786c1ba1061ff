// The doctor's checks: each bad fact gives its finding, a good machine gives none.
#include "config/doctor.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

using namespace nova::config;
namespace fs = std::filesystem;

namespace {

const finding* about(const std::vector<finding>& findings, std::string_view subject) {
  for (const auto& f : findings)
    if (f.subject == subject) return &f;
  return nullptr;
}

}  // namespace

TEST_CASE("a good machine with the defaults has no finding") { CHECK(examine(settings{}, machine_facts{}).empty()); }

TEST_CASE("a data folder that cannot be written or is full is refused") {
  machine_facts facts;
  facts.data_dir_writable = false;
  facts.data_dir_problem = "/x: Permission denied";
  REQUIRE(about(examine({}, facts), "general.data_dir") != nullptr);
  CHECK(about(examine({}, facts), "general.data_dir")->severity == severity::refusal);
  facts = {};
  facts.data_dir_free_bytes = 1 << 20;
  CHECK(about(examine({}, facts), "general.data_dir") != nullptr);
}

TEST_CASE("a secret that others can read is found on disk and refused") {
  std::string name = (fs::temp_directory_path() / "nova_doctor_XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  const fs::path folder = name;
  fs::create_directory(folder / "keys");
  std::ofstream(folder / "keys" / "resume.key") << "k";
  settings s;
  s.general.data_dir = folder.string();
  ::chmod((folder / "keys" / "resume.key").c_str(), 0644);
  CHECK(about(examine(s, gather_facts(s)), (folder / "keys" / "resume.key").string()) != nullptr);
  ::chmod((folder / "keys" / "resume.key").c_str(), 0600);
  CHECK(about(examine(s, gather_facts(s)), (folder / "keys" / "resume.key").string()) == nullptr);
  fs::remove_all(folder);
}

TEST_CASE("a data folder below a file is refused") {
  settings s;
  s.general.data_dir = "/etc/passwd/nova";
  CHECK_FALSE(gather_facts(s).data_dir_writable);
}

TEST_CASE("only refusals stop a start, and each line says what to change") {
  std::ostringstream out;
  CHECK(print_findings({{severity::warning, "a", "b", "c"}}, out));
  CHECK_FALSE(print_findings({{severity::refusal, "a", "b", "c"}}, out));
  CHECK(out.str() == "warning a: b. Change: c.\nrefused a: b. Change: c.\n");
}
