// The embedded server: start, adoption after a crash of Nova, restart after a crash of its own, the lock, and folders that its
// OS user cannot reach by path.
#include "storage/embedded/embedded_postgres.hpp"
#include "storage/embedded/folder_look.hpp"
#include "storage/embedded/server_process.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/crash/private_disk.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace nova;
using namespace nova::storage;
using namespace std::chrono_literals;
using nova::test::slowdown;
namespace fs = std::filesystem;

namespace {

constexpr auto folder_variable = "NOVA_TEST_EMBEDDED_FOLDER",
               disk_variable = "NOVA_TEST_EMBEDDED_DISK";

/// This binary starts itself once more, with the variable set, as the nova that is killed: that process runs the first case only,
/// and the parent all the others. So every case runs, each in one of them, and nothing is left out.
const bool is_the_killed_one = std::getenv(folder_variable) != nullptr;
/// The same with a disk of its own, for which a process must have one thread and may see other mounts than its parent.
const bool has_a_disk = std::getenv(disk_variable) != nullptr;
const doctest::skip in_the_killed_one(
    !is_the_killed_one);  // the parent's turn is not this case: the process it starts runs it
const doctest::skip on_a_small_disk(!has_a_disk);  // its parent starts a process that runs it
const doctest::skip in_the_parent(
    is_the_killed_one || has_a_disk);  // the killed one's turn is not this case: its parent runs it

/// A folder below one that only its owner may enter, as `mktemp -d` of root makes it.
struct scratch {
  scratch() {
    std::string pattern = "/tmp/nova-embedded-XXXXXX";
    top = ::mkdtemp(pattern.data());
    ::chmod(top.c_str(), 0700);
    data = top /
           "a rather long name of a folder so that a socket in it would not fit into sun_path at "
           "all, by far" /
           "data";
  }
  ~scratch() {
    for (auto pid : processes_in(data / "postgres")) ::kill(pid, SIGKILL);
    std::error_code ignored;
    fs::remove_all(top, ignored);
  }
  fs::path top, data;
};

constexpr int no_disk = 77;  ///< status of the process on a small disk: none can be had

embedded_options options(const fs::path& data) {
  return {.data = data, .domains = {"auth", "user"}, .settings = {}, .end_with_process = false};
}

/// Looks every few milliseconds at a fact outside this process.
bool eventually(const std::function<bool()>& holds) {
  boost::asio::io_context io;
  boost::asio::steady_timer timer(io);
  auto end = std::chrono::steady_clock::now() + 15s * slowdown;
  bool held = false;
  std::function<void(boost::system::error_code)> look = [&](auto) {
    held = holds();
    if (held || std::chrono::steady_clock::now() > end) return;
    timer.expires_after(5ms);
    timer.async_wait(look);
  };
  look({});
  io.run();
  return held;
}

std::string ask(const std::string& conninfo, const std::string& sql) {
  auto db = blocking_connection::open(conninfo);
  if (!db) return "no connection: " + db.error().detail;
  auto text = db->text(sql);
  return text ? *text : text.error().detail;
}

void bind_and_leave(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("a nova of its own, killed while its server runs" * in_the_killed_one) {
  embedded_postgres server(options(std::getenv(folder_variable)));
  REQUIRE(server.start().has_value());
  REQUIRE(ask(server.owner_conninfo("auth"), "CREATE TABLE t (x int)").empty());
  ::raise(SIGKILL);
}

// Each refusal names the full disk, and with room Nova starts.
TEST_CASE("a nova on a small disk of its own" * on_a_small_disk) {
  std::string why;
  if (!crash::private_disk::enter_namespace(why)) ::_exit(no_disk);
  crash::private_disk disk;
  REQUIRE_MESSAGE(disk.mount(96, why), why);
  const auto data = fs::path(disk.path()) / "data";
  const auto refusal = [&] {
    embedded_postgres server(options(data));
    const auto started = server.start();
    return started ? std::string("it started") : started.error().detail;
  };
  const auto names_the_disk = [](const std::string& told) {
    CHECK_MESSAGE(told.find("No space left on device") != told.npos, told);
    CHECK_MESSAGE(told.find("the disk is full, free some space") != told.npos, told);
  };
  const auto fill_but = [&](std::uintmax_t bytes) {
    REQUIRE_MESSAGE(disk.fill(why), why);
    const auto ballast = fs::path(disk.path()) / "ballast";
    fs::resize_file(ballast, fs::file_size(ballast) - bytes);
  };
  REQUIRE_MESSAGE(disk.fill(why), why);
  names_the_disk(refusal());  // not even its own first file
  disk.relieve();
  fill_but(8u << 20);
  names_the_disk(refusal());  // in the middle of initdb, which then clears away
  disk.relieve();
  CHECK(refusal() == "it started");
  REQUIRE_MESSAGE(disk.fill(why), why);
  names_the_disk(refusal());
  disk.relieve();
  CHECK(refusal() == "it started");
}

TEST_CASE("O: a start on a full disk names the disk, at each of its steps" * in_the_parent) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(disk_variable, "1", 1);
    ::execl("/proc/self/exe", "embedded", "--test-case=a nova on a small disk*",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == no_disk) MESSAGE("left out: no disk can be had here");
  else CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("the server of a killed nova is adopted, with what was written" * in_the_parent) {
  scratch s;
  pid_t child = ::fork();
  if (child == 0) {
    ::setenv(folder_variable, s.data.c_str(), 1);
    ::execl("/proc/self/exe", "embedded", "--test-case=a nova of its own*",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  auto left = read_postmaster_file(s.data / "postgres");
  REQUIRE(left.has_value());
  REQUIRE(::kill(left->pid, 0) == 0);

  embedded_postgres server(options(s.data));
  auto started = server.start();
  REQUIRE_MESSAGE(started.has_value(), started.error().detail);
  CHECK(server.postmaster() == left->pid);
  CHECK(ask(server.owner_conninfo("auth"), "SELECT count(*) FROM t") == "0");
  server.stop();
  CHECK(eventually([&] { return processes_in(s.data / "postgres").empty(); }));
  CHECK(!fs::exists(left->socket_folder));
}

TEST_CASE("start, stop and start again; the second start is quick" * in_the_parent) {
  scratch s;
  {
    embedded_postgres server(options(s.data));
    auto started = server.start();
    REQUIRE_MESSAGE(started.has_value(), started.error().detail);
    CHECK(ask(server.conninfo("auth"), "SELECT current_user || ' ' || current_database()") ==
          "nova_auth nova_auth");
    CHECK(ask(server.admin_conninfo(), "SHOW listen_addresses").empty());
    CHECK(ask(server.admin_conninfo(), "SHOW data_checksums") == "on");
    CHECK(ask(server.admin_conninfo(), "SHOW fsync") == "on");
    CHECK(ask(server.admin_conninfo(),
              "SELECT datcollate FROM pg_database WHERE datname = 'nova_user'") == "C.UTF-8");
    CHECK(server.conninfo("auth").size() < 300);

    embedded_postgres second(options(s.data));
    auto refused = second.start();
    REQUIRE(!refused.has_value());
    CHECK(refused.error().detail.find("in use by another nova (process " +
                                      std::to_string(::getpid())) != std::string::npos);
    CHECK(ask(server.conninfo("user"), "SELECT 1") == "1");
  }
  struct stat info {};
  REQUIRE(::stat((s.data / "postgres.secrets").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  auto began = std::chrono::steady_clock::now();
  embedded_postgres server(options(s.data));
  REQUIRE(server.start().has_value());
  CHECK(std::chrono::steady_clock::now() - began < 10s * slowdown);  // 0.3 s on an idle machine
  CHECK(ask(server.conninfo("user"), "SELECT 1") == "1");
}

TEST_CASE("a postmaster that is killed is started again and its orphans are gone" * in_the_parent) {
  scratch s;
  embedded_postgres server(options(s.data));
  REQUIRE(server.start().has_value());
  for (unsigned round = 1; round <= 3; ++round) {
    auto open = blocking_connection::open(
        server.conninfo("auth"));  // a backend that would hold the shared memory
    int before = server.postmaster();
    ::kill(before, round == 2 ? SIGQUIT : SIGKILL);
    REQUIRE(eventually([&] { return server.restarts() == round; }));
    CHECK(server.postmaster() != before);
    CHECK(ask(server.conninfo("auth"), "SELECT 1") == "1");
  }
}

TEST_CASE("A15.9: a server that hangs is noticed, ended and started again" * in_the_parent) {
  scratch s;
  auto impatient = options(s.data);
  impatient.settings.embedded_hang_ms = 1'000;
  embedded_postgres server(impatient);
  REQUIRE(server.start().has_value());
  const int before = server.postmaster();
  ::kill(before, SIGSTOP);
  REQUIRE(eventually([&] { return server.restarts() == 1; }));
  CHECK(server.postmaster() != before);
  CHECK(ask(server.conninfo("auth"), "SELECT 1") == "1");
}

TEST_CASE("O: a damaged pg_control and a folder of another user are named as such" *
          in_the_parent) {
  scratch s;
  {
    embedded_postgres server(options(s.data));
    REQUIRE(server.start().has_value());
  }
  const auto control = s.data / "postgres" / "global" / "pg_control";
  const auto refusal = [&] {
    embedded_postgres server(options(s.data));
    auto started = server.start();
    REQUIRE(!started.has_value());
    return started.error().detail;
  };
  {
    std::fstream file(control, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.write("\x5a\x5a\x5a\x5a", 4);
  }
  CHECK(refusal().find("the folder is damaged, restore it from a backup") != std::string::npos);
  fs::resize_file(control, 100);
  CHECK(refusal().find("global/pg_control is 100 bytes long instead of 8192") != std::string::npos);
  if (::geteuid() == 0) {
    REQUIRE(::chown((s.data / "postgres").c_str(), 65'534, 65'534) == 0);
    CHECK(refusal().find("belongs to the OS user nobody") != std::string::npos);
  }
}

TEST_CASE("O: nova doctor sees a folder without touching it" * in_the_parent) {
  scratch s;
  CHECK(look_at_folder(s.data, "").version == 0);
  CHECK(!fs::exists(s.data));
  embedded_postgres server(options(s.data));
  REQUIRE(server.start().has_value());
  const auto seen = look_at_folder(s.data, "");
  CHECK(seen.nova == ::getpid());
  CHECK(seen.server == server.postmaster());
  CHECK(seen.version >= 15);
  CHECK(seen.problem.empty());
  server.stop();
  CHECK(look_at_folder(s.data, "").nova == 0);
  CHECK(look_at_folder(s.data, "").server == 0);
}

TEST_CASE("what a crash left lying is removed" * in_the_parent) {
  scratch s;
  {
    embedded_postgres server(options(s.data));
    REQUIRE(server.start().has_value());
    server.stop();
  }
  // The socket's folder of a server that ended without its nova.
  std::string socket = "/tmp/nova-pg-XXXXXX";
  REQUIRE(::mkdtemp(socket.data()) != nullptr);
  std::ofstream(s.data / "postgres.socket") << socket;
  // Such a folder of a data folder that is gone: its socket is there and nobody listens.
  std::string orphan = "/tmp/nova-pg-XXXXXX";
  REQUIRE(::mkdtemp(orphan.data()) != nullptr);
  bind_and_leave(orphan + "/.s.PGSQL.5432");
  // Two without a socket: of a nova that was killed after its server had ended, and of a server that just starts.
  std::string empty = "/tmp/nova-pg-XXXXXX", young = "/tmp/nova-pg-XXXXXX";
  REQUIRE(::mkdtemp(empty.data()) != nullptr);
  REQUIRE(::mkdtemp(young.data()) != nullptr);
  fs::last_write_time(empty, fs::file_time_type::clock::now() - 2h);
  // An initdb that was cut off, and a postmaster.pid whose number now belongs to somebody else (to this test).
  fs::create_directory(s.data / "postgres.new");
  std::ofstream(s.data / "postgres" / "postmaster.pid")
      << ::getpid() << "\n"
      << (s.data / "postgres").string() << "\n1\n5432\n/run/absent\n";
  embedded_postgres server(options(s.data));
  auto started = server.start();
  REQUIRE_MESSAGE(started.has_value(), started.error().detail);
  CHECK(ask(server.conninfo("auth"), "SELECT 1") == "1");
  CHECK(!fs::exists(socket));
  CHECK(!fs::exists(orphan));
  CHECK(!fs::exists(empty));
  CHECK(fs::remove(young));
  // The folder of a server that has bound its socket and does not listen yet.
  std::string starting = "/tmp/nova-pg-XXXXXX";
  REQUIRE(::mkdtemp(starting.data()) != nullptr);
  bind_and_leave(starting + "/.s.PGSQL.5432");
  std::ofstream(starting + "/.s.PGSQL.5432.lock")
      << server.postmaster() << "\n"
      << (s.data / "postgres").string() << "\n1\n5432\n";
  remove_dead_socket_folders();
  CHECK(fs::exists(starting + "/.s.PGSQL.5432"));
  server.stop();
  remove_dead_socket_folders();
  CHECK(!fs::exists(starting));
}

TEST_CASE("a server that is missing or foreign is an error with what to install" * in_the_parent) {
  auto none = find_server("/absent");
  REQUIRE(!none.has_value());
  CHECK(none.error().detail.find("/absent") != std::string::npos);
  REQUIRE(find_server("").has_value());
  scratch s;
  fs::create_directories(s.data / "postgres");
  std::ofstream(s.data / "postgres" / "PG_VERSION") << "9\n";
  embedded_postgres server(options(s.data));
  auto refused = server.start();
  REQUIRE(!refused.has_value());
  CHECK(refused.error().detail.find("apt-get install postgresql-9") != std::string::npos);
}

TEST_CASE("a folder's node name stays" * in_the_parent) {
  scratch s;
  auto first = node_name(s.data);
  REQUIRE(first.has_value());
  CHECK(*node_name(s.data) == *first);
  scratch other;
  CHECK(*node_name(other.data) != *first);
}

TEST_CASE("A15.6: a copied folder gets a node name of its own, and keeps that" * in_the_parent) {
  scratch s, copy;
  const auto first = *node_name(s.data);
  fs::create_directories(copy.data);
  fs::copy_file(s.data / "node", copy.data / "node");
  const auto second = *node_name(copy.data);
  CHECK(second != first);
  CHECK(*node_name(copy.data) == second);
  CHECK(*node_name(s.data) == first);
  std::ofstream(s.data / "node") << "node-of-the-version-before\n";
  CHECK(*node_name(s.data) == "node-of-the-version-before");
  CHECK(*node_name(s.data) == "node-of-the-version-before");
}
