// The doctor's checks: each bad fact gives its finding, a good machine gives none.
#include "config/process/doctor.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
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

TEST_CASE("a good machine with the defaults has no finding") {
  CHECK(examine(settings{}, machine_facts{}).empty());
}

TEST_CASE("a data folder that cannot be written or is full is refused") {
  machine_facts facts;
  facts.data_dir_writable = false;
  facts.data_dir_problem = "/x: Permission denied";
  REQUIRE(about(examine({}, facts), "general.data_dir") != nullptr);
  CHECK(about(examine({}, facts), "general.data_dir")->severity == nova::log::level::error);
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

TEST_CASE("a port that somebody listens on is refused, a free one is not") {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(fd, 1) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  settings s;
  s.gateway.port = ntohs(address.sin_port);
  CHECK(about(examine(s, gather_facts(s)), "gateway.port") != nullptr);
  ::close(fd);
  CHECK(about(examine(s, gather_facts(s)), "gateway.port") == nullptr);
  s.gateway.address = "localhost";
  CHECK(about(examine(s, gather_facts(s)), "gateway.port") != nullptr);
}

TEST_CASE("listening beyond the machine without TLS is a warning") {
  settings s;
  s.gateway.port = 0;
  for (const auto& [address, warned] :
       {std::pair("0.0.0.0", true), {"::", true}, {"127.1.2.3", false}, {"::1", false}}) {
    CAPTURE(address);
    s.gateway.address = address;
    machine_facts facts = gather_facts(s);
    facts.listen_problem.clear();  // a machine may lack IPv6
    const auto findings = examine(s, facts);
    const auto* f = about(findings, "gateway.address");
    CHECK((f != nullptr) == warned);
    if (f != nullptr) CHECK(f->severity == nova::log::level::warn);
  }
}

TEST_CASE(
    "O: the default of max_connections fits the machine; a chosen number that does not is "
    "refused") {
  machine_facts facts;
  settings s;
  const auto refused_at = [&](std::uint64_t limit) {
    facts.open_files_most = limit;
    settings fitted = s;
    fit_to_machine(fitted, limit);
    return about(examine(fitted, facts), "gateway.max_connections") != nullptr;
  };
  CHECK_FALSE(refused_at(1 << 20));
  CHECK_FALSE(refused_at(4'096));
  CHECK(refused_at(512));
  settings fitted;
  fit_to_machine(fitted, 4'096);
  CHECK(fitted.gateway.max_connections == 4'096 - 256);
  fit_to_machine(fitted, 1'024);
  CHECK(fitted.gateway.max_connections == 4'096 - 256);  // a number other than the default is meant
  s.gateway.max_connections = 5'000;
  CHECK(refused_at(4'096));
  CHECK_FALSE(refused_at(5'256));
}

TEST_CASE("O: a port that this user may not take says how to get it, a taken one what to stop") {
  machine_facts facts;
  facts.listen_problem = "127.0.0.1 port 80: Permission denied";
  facts.listen_denied = true;
  CHECK(about(examine({}, facts), "gateway.port")->remedy.find("setcap") != std::string::npos);
  facts.listen_denied = false;
  CHECK(about(examine({}, facts), "gateway.port")->remedy.find("stop what listens") !=
        std::string::npos);
}

TEST_CASE("a node of a cluster whose bytes no other node has is warned") {
  settings s;
  CHECK(about(examine(s, {}), "media.folder") == nullptr);
  s.cluster.node = "alpha";
  const auto own = examine(s, {});
  REQUIRE(about(own, "media.folder") != nullptr);
  CHECK(about(own, "media.folder")->severity == nova::log::level::warn);
  CHECK(about(own, "media.folder")->detail.starts_with("uploads and segments"));
  s.media.store = "s3";
  CHECK(about(examine(s, {}), "media.folder")->detail.starts_with("segments"));
  s.media.folder = "/srv/shared";
  CHECK(about(examine(s, {}), "media.folder") == nullptr);
}

TEST_CASE("a program that makes media ready and is not installed is a warning with its package") {
  machine_facts facts;
  facts.missing_programs = {{"ffmpeg", "video has no length", "ffmpeg-package"}};
  const auto findings = examine({}, facts);
  const auto* f = about(findings, "ffmpeg");
  REQUIRE(f != nullptr);
  CHECK(f->severity == nova::log::level::warn);
  CHECK(f->detail == "is not installed: video has no length");
  CHECK(f->remedy == "install ffmpeg-package");
  CHECK(may_serve(findings));
}

TEST_CASE("a bucket that is reached in clear text is a warning, unless it is on this machine") {
  settings s;
  s.media.s3_endpoint = "http://s3.example.org";
  CHECK(about(examine(s, machine_facts{}), "media.s3_endpoint") == nullptr);
  s.media.store = "s3";
  const auto findings = examine(s, machine_facts{});
  REQUIRE(about(findings, "media.s3_endpoint") != nullptr);
  CHECK(about(findings, "media.s3_endpoint")->severity == nova::log::level::warn);
  for (const auto* fine :
       {"https://s3.example.org", "http://127.0.0.1:9000", "http://[::1]:9000"}) {
    s.media.s3_endpoint = fine;
    CHECK(about(examine(s, machine_facts{}), "media.s3_endpoint") == nullptr);
  }
}

TEST_CASE("memory that hashes or buffers would fill is refused") {
  machine_facts facts;
  facts.memory_bytes = 256ull << 20;
  settings s;
  s.runtime.job_threads = 64;
  CHECK(about(examine(s, facts), "auth.password_memory_kib") != nullptr);
  CHECK(about(examine(s, facts), "storage.embedded_shared_buffers_mb") != nullptr);
}

TEST_CASE("settings that contradict each other are refused") {
  const auto refused = [](auto change, std::string_view subject) {
    settings s;
    change(s);
    CAPTURE(subject);
    const auto findings = examine(s, {});
    CHECK(findings.size() == 1);
    const auto* f = about(findings, subject);
    REQUIRE(f != nullptr);
    CHECK(f->severity == nova::log::level::error);
    CHECK_FALSE(f->remedy.empty());
  };
  refused([](settings& s) { s.storage.lane_statement_timeout_ms = s.storage.lease_ms; },
          "storage.lane_statement_timeout_ms");
  refused([](settings& s) { s.storage.lane_idle_timeout_ms = s.storage.lease_ms; },
          "storage.lane_idle_timeout_ms");
  refused([](settings& s) { s.storage.lane_lock_timeout_ms = s.storage.lease_ms; },
          "storage.lane_lock_timeout_ms");
  refused([](settings& s) { s.storage.lease_margin_ms = 1'500; }, "storage.lease_margin_ms");
  refused([](settings& s) { s.storage.reconnect_min_ms = 1'001; }, "storage.reconnect_min_ms");
  refused([](settings& s) { s.auth.session_idle_d = 91; }, "auth.session_idle_d");
  refused([](settings& s) { s.auth.lockout_base_s = 3'600, s.auth.lockout_cap_s = 60; },
          "auth.lockout_base_s");
  refused([](settings& s) { s.gateway.drain_ms = 4'000, s.general.stop_budget_ms = 3'000; },
          "gateway.drain_ms");
  refused([](settings& s) { s.runtime.courier_slots = 48; }, "runtime.courier_slots");
  refused([](settings& s) { s.gateway.resume_key = "short"; }, "gateway.resume_key");
}

TEST_CASE("only refusals stop a start, and each line says what to change") {
  std::ostringstream out;
  const std::vector<finding> warning{{nova::log::level::warn, "a", "b", "c"}};
  const std::vector<finding> refusal{{nova::log::level::error, "a", "b", ""}};
  print_findings(warning, out);
  print_findings(refusal, out);
  CHECK(may_serve(warning));
  CHECK_FALSE(may_serve(refusal));
  CHECK(out.str() == "warning a: b. Change: c.\nrefused a: b\n");
}
