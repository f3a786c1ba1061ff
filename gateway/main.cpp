// The composition root: the one place that sees gateway, actors and storage. `nova serve|doctor|migrate|version`.
#include "actors/auth/auth_supervisor.hpp"
#include "actors/messaging/messaging_supervisor.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/user/user_supervisor.hpp"
#include "config/process/command_line.hpp"
#include "config/process/doctor.hpp"
#include "config/process/key_file.hpp"
#include "protocols/core/log.hpp"
#include "gateway/server.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "storage/auth/migrations.hpp"
#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/embedded_postgres.hpp"
#include "storage/messaging/migrations.hpp"
#include "storage/postgres/migration.hpp"
#include "storage/postgres/postgres_database.hpp"
#include "storage/postgres/server_check.hpp"
#include "storage/runtime/migrations.hpp"
#include "storage/user/migrations.hpp"

#include <csignal>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace nova {

namespace {

using config::settings;
namespace fs = std::filesystem;

struct domain_row {
  std::string name;
  std::span<const storage::migration> migrations;
  runtime::domain (*make)(const settings&, const std::string& secret);
};

// Every domain of this node, in the order in which they start.
std::vector<domain_row> domains() {
  return {
      {"auth", storage::auth_migrations(),
       [](const settings& s, const std::string& secret) { return auth::make_auth_domain({s.auth, secret}); }},
      {"user", storage::user_migrations(),
       [](const settings& s, const std::string&) { return user::make_user_domain({s.user}); }},
      {"messaging", storage::messaging_migrations(),
       [](const settings& s, const std::string&) { return messaging::make_messaging_domain(s.messaging); }},
  };
}

int refuse(const error& e) {
  std::cerr << "nova: " << e.detail << '\n';
  return config::exit_refused;
}

// Where each domain's data lies: the servers of the settings, or the embedded one.
class servers {
 public:
  explicit servers(const settings& s) : settings_(s) {
    std::vector<std::string> names;
    for (const auto& d : domains())
      if (!s.storage.dsn.contains(d.name)) names.push_back(d.name);
    if (!names.empty())
      embedded_.emplace(storage::embedded_options{s.general.data_dir, names, s.storage});
  }

  result<void> start() {
    if (!embedded_) return lock_.take(settings_.general.data_dir);
    log::info("postgres.starting", {{"data", settings_.general.data_dir}});
    return embedded_->start();
  }

  std::string conninfo(const std::string& domain) const {
    auto given = settings_.storage.dsn.find(domain);
    return given != settings_.storage.dsn.end() ? given->second : embedded_->conninfo(domain);
  }

  // Empty: migrations of this domain are somebody else's work.
  std::string owner_conninfo(const std::string& domain) const {
    if (!settings_.storage.dsn.contains(domain)) return embedded_->owner_conninfo(domain);
    auto given = settings_.storage.owner_dsn.find(domain);
    return given != settings_.storage.owner_dsn.end() ? given->second : "";
  }

  result<void> migrate() const {
    for (const auto& d : domains()) {
      auto owner = owner_conninfo(d.name);
      if (owner.empty()) continue;
      const storage::migration_set sets[] = {{"runtime", storage::runtime_migrations()}, {d.name, d.migrations}};
      auto applied = storage::migrate(owner, storage::role_of(conninfo(d.name)), sets);
      if (!applied) return applied.error();
      for (const auto& name : *applied) log::info("migration.applied", {{"domain", d.name}, {"name", name}});
    }
    return {};
  }

  std::vector<config::finding> check() const {
    std::vector<config::finding> findings;
    for (const auto& d : domains())
      for (auto& text : storage::check_server(conninfo(d.name)))
        findings.push_back({config::severity::refusal, "database of " + d.name, std::move(text), ""});
    return findings;
  }

  void stop() {
    if (embedded_) embedded_->stop();
    lock_.release();
  }

 private:
  const settings& settings_;
  std::optional<storage::embedded_postgres> embedded_;
  storage::folder_lock lock_;  // one Nova a data folder, also without the embedded server, which takes it itself
};

// SIGINT and SIGTERM come to the main thread only, when it asks.
class stop_signals {
 public:
  stop_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // True when one came within the time.
  bool wait_for(std::chrono::milliseconds time) {
    timespec t{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return sigtimedwait(&set_, nullptr, &t) > 0;
  }

 private:
  sigset_t set_;
};

// Ends the process when an ordered stop takes longer than its budget: leases are released first, so a hang delays nobody.
class watchdog {
 public:
  explicit watchdog(std::chrono::milliseconds budget)
      : thread_([this, budget] {
          if (done_.get_future().wait_for(budget) == std::future_status::ready) return;
          std::cerr << "nova: the stop took too long and was cut off\n";
          std::quick_exit(config::exit_failed);
        }) {}
  ~watchdog() {
    done_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> done_;
  std::thread thread_;
};

// All that serves, from the databases up to the socket.
class node_process {
 public:
  node_process(const settings& s, const servers& where, std::string secret, std::string resume_key)
      : settings_(s), secret_(std::move(secret)), server_(gateway_options(s, std::move(resume_key))),
        node_(node_options(), server_.sink()) {
    auto name = storage::node_name(s.general.data_dir).value();
    for (const auto& d : domains())
      node_.add(d.make(s, secret_), storage::open_database(io_, {d.name, where.conninfo(d.name), name, s.storage, {}}));
    node_.tap(auth::session_revoked_event(), [this](const rpc::message_ptr& m) {
      const auto& e = static_cast<const auth::SessionRevoked&>(*m);
      if (auto session = parse_uuid(e.session_id())) server_.sink().revoke_session(*session, e.until());
    });
  }

  result<std::uint16_t> start() {
    node_.start();
    return server_.start(node_);
  }

  bool ready() const { return server_.ready(); }
  bool failed() const { return failed_.load(); }

  void stop(std::chrono::milliseconds budget) {
    server_.drain_and_stop(std::min(budget / 2, std::chrono::milliseconds(4000)));
    if (!node_.stop(budget / 3)) log::warn("stop.late", {{"part", "runtime"}});
  }

 private:
  static gateway::gateway_options gateway_options(const settings& s, std::string resume_key) {
    gateway::gateway_options o;
    o.settings = s.gateway;
    if (o.settings.resume_key.empty()) o.settings.resume_key = std::move(resume_key);
    return o;
  }

  runtime::node_options node_options() {
    runtime::node_options o;
    o.settings = settings_.runtime;
    o.make_presence = messaging::make_presence;
    o.log = [](std::string_view severity, std::string line) {
      auto level = severity == "error" ? log::level::error : severity == "info" ? log::level::info : log::level::warn;
      log::write(level, "runtime", {{"text", line}});
    };
    o.failed = [this](std::string reason) {
      log::error("runtime.failed", {{"reason", reason}});
      failed_ = true;
    };
    return o;
  }

  const settings& settings_;
  std::string secret_;
  std::atomic<bool> failed_{false};
  storage::storage_io io_;
  gateway::server server_;
  runtime::node node_;
};

// Serves until a signal comes; prints the ready line when /readyz would say so.
int run(node_process& process, stop_signals& signals, const settings& s) {
  auto port = process.start();
  if (!port) return refuse(port.error());
  bool announced = false;
  while (!signals.wait_for(std::chrono::milliseconds(announced ? 250 : 5))) {
    if (process.failed()) return config::exit_failed;
    if (announced || !process.ready()) continue;
    announced = true;
    auto host = s.gateway.address.find(':') == std::string::npos ? s.gateway.address : '[' + s.gateway.address + ']';
    std::cout << "nova ready: http://" << host << ':' << *port << '\n' << std::flush;
  }
  log::info("stop.begins");
  return config::exit_ok;
}

int serve(const settings& s, stop_signals& signals) {
  config::raise_open_files();
  auto findings = config::examine(s, config::gather_facts(s));
  if (!config::print_findings(findings, std::cerr)) return config::exit_refused;
  servers where(s);
  if (auto started = where.start(); !started) return refuse(started.error());
  if (auto migrated = where.migrate(); !migrated) return refuse(migrated.error());
  if (!config::print_findings(where.check(), std::cerr)) return config::exit_refused;
  fs::path keys = fs::path(s.general.data_dir) / "keys";
  auto secret = config::load_or_create_key(keys / "auth");
  if (!secret) return refuse(secret.error());
  auto resume_key = config::load_or_create_key(keys / "resume");
  if (!resume_key) return refuse(resume_key.error());

  int status = config::exit_failed;
  std::optional<watchdog> guard;
  {
    node_process process(s, where, *secret, *resume_key);
    status = run(process, signals, s);
    std::chrono::milliseconds budget(s.general.stop_budget_ms);
    guard.emplace(budget);
    process.stop(budget * 2 / 3);
  }
  where.stop();
  log::info("stop.done");
  return status;
}

int migrate(const settings& s) {
  servers where(s);
  if (auto started = where.start(); !started) return refuse(started.error());
  auto migrated = where.migrate();
  where.stop();
  return migrated ? config::exit_ok : refuse(migrated.error());
}

int doctor(const settings& s) {
  auto findings = config::examine(s, config::gather_facts(s));
  servers where(s);
  if (auto started = where.start(); !started) {
    findings.push_back({config::severity::refusal, "embedded PostgreSQL", started.error().detail, ""});
  } else {
    if (auto migrated = where.migrate(); !migrated)
      findings.push_back({config::severity::refusal, "migrations", migrated.error().detail, ""});
    std::ranges::move(where.check(), std::back_inserter(findings));
    where.stop();
  }
  bool fine = config::print_findings(findings, std::cerr);
  if (fine) std::cout << "nova doctor: nothing is refused\n";
  return fine ? config::exit_ok : config::exit_refused;
}

int main_with(int argc, char** argv) {
  auto parsed = config::parse_command_line(argc, argv, std::cout, std::cerr);
  if (auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& line = std::get<config::command_line>(parsed);
  if (line.command == config::command::version) {
    std::cout << config::version_text() << '\n';
    return config::exit_ok;
  }
  auto loaded = config::load_settings(line.file, config::read_environment(environ), line.values);
  if (!loaded) {
    config::print_problems(loaded.error(), std::cerr);
    return config::exit_bad_usage;
  }
  stop_signals signals;  // before any thread starts
  log::session logging(loaded->general.log_level, loaded->general.log_queue_records);
  switch (line.command) {
    case config::command::serve: return serve(*loaded, signals);
    case config::command::migrate: return migrate(*loaded);
    case config::command::doctor: return doctor(*loaded);
    case config::command::version: break;
  }
  return config::exit_ok;
}

}  // namespace

}  // namespace nova

int main(int argc, char** argv) {
  try {
    return nova::main_with(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "nova: " << e.what() << '\n';
    return nova::config::exit_failed;
  }
}
