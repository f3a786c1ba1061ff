// A paused owner writes nothing after the take-over: a second process is stopped (SIGSTOP) between the update of its lane's
// row and its commit, its lease runs out, this process takes the shards, and then it goes on.
#include "storage/postgres/conninfo.hpp"
#include "tests/storage/sample_schema.hpp"
#include "tests/support/postgres_fixture.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>

using namespace nova;
using namespace nova::storage;
using namespace nova::test;
using namespace std::chrono_literals;

namespace {

constexpr auto conninfo_variable = "NOVA_TEST_TAKEOVER_CONNINFO";
constexpr int fenced_exit = 42;

/// This binary starts itself once more, with the variable set, as the owner that is stopped: that process runs the first case only,
/// its parent the other. Both run, each in one of the two, and nothing is left out.
const bool is_the_owner = std::getenv(conninfo_variable) != nullptr;
const doctest::skip in_the_owner(
    !is_the_owner);  // the parent's turn is not this case: the process it starts runs it
const doctest::skip in_the_parent(
    is_the_owner);  // the owner's turn is not this case: its parent runs it

postgres_options child_options(const std::string& conninfo) {
  postgres_options o{.domain = "child",
                     .conninfo = conninfo,
                     .node = "child",
                     .settings = {},
                     .before_commit = {}};
  o.settings.lanes = 1;
  o.settings.lease_ms = 1000;
  o.settings.lane_idle_timeout_ms = 30'000;  // the take-over itself must end the session
  return o;
}

}  // namespace

TEST_CASE("the owner, run as a process of its own" * in_the_owner) {
  storage_io io;
  auto options = child_options(std::getenv(conninfo_variable));
  bool armed = false;
  options.before_commit = [&](std::uint64_t) {
    if (std::exchange(armed, false)) ::raise(SIGSTOP);
  };
  auto db = open_database(io, options);
  REQUIRE(claim(*db, 2)->size() == 2);
  REQUIRE(commit(*db, {1, 1, {note(1, 1)}, {{1, "k", "first"}}, {}}).status ==
          commit_status::committed);
  armed = true;
  auto out = commit(*db, {1, 1, {note(1, 2)}, {{1, "k", "second"}}, {}});
  ::_exit(out.status == commit_status::fenced && db->lane().fenced() ? fenced_exit : 1);
}

TEST_CASE("a stopped owner is fenced by the take-over and writes nothing afterwards" *
          in_the_parent) {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  pid_t child = ::fork();
  if (child == 0) {
    ::setenv(conninfo_variable, made.conninfo.c_str(), 1);
    ::execl("/proc/self/exe", "takeover", "--test-case=the owner*", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, WUNTRACED) == child);
  REQUIRE(WIFSTOPPED(status));

  open_handle db(fixture.io(), made.options("second"));
  auto began = std::chrono::steady_clock::now();
  std::vector<shard_claim> taken;
  while (taken.empty() && std::chrono::steady_clock::now() - began < 10s * slowdown) {
    auto answer = claim(*db, 2);
    if (answer) taken = *answer;
  }
  REQUIRE(taken.size() == 2);
  CHECK(taken[1].epoch == 2);
  CHECK(taken[1].last_event_seq == 1);
  CHECK(std::chrono::steady_clock::now() - began < 3500ms * slowdown);
  auto out = commit(*db, {1, 1, {note(1, 2, "the new owner's")}, {{1, "k", "third"}}, {}});
  CHECK(out.status == commit_status::committed);
  CHECK(out.first_event == 2);

  ::kill(child, SIGCONT);
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == fenced_exit);
  auto look = blocking_connection::open(made.admin_conninfo);
  REQUIRE(look.has_value());
  CHECK(*look->text("SELECT string_agg(body, ',' ORDER BY seq) FROM note") ==
        "hello,the new owner's");
  CHECK(*look->text(
            "SELECT string_agg(convert_from(payload, 'UTF8'), ',' ORDER BY seq) FROM outbox") ==
        "first,third");
}

TEST_CASE(
    "a process that comes back on its own data folder does not wait for its predecessor's lease") {
  auto& fixture = postgres_fixture::instance();
  auto made = fixture.fresh({{"sample", sample_migrations()}});
  open_handle old(fixture.io(), made.options("folder"));
  REQUIRE(claim(*old, 2)->size() == 2);
  open_handle next(fixture.io(), made.options("folder"));
  auto taken = claim(*next, 2);
  REQUIRE(taken.has_value());
  REQUIRE(taken->size() == 2);
  CHECK(taken->front().epoch == 2);
  CHECK(commit(*old, {1, 0, {note(1, 1)}, {}, {}}).status != commit_status::committed);
  CHECK(commit(*next, {1, 0, {note(1, 1)}, {}, {}}).status == commit_status::committed);
}
