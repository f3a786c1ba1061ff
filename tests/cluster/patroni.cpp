#include "tests/cluster/patroni.hpp"

#include "storage/postgres/conninfo.hpp"
#include "tests/support/client/http.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/slowdown.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

namespace nova::cluster {

using crash::replacement;
using storage::blocking_connection;
namespace fs = std::filesystem;

namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::seconds whole_within{120 * test::slowdown},
    replaced_within{60 * test::slowdown};
constexpr int connect_s = 2;
constexpr int ports[] = {2379, 2380, 5432, 8008};
constexpr const char* cluster_files = NOVA_SOURCE_DIR "/config/cluster/";
constexpr const char* server_programs = "/usr/lib/postgresql/15/bin";
constexpr const char* server_user = "postgres";
constexpr const char* administrator_password = "change-me-superuser";  // as in the files

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

bool on_path(const std::string& program) {
  std::istringstream folders(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

bool is_free(const std::string& address, int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return free;
}

// PostgreSQL does not run as root.
void become_server_user() {
  if (::geteuid() != 0) return;
  const auto* user = ::getpwnam(server_user);
  if (user == nullptr || ::setgroups(1, &user->pw_gid) != 0 ||
      ::setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
      ::setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
    _exit(127);
}

void kill_and_wait(pid_t& pid) {
  if (pid == 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  pid = 0;
}

}  // namespace

std::string patroni::missing() {
  std::string out;
  for (const char* name : {"patroni", "patronictl", "etcd", "psql"})
    if (!on_path(name)) out += (out.empty() ? "" : ", ") + std::string(name);
  if (::access((std::string(server_programs) + "/postgres").c_str(), X_OK) != 0)
    out += (out.empty() ? "" : ", ") + std::string("PostgreSQL 15");
  return out;
}

patroni::patroni(patroni_options options) : options_(options) {
  auto pattern = (fs::temp_directory_path() / "nova-patroni-XXXXXX").string();
  if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  ::chmod(folder_.c_str(), 0755);  // the server's user goes through it
  const char* names[] = {"alpha", "beta", "gamma"};
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    machines_[i].name = names[i];
    machines_[i].folder = folder_ + "/" + names[i];
  }
}

patroni::~patroni() {
  kill_and_wait(control_);
  for (auto& m : machines_) {
    if (m.agent != 0) ::kill(m.agent, SIGKILL);
    client::signal_family(postmaster(m), SIGKILL);
    kill_and_wait(m.agent);
    kill_and_wait(m.etcd);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

bool patroni::take_network() {
  std::random_device random;
  for (int tries = 0; tries < 50; ++tries) {
    network_ =
        "127." + std::to_string(1 + random() % 254) + "." + std::to_string(random() % 255) + ".";
    bool free = true;
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      machines_[i].address = network_ + std::to_string(i + 1);
      for (const int port : ports) free = free && is_free(machines_[i].address, port);
    }
    if (free) return true;
  }
  return false;
}

/// The file of config/cluster with this test's network, folders and times.
std::string patroni::translated(const machine& m, const std::string& file) const {
  auto text = read(cluster_files + file);
  const std::pair<std::string, std::string> changes[] = {
      {"10.0.0.0/24", "127.0.0.0/8"},  // a connection on loopback comes from 127.0.0.1
      {"10.0.0.", network_},
      {"/var/lib/postgresql/15/nova", m.folder + "/data"},
      {"/var/run/postgresql", m.folder},
      {"/var/lib/etcd/nova", m.folder + "/etcd"},
      {"ttl: 10 ", "ttl: " + std::to_string(options_.ttl_s) + " "},
      {"retry_timeout: 4", "retry_timeout: " + std::to_string(options_.retry_s)}};
  for (const auto& [from, to] : changes) text = replaced(std::move(text), from, to);
  return text;
}

bool patroni::write_files(machine& m, std::string& why) const {
  fs::create_directory(m.folder);
  for (const char* kind : {"patroni", "etcd"}) {
    const auto text = translated(m, std::string(kind) + "." + m.name + ".yml");
    if (text.empty()) return why = std::string("no settings of ") + kind, false;
    std::ofstream(m.folder + "/" + kind + ".yml") << text;
  }
  if (const auto* user = ::getpwnam(server_user); ::geteuid() == 0 && user != nullptr)
    if (::chown(m.folder.c_str(), user->pw_uid, user->pw_gid) != 0)
      return why = "chown " + m.folder, false;
  return true;
}

pid_t patroni::spawn(const machine& m, const std::vector<std::string>& words,
                     const std::string& log) const {
  const auto path = folder_ + "/" + m.name + "." + log;
  const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const auto pid = ::fork();
  if (pid == 0) {
    become_server_user();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir("/") != 0 || ::setenv("HOME", m.folder.c_str(), 1) != 0) _exit(127);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    _exit(127);
  }
  ::close(out);
  return pid;
}

void patroni::start_agent(machine& m) {
  m.agent = spawn(m, {"patroni", m.folder + "/patroni.yml"}, "patroni.log");
}

pid_t patroni::postmaster(const machine& m) {
  std::ifstream file(m.folder + "/data/postmaster.pid");
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1) return 0;
  return read("/proc/" + std::to_string(pid) + "/comm").starts_with("postgres") ? pid : 0;
}

bool patroni::start(std::string& why) {
  if (folder_.empty() || !take_network()) return why = "no folder or no free addresses", false;
  for (auto& m : machines_)
    if (!write_files(m, why)) return false;
  for (auto& m : machines_)
    m.etcd = spawn(m, {"etcd", "--config-file", m.folder + "/etcd.yml"}, "etcd.log");
  const auto until = clock::now() + whole_within;
  for (const auto& m : machines_)
    while (read(folder_ + "/" + m.name + ".etcd.log").find("enabled capabilities") ==
           std::string::npos) {
      if (clock::now() > until) return why = "etcd is not ready\n" + logs(), false;
      ::poll(nullptr, 0, 20);
    }
  for (auto& m : machines_) start_agent(m);
  if (!await_whole(why) || !make_databases(why)) return why += "\n" + logs(), false;
  return true;
}

std::string patroni::conninfo(const machine& m, const std::string& database) const {
  return "host=" + m.address + " port=5432 user=" + server_user +
         " password=" + administrator_password + " dbname=" + database;
}

std::string patroni::conninfo(const std::string& database) const {
  const auto primary = find_primary();
  return conninfo(machines_[primary % machines_.size()], database);
}

std::size_t patroni::find_primary() const {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    if (i == struck_) continue;
    auto db = blocking_connection::open(conninfo(machines_[i], "postgres"), connect_s);
    if (!db) continue;
    if (auto stands_by = db->text("SELECT pg_is_in_recovery()"); stands_by && *stands_by == "f")
      return i;
  }
  return machines_.size();
}

/// A standby is in step for PostgreSQL some seconds before Patroni may promote it; and one that is about to be rewound follows
/// for a moment.
bool patroni::agree() const {
  const auto members = client::http_client({8008, machines_[0].address}).get("/cluster").json();
  const auto* list = members.is_object() ? members.as_object().if_contains("members") : nullptr;
  if (list == nullptr || list->as_array().size() != machines_.size()) return false;
  std::set<std::string> timelines;
  bool in_step = false;
  for (const auto& m : list->as_array()) {
    const auto* timeline = m.as_object().if_contains("timeline");
    timelines.insert(timeline != nullptr ? boost::json::serialize(*timeline) : "none");
    in_step |= m.at("role") == "sync_standby";
  }
  return in_step && timelines.size() == 1;
}

bool patroni::await_whole(std::string& why) {
  const auto until = clock::now() + whole_within;
  do {
    for (auto& m : machines_)
      if (m.agent != 0 && ::waitpid(m.agent, nullptr, WNOHANG) == m.agent)
        return m.agent = 0, why = "Patroni ended: " + m.name + "\n" + logs(), false;
    const auto primary = find_primary();
    if (primary == machines_.size()) {
      why = "no server is the primary";
    } else if (auto db = blocking_connection::open(conninfo(machines_[primary], "postgres"))) {
      const auto standbys = db->text(
          "SELECT count(*) || ' follow, ' || count(*) FILTER (WHERE sync_state = 'sync') || "
          "' in step' FROM pg_stat_replication WHERE state = 'streaming'");
      why = standbys ? *standbys : standbys.error().detail;
      if (why == "2 follow, 1 in step" && agree()) return true;
    }
    ::poll(nullptr, 0, 100);
  } while (clock::now() < until);
  return why += "\n" + logs(), false;
}

bool patroni::make_databases(std::string& why) const {
  std::string hosts;
  for (const auto& m : machines_) hosts += (hosts.empty() ? "" : ",") + m.address;
  const auto sql = folder_ + "/databases.sql";
  const auto made = client::default_binary() + " databases --host " + hosts +
                    " --port 5432 --settings " + settings_file() + " > " + sql;
  const auto carried_out =
      "psql -q -v ON_ERROR_STOP=1 -d '" + conninfo("postgres") + "' -f " + sql + " > /dev/null";
  why = "making the databases";
  if (std::system(made.c_str()) != 0 || std::system(carried_out.c_str()) != 0) return false;
  auto db = blocking_connection::open(conninfo("postgres"));
  if (!db || !db->script("CREATE TABLE probe (at timestamptz)")) return false;
  // libpq takes "no such database" of a standby for the answer of all servers.
  const auto made_at = db->text("SELECT pg_current_wal_lsn()");
  const auto until = clock::now() + whole_within;
  while (made_at && clock::now() < until) {
    const auto all =
        db->text("SELECT bool_and(replay_lsn >= $1::pg_lsn) FROM pg_stat_replication", {*made_at});
    if (all && *all == "t") return true;
    ::poll(nullptr, 0, 50);
  }
  return false;
}

void patroni::switch_over(const machine& m) {
  control_ = spawn(m,
                   {"patronictl", "-c", m.folder + "/patroni.yml", "switchover", "--force",
                    "--leader", m.name, "nova"},
                   "patronictl.log");
}

bool patroni::replace_primary(replacement how, std::string& why) {
  struck_ = machines_.size();
  const auto before = find_primary();
  if (before == machines_.size()) return why = "no server is the primary", false;
  struck_ = before;
  how_ = how;
  auto& m = machines_[before];
  if (how == replacement::switched) {
    switch_over(m);
  } else {
    const int signal = how == replacement::killed ? SIGKILL : SIGSTOP;
    ::kill(m.agent, signal);
    if (!client::signal_family(postmaster(m), signal)) return why = "no server to strike", false;
    if (how == replacement::killed) kill_and_wait(m.agent);
  }
  const auto until = clock::now() + replaced_within;
  do {
    const auto now = find_primary();
    if (now != machines_.size()) {
      auto db = blocking_connection::open(conninfo(machines_[now], "postgres"), connect_s);
      if (db && db->script("INSERT INTO probe VALUES (now())")) return true;
    }
    ::poll(nullptr, 0, 50);
  } while (clock::now() < until);
  return why = "no other server commits\n" + logs(), false;
}

bool patroni::give_back(std::string&) {
  auto& m = machines_[struck_];
  if (how_ == replacement::killed) start_agent(m);
  if (how_ == replacement::frozen) {
    client::signal_family(postmaster(m), SIGCONT);
    ::kill(m.agent, SIGCONT);
  }
  kill_and_wait(control_);
  struck_ = machines_.size();
  return true;
}

std::string patroni::logs() const {
  std::string out;
  for (const auto& m : machines_)
    for (const char* log : {".patroni.log", ".patronictl.log", ".etcd.log"}) {
      const auto text = read(folder_ + "/" + m.name + log);
      if (!text.empty())
        out += "---- " + m.name + log + "\n" +
               text.substr(text.size() > 9000 ? text.size() - 9000 : 0);
    }
  return out;
}

}  // namespace nova::cluster
