#include "storage/embedded/embedded_postgres.hpp"

#include "protocols/core/log.hpp"
#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/folder_look.hpp"
#include "storage/embedded/provision.hpp"
#include "storage/embedded/server_process.hpp"
#include "storage/embedded/write_back.hpp"
#include "storage/postgres/conninfo.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace nova::storage {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr int least_version = 15;
constexpr std::uintmax_t log_limit_bytes = 16u << 20;
constexpr off_t log_room_bytes = 64 * 1024;
/// A server found running may be in recovery or shutting down; after this it is ended.
constexpr auto adoption_patience = 10s;
/// Pauses between looks for dirty files; they become longer while hardly anything is dirty.
constexpr std::chrono::milliseconds write_back_least = 500ms, write_back_most = 8s;
constexpr std::uint64_t write_back_from = 16u << 20;
/// The server is asked at least this often whether it answers, and waited for so long.
constexpr std::chrono::milliseconds probe_most = 10s;
constexpr int probe_timeout_s = 2;
constexpr auto packaged = "/usr/lib/postgresql";

error unavailable(std::string text) { return {errc::unavailable, std::move(text)}; }

}  // namespace

result<fs::path> find_server(const std::string& configured_bin_dir) {
  auto complete = [](const fs::path& bin) {
    return fs::exists(bin / "postgres") && fs::exists(bin / "initdb");
  };
  if (!configured_bin_dir.empty()) {
    if (complete(configured_bin_dir)) return fs::path(configured_bin_dir);
    return unavailable("storage.embedded_bin_dir " + configured_bin_dir +
                       " has no postgres and initdb");
  }
  int best = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(packaged, ignored)) {
    int version = std::atoi(entry.path().filename().c_str());
    if (version >= least_version && version > best && complete(entry.path() / "bin"))
      best = version;
  }
  if (best == 0)
    return unavailable(
        "no PostgreSQL server from version 15 on is installed: apt-get install postgresql");
  return fs::path(packaged) / std::to_string(best) / "bin";
}

result<fs::path> server_for(const std::string& configured_bin_dir, int version) {
  if (!configured_bin_dir.empty() || version == 0) return find_server(configured_bin_dir);
  auto same = fs::path(packaged) / std::to_string(version) / "bin";
  if (fs::exists(same / "postgres")) return find_server(same.string());
  return unavailable("the data folder was made by PostgreSQL " + std::to_string(version) +
                     ", which is not installed: apt-get install postgresql-" +
                     std::to_string(version));
}

struct embedded_postgres::impl {
  embedded_options options;
  fs::path folder, log_file;  ///< the server's data and its log
  fs::path bin, socket_folder;
  folder_lock lock;
  secrets_file secrets;
  server_user user;
  mutable std::mutex mutex;      ///< of secrets
  std::uintmax_t log_start = 0;  ///< bytes of the log before the last launch
  std::atomic<pid_t> pid{0};
  std::atomic<unsigned> restarts{0};
  std::atomic<bool> stopping{false};
  int wake = -1;
  std::thread supervisor;
  bool started = false;

  result<void> prepare_log();
  result<void> prepare();
  result<void> initialise();
  result<void> ensure_running();
  result<bool> adopt();
  result<void> make_sure_of_socket_folder();
  keywords server_settings() const;
  result<void> launch_server();
  result<void> wait_until_ready(pid_t child);
  void end_leftovers();
  bool answers();
  void watch(int server);
  void supervise();
  bool pause_for(std::chrono::milliseconds wait) const;
  void end_server();
  result<void> add(const std::string& domain);
  std::string conninfo_of(const std::string& role, const std::string& database);
};

// The log and the data are on the same disk, which may be full. Space for the log is taken first, so that the reason of a failed start can be written.
result<void> embedded_postgres::impl::prepare_log() {
  std::error_code absent;
  log_start = fs::file_size(log_file, absent);
  if (absent) log_start = 0;
  const int fd = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int taken =
      fd < 0 ? -1
             : ::fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(log_start), log_room_bytes);
  const int fault = errno;
  if (fd >= 0) ::close(fd);
  // Not every file system can take room; launch() tells other faults of the file.
  if (taken == 0 || (fault != ENOSPC && fault != EDQUOT)) return {};
  return unavailable("cannot write " + log_file.string() + ": " +
                     std::generic_category().message(fault) + disk_full_remedy);
}

result<void> embedded_postgres::impl::prepare() {
  const int version = std::atoi(read_small_file(folder / "PG_VERSION").c_str());
  auto found = server_for(options.settings.embedded_bin_dir, version);
  if (!found) return found.error();
  bin = *found;
  auto who = choose_server_user();
  if (!who) return who.error();
  user = *who;
  if (auto r = secrets.load(options.data); !r) return r;
  if (auto r = secrets.of("postgres"); !r) return r.error();
  if (auto r = version == 0 ? initialise() : check_cluster(folder, user); !r) return r;
  std::error_code ignored;
  if (fs::file_size(log_file, ignored) > log_limit_bytes && !ignored)
    fs::rename(log_file, log_file.string() + ".1", ignored);
  return {};
}

// Made beside its final place and renamed, so that a half-made one is never taken for a whole.
result<void> embedded_postgres::impl::initialise() {
  auto beside = options.data / "postgres.new";
  std::error_code failed;
  fs::remove_all(beside, failed);
  fs::remove(folder, failed);  // an empty one
  if (!fs::create_directory(beside, failed))
    return unavailable("cannot make " + beside.string() + ": " + failed.message());
  ::chmod(beside.c_str(), 0700);
  if (user.change && ::chown(beside.c_str(), user.uid, user.gid) != 0)
    return unavailable("cannot give " + beside.string() +
                       " to the OS user postgres: " + std::generic_category().message(errno));
  std::vector<std::string> arguments{
      "-D",
      "{data}",
      "-U",
      "postgres",
      "--pwfile={input}",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "--auth=scram-sha-256",
      "--data-checksums",
      "--no-instructions",
      "--wal-segsize=4"};  // a new one is written full of zeros within a commit: 16 MB took 50 ms
  if (options.end_with_process) arguments.push_back("--no-sync");
  if (auto written = prepare_log(); !written) return written;
  auto child = launch({.executable = bin / "initdb",
                       .arguments = arguments,
                       .data = beside,
                       .log = log_file,
                       .input = *secrets.of("postgres") + "\n",
                       .end_with_process = true},
                      user);
  if (!child) return child.error();
  if (int status = wait_for(*child, 60s); status != 0) {
    if (status < 0) ::kill(*child, SIGKILL);
    return unavailable("initdb failed (" + std::to_string(status) +
                       "): " + explain_log(log_file, log_start));
  }
  fs::rename(beside, folder, failed);
  if (failed) return unavailable("cannot rename " + beside.string() + ": " + failed.message());
  return {};
}

result<void> embedded_postgres::impl::ensure_running() {
  auto adopted = adopt();
  if (!adopted) return adopted.error();
  if (*adopted) return {};
  end_leftovers();
  return launch_server();
}

// The server of a Nova that was killed goes on running; it is ours when it works in our folder and answers.
result<bool> embedded_postgres::impl::adopt() {
  auto file = read_postmaster_file(folder);
  if (!file) return false;
  if (!serves_folder(file->pid, folder)) {
    if (file->socket_folder != socket_folder) remove_socket_folder(file->socket_folder);
    return false;
  }
  auto until = clock_type::now() + adoption_patience;
  while (serves_folder(file->pid, folder) && clock_type::now() < until) {
    auto now = read_postmaster_file(folder);
    if (now && now->ready && !now->socket_folder.empty()) {
      socket_folder = now->socket_folder;
      if (blocking_connection::open(conninfo_of("postgres", "postgres"), 2)) {
        pid = file->pid;
        log::info("embedded.adopted", {{"pid", file->pid}});
        return true;
      }
    }
    if (pause_for(20ms)) return unavailable("stopping");
  }
  log::warn("embedded.not_answering", {{"pid", file->pid}});
  return false;
}

// What is left of a server whose postmaster is gone (or does not answer) must end before a new one may start.
void embedded_postgres::impl::end_leftovers() {
  for (int round = 0; round < 400; ++round) {
    auto left = processes_in(folder);
    if (left.empty()) break;
    // Backends notice the end of their postmaster by themselves; they are given a second.
    if (round == 50)
      for (auto p : left) ::kill(p, SIGQUIT);
    if (round >= 150)
      for (auto p : left) ::kill(p, SIGKILL);
    if (pause_for(20ms)) return;
  }
  auto file = read_postmaster_file(folder);
  std::error_code ignored;
  // Its number now belongs to an unrelated process; PostgreSQL would wait for that one.
  if (file && ::kill(file->pid, 0) == 0) fs::remove(folder / "postmaster.pid", ignored);
}

result<void> embedded_postgres::impl::make_sure_of_socket_folder() {
  if (socket_folder.empty()) {
    // That of a server that ended without its Nova.
    remove_socket_folder(read_small_file(options.data / "postgres.socket"));
    remove_dead_socket_folders();  // those of data folders that are gone
    auto made = make_socket_folder(user);
    if (!made) return made.error();
    socket_folder = *made;
    if (auto kept = write_durably(options.data / "postgres.socket", socket_folder.string()); !kept)
      return kept;
  } else if (!fs::exists(socket_folder)) {
    if (::mkdir(socket_folder.c_str(), 0700) != 0 ||
        (user.change && ::chown(socket_folder.c_str(), user.uid, user.gid) != 0))
      return unavailable("cannot make " + socket_folder.string() + ": " +
                         std::generic_category().message(errno));
  }
  return {};
}

keywords embedded_postgres::impl::server_settings() const {
  const auto& s = options.settings;
  return {
      {"listen_addresses", ""},
      {"unix_socket_directories", socket_folder.string()},
      {"unix_socket_permissions", "0700"},
      {"port", "5432"},
      {"max_connections", std::to_string(s.embedded_max_connections)},
      {"shared_buffers", std::to_string(s.embedded_shared_buffers_mb) + "MB"},
      {"fsync", "on"},
      {"synchronous_commit", "on"},
      {"full_page_writes", "on"},
      {"max_wal_size", std::to_string(s.embedded_max_wal_mb) + "MB"},
      {"min_wal_size", "128MB"},
      {"recovery_init_sync_method",
       "syncfs"},  // one call instead of an fsync for each of 2,500 files
      {"wal_buffers", "16MB"},
      {"wal_level", "replica"},
      {"max_wal_senders", "2"},  // pg_basebackup
      // Write dirty pages continuously instead of in bursts; see also write_back.hpp.
      {"backend_flush_after", "512kB"},
      {"bgwriter_lru_maxpages", "1000"},
      {"checkpoint_timeout", "10min"},
      {"checkpoint_completion_target", "0.9"},
      {"effective_cache_size", "1GB"},
      {"random_page_cost", "1.1"},
      {"jit", "off"},
      {"max_parallel_workers_per_gather", "0"},
      {"autovacuum_naptime", "20s"},
      {"autovacuum_vacuum_cost_delay",
       "10ms"},  // often, and gently: at 2 ms a worker took a quarter of a core
      {"default_statistics_target",
       "10"},  // rows are found by key; at 100 ANALYZE takes half a second of a core
      {"password_encryption", "scram-sha-256"},
      {"tcp_keepalives_idle", "30"},
      {"log_error_verbosity", "terse"},
      {"log_min_error_statement", "panic"},
      {"log_timezone", "UTC"},
      {"timezone", "UTC"},
      {"logging_collector", "off"},
  };
}

result<void> embedded_postgres::impl::launch_server() {
  if (auto there = make_sure_of_socket_folder(); !there) return there;
  program p{.executable = bin / "postgres",
            .arguments = {"-D", "{data}"},
            .data = folder,
            .log = log_file,
            .input = {}};
  auto settings = server_settings();
  settings.insert(settings.end(), options.server_settings.begin(), options.server_settings.end());
  for (const auto& [name, value] : settings) {
    p.arguments.push_back("-c");
    p.arguments.push_back(name + "=" + value);
  }
  p.own_session = true;
  p.end_with_process = options.end_with_process;
  if (auto written = prepare_log(); !written) return written;
  auto child = launch(p, user);
  if (!child) return child.error();
  return wait_until_ready(*child);
}

result<void> embedded_postgres::impl::wait_until_ready(pid_t child) {
  auto until = clock_type::now() + std::chrono::milliseconds(options.settings.embedded_start_ms);
  while (clock_type::now() < until) {
    auto file = read_postmaster_file(folder);
    if (file && file->pid == child && file->ready) {
      pid = child;
      log::info("embedded.ready", {{"pid", child}});
      return {};
    }
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      return unavailable("the embedded PostgreSQL did not start: " +
                         explain_log(log_file, log_start));
    if (pause_for(10ms)) break;
  }
  ::kill(child, SIGINT);
  if (wait_for(child, 3s) < 0) {
    ::kill(child, SIGKILL);
    (void)wait_for(child, 1s);
  }
  return unavailable("the embedded PostgreSQL was not ready in time: " +
                     explain_log(log_file, log_start));
}

/// True when stop() has been called.
bool embedded_postgres::impl::pause_for(std::chrono::milliseconds wait) const {
  pollfd p{wake, POLLIN, 0};
  return ::poll(&p, 1, static_cast<int>(wait.count())) > 0;
}

// A refusal is an answer too.
bool embedded_postgres::impl::answers() {
  auto opened = blocking_connection::open(conninfo_of("postgres", "postgres"), probe_timeout_s);
  return opened || opened.error().detail.find("timeout expired") == std::string::npos;
}

// Until the server ends, hangs for too long or is to stop.
void embedded_postgres::impl::watch(int server) {
  write_back dirty(folder / "base");
  const std::chrono::milliseconds patience(options.settings.embedded_hang_ms);
  const auto probe_every = patience.count() == 0 ? probe_most
                                                 : std::clamp<std::chrono::milliseconds>(
                                                       patience / 6, 500ms, probe_most);
  auto pause = write_back_least;
  auto next_probe = clock_type::now() + probe_every;
  std::optional<clock_type::time_point> silent_since;
  pollfd fds[] = {{server, POLLIN, 0}, {wake, POLLIN, 0}};
  for (int ready = 0; ready == 0 || (ready < 0 && errno == EINTR);) {
    ready = ::poll(fds, 2, static_cast<int>(std::min(pause, probe_every).count()));
    if (ready != 0) continue;
    const bool writes = unwritten_bytes() >= write_back_from && dirty.look() > 0;
    pause = writes ? write_back_least : std::min(pause * 2, write_back_most);
    if (clock_type::now() < next_probe) continue;
    next_probe = clock_type::now() + probe_every;
    if (answers()) {
      if (std::exchange(silent_since, std::nullopt))
        log::info("embedded.answers", {{"pid", pid.load()}});
      continue;
    }
    if (!silent_since) {
      silent_since = clock_type::now();
      log::error("embedded.hangs", {{"pid", pid.load()}});
    }
    if (patience.count() == 0 || clock_type::now() - *silent_since < patience) continue;
    log::error("embedded.ended", {{"pid", pid.load()}});
    ::kill(pid, SIGKILL);
    pollfd gone{server, POLLIN, 0};
    (void)::poll(&gone, 1, 1000);
    return;
  }
}

void embedded_postgres::impl::supervise() {
  while (!stopping) {
    if (int server = static_cast<int>(::syscall(SYS_pidfd_open, pid.load(), 0)); server >= 0) {
      watch(server);
      ::close(server);
      if (stopping) return;
    }
    log::error("embedded.died", {{"pid", pid.load()}, {"log", explain_log(log_file, log_start)}});
    ::waitpid(pid.exchange(0), nullptr, WNOHANG);
    auto wait = std::chrono::milliseconds(options.settings.embedded_restart_ms);
    while (!pause_for(wait)) {
      auto running = ensure_running();
      if (running) break;
      log::error("embedded.restart_failed", {{"reason", running.error().detail}});
      wait = std::min<std::chrono::milliseconds>(wait * 2, 2s);
    }
    if (pid != 0) ++restarts;
  }
}

void embedded_postgres::impl::end_server() {
  pid_t server = pid.exchange(0);
  if (server <= 0) return;
  int watch = static_cast<int>(::syscall(SYS_pidfd_open, server, 0));
  const std::pair<int, int> steps[] = {
      {SIGINT, static_cast<int>(options.settings.embedded_stop_ms)},
      {SIGQUIT, 3000},
      {SIGKILL, 1000}};
  for (auto [signal, limit] : steps) {
    ::kill(server, signal);
    pollfd p{watch, POLLIN, 0};
    if (watch < 0 || ::poll(&p, 1, limit) > 0) break;
  }
  if (watch >= 0) ::close(watch);
  ::waitpid(server, nullptr, WNOHANG);
}

std::string embedded_postgres::impl::conninfo_of(const std::string& role,
                                                 const std::string& database) {
  std::lock_guard guard(mutex);
  auto password = secrets.of(role);
  keywords words{{"host", socket_folder.string()},
                 {"port", "5432"},
                 {"user", role},
                 {"password", password ? *password : std::string()}};
  if (!database.empty()) words.emplace_back("dbname", database);
  return to_conninfo(words);
}

result<void> embedded_postgres::impl::add(const std::string& domain) {
  domain_roles roles{domain, {}, {}};
  {
    std::lock_guard guard(mutex);
    auto owner = secrets.of("nova_" + domain + "_owner");
    auto runtime = secrets.of(runtime_role(domain));
    if (!owner || !runtime) return owner ? runtime.error() : owner.error();
    roles.owner_password = *owner;
    roles.runtime_password = *runtime;
  }
  return provision(conninfo_of("postgres", ""), roles);
}

embedded_postgres::embedded_postgres(embedded_options options) : impl_(std::make_unique<impl>()) {
  impl_->options = std::move(options);
  impl_->options.data = fs::absolute(impl_->options.data);
  impl_->folder = impl_->options.data / "postgres";
  impl_->log_file = impl_->options.data / "postgres.log";
  impl_->wake = ::eventfd(0, EFD_CLOEXEC);
}

embedded_postgres::~embedded_postgres() {
  stop();
  ::close(impl_->wake);
}

result<void> embedded_postgres::start() {
  auto& i = *impl_;
  auto steps = [&]() -> result<void> {
    if (auto r = i.lock.take(i.options.data); !r) return r;
    i.started = true;
    if (auto r = i.prepare(); !r) return r;
    if (auto r = i.ensure_running(); !r) return r;
    for (const auto& domain : i.options.domains)
      if (auto r = i.add(domain); !r) return r;
    return {};
  };
  auto done = steps();
  if (!done) stop();
  else i.supervisor = std::thread([&i] { i.supervise(); });
  return done;
}

void embedded_postgres::stop() {
  auto& i = *impl_;
  if (!std::exchange(i.started, false)) return;
  i.stopping = true;
  ::eventfd_write(i.wake, 1);
  if (i.supervisor.joinable()) i.supervisor.join();
  i.end_server();
  remove_socket_folder(i.socket_folder);
  i.lock.release();
}

std::string embedded_postgres::conninfo(const std::string& domain) const {
  return impl_->conninfo_of(runtime_role(domain), "nova_" + domain);
}
std::string embedded_postgres::owner_conninfo(const std::string& domain) const {
  return impl_->conninfo_of("nova_" + domain + "_owner", "nova_" + domain);
}
std::string embedded_postgres::admin_conninfo(const std::string& database) const {
  return impl_->conninfo_of("postgres", database);
}
result<void> embedded_postgres::add_domain(const std::string& domain) { return impl_->add(domain); }
int embedded_postgres::postmaster() const noexcept { return impl_->pid; }
unsigned embedded_postgres::restarts() const noexcept { return impl_->restarts; }

}  // namespace nova::storage
