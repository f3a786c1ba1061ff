// The composition root: the one place that sees gateway, actors and storage. `nova serve|doctor|migrate|events|…|version`.
#include "actors/domain_modules.hpp"
#include "actors/runtime/link/address.hpp"
#include "actors/runtime/link/gate.hpp"
#include "actors/runtime/node/node.hpp"
#include "actors/runtime/node/operations.hpp"
#include "config/process/cluster_certificates.hpp"
#include "config/process/cluster_client.hpp"
#include "config/process/command_line.hpp"
#include "config/process/doctor.hpp"
#include "config/process/installed_page.hpp"
#include "config/process/key_file.hpp"
#include "config/process/operator_commands.hpp"
#include "config/process/process_metrics.hpp"
#include "config/process/process_signals.hpp"
#include "config/process/running_settings.hpp"
#include "config/process/watchdog.hpp"
#include "config/settings/roles.hpp"
#include "gateway/operators_socket.hpp"
#include "gateway/server.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/trace.hpp"
#include "storage/blobs/file_store.hpp"
#include "storage/blobs/s3_store.hpp"
#include "storage/embedded/backup.hpp"
#include "storage/embedded/database_script.hpp"
#include "storage/embedded/domain_databases.hpp"
#include "storage/postgres/postgres_database.hpp"

#include <unistd.h>
#include <charconv>
#include <iostream>

namespace nova {

namespace {

using config::settings;
using storage::domain_databases;
namespace fs = std::filesystem;

int refuse(const error& e) {
  log::error("start.refused", {{"reason", e.detail}});
  return config::exit_refused;
}

bool fit(const std::vector<config::finding>& findings) {
  config::log_findings(findings);
  return config::may_serve(findings);
}

/// The domains that this process may own.
std::vector<listed_module> modules_of(const settings& s) {
  std::vector<listed_module> mine;
  for (const auto& m : domain_modules())
    if (config::has_role(s.cluster, m.name)) mine.push_back(m);
  return mine;
}

result<void> check_operations(const std::string& address) {
  if (address.empty() || link::parse_address(address)) return {};
  return make_error(errc::invalid_request,
                    "general.operations: needs a numeric address and a port, as 127.0.0.1:9400");
}

result<void> check_cluster(const config::cluster_settings& s) {
  if (!config::in_cluster(s)) return {};
  for (const auto& role : s.roles) {
    const bool known =
        role == config::gateway_role ||
        std::ranges::any_of(domain_modules(), [&](const auto& m) { return m.name == role; });
    if (!known)
      return make_error(errc::invalid_request, "cluster.roles: there is no domain " + role);
  }
  if (auto unsafe = link::unsafe_without_certificates(s); !unsafe.empty())
    return make_error(errc::invalid_request,
                      unsafe + ": set cluster.certificate, cluster.key and cluster.ca");
  return {};
}

domain_databases databases_of(const settings& s) {
  std::vector<storage::database_plan> plans;
  for (const auto& m : modules_of(s)) plans.push_back({std::string(m.name), m.migrations});
  return domain_databases(s, std::move(plans));
}

std::vector<config::finding> findings_of(std::vector<storage::outlook::finding> found,
                                         log::level severity = log::level::error) {
  std::vector<config::finding> findings;
  for (auto& f : found)
    findings.push_back({severity, f.domain.empty() ? "databases" : "database of " + f.domain,
                        std::move(f.text), ""});
  return findings;
}

constexpr const char* bucket_subject = "media.s3_bucket";

bool uses_bucket(const settings& s) {
  return s.media.store == "s3" && (config::has_role(s.cluster, config::gateway_role) ||
                                   config::has_role(s.cluster, "media"));
}

/// A service that is away is no reason not to start: uploads and downloads are answered `unavailable` until it is back.
result<void> check_bucket(const settings& s) {
  if (!uses_bucket(s)) return {};
  const auto fault = storage::look_at_bucket(s.media, false);
  if (!fault) return {};
  if (fault->refused)
    return make_error(errc::invalid_request, std::string(bucket_subject) + ": " + fault->text);
  log::warn("doctor.warning", {{"subject", bucket_subject}, {"detail", fault->text}});
  return {};
}

/// A folder of bytes: `blobs` or `segments`.
fs::path bytes_folder(const settings& s, std::string_view name) {
  return fs::path(s.media.folder.empty() ? s.general.data_dir : s.media.folder) / name;
}

result<std::unique_ptr<blobs::store>> open_media_store(const settings& s) {
  const auto folder = bytes_folder(s, "blobs");
  return uses_bucket(s) ? storage::open_s3_store(s.media, folder)
                        : storage::open_file_store(folder);
}

std::vector<config::finding> bucket_findings(const settings& s) {
  if (!uses_bucket(s)) return {};
  const auto fault = storage::look_at_bucket(s.media, true);
  if (!fault) return {};
  return {{fault->refused ? log::level::error : log::level::warn, bucket_subject, fault->text,
           fault->refused ? "check media.s3_bucket, media.s3_region, the access key and its rights"
                          : "check media.s3_endpoint and that the service runs"}};
}

// The gateway's own key and those that domains ask for.
result<runtime::kept_keys> load_keys(const settings& s) {
  const auto folder = s.cluster.keys_dir.empty() ? fs::path(s.general.data_dir) / "keys"
                                                 : fs::path(s.cluster.keys_dir);
  std::vector<std::string_view> names;
  if (config::has_role(s.cluster, config::gateway_role)) names = {"resume", "urls"};
  for (const auto& m : modules_of(s)) names.insert(names.end(), m.keys.begin(), m.keys.end());
  runtime::kept_keys keys;
  for (auto name : names) {
    auto key = config::load_or_create_key(folder / name);
    if (!key) return key.error();
    keys.emplace(name, *std::move(key));
  }
  return keys;
}

/// The edge of a process without gateway.
class no_edge final : public rpc::push_sink {
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

// All that serves, from the databases up to the socket.
class node_process {
 public:
  node_process(const settings& s, const domain_databases& where, const runtime::kept_keys& keys,
               blobs::store& store, blobs::store& segments)
      : settings_(s),
        where_(where),
        io_(s.storage.io_threads),
        server_(has_gateway()
                    ? std::make_unique<gateway::server>(gateway_options(s, keys, store, segments))
                    : nullptr),
        node_(node_options(), edge()) {
    auto node = storage::node_name(s.general.data_dir).value();
    const auto answers = runtime::answers_of(domain_modules());
    for (const auto& m : domain_modules()) {
      std::string name(m.name);
      if (!config::has_role(s.cluster, name)) {
        know(m, answers);
        continue;
      }
      auto domain = m.make(s, keys);
      if (m.await_answers) m.await_answers(domain, answers);
      auto database = storage::open_database(
          io_, {name, where.conninfo(name), node, lane_settings(domain.shards), in_cluster()});
      node_.add(std::move(domain), std::move(database));
      for (const auto& tap : m.taps)
        node_.tap(*tap.event,
                  [this, tell = tap.tell](const rpc::message_ptr& e) { tell(*e, node_.edge()); });
      if (m.beside.make) add_works(m, m.beside.make(s, {store, segments}));
    }
    if (in_cluster() || !s.general.operations.empty()) pages_.emplace(pages_options());
  }

  /// Where clients, or else operators, find it.
  result<std::string> start() {
    operations_.emplace(node_, [this](std::string_view domain) { return open_beside(domain); });
    if (in_cluster())
      if (auto joined = node_.join(); !joined) return joined.error();
    node_.start();
    for (auto& works : works_) works->start(node_);
    if (auto open = operators_.start(settings_.general.data_dir, *operations_); !open)
      return open.error();
    std::string at;
    if (pages_) {
      auto port = pages_->start();
      if (!port) return port.error();
      at = text_of(pages_settings().address, *port);
      if (in_cluster()) node_.tell_operations(at);
      log::info("operations.listening", {{"address", at}});
      at = "operations http://" + at;
    }
    if (!server_) return at;
    auto port = server_->start(*operations_);
    if (!port) return port.error();
    const char* scheme = settings_.gateway.tls.certificate.empty() ? "http://" : "https://";
    return scheme + text_of(settings_.gateway.address, *port);
  }

  void change_limits(const config::gateway_settings& s) {
    if (server_) server_->change_limits(s);
  }
  /// Refused ones are logged.
  void renew_certificates(const settings& s) {
    if (server_) (void)server_->renew_certificate(s.gateway.tls);
    if (auto renewed = node_.renew_certificate(s.cluster); !renewed)
      log::error("link.certificate_refused", {{"reason", renewed.error().detail}});
  }

  bool ready() const { return server_ ? server_->ready() : node_.ready(); }
  bool failed() const { return failed_.load(); }
  /// An operator asked for its end.
  bool draining() const { return draining_.load(); }

  void stop(std::chrono::milliseconds budget) {
    operators_.stop();
    for (auto& works : works_) works->stop();
    if (!node_.hand_over(budget / 4)) log::warn("stop.late", {{"part", "moves"}});
    const std::chrono::milliseconds most(4000), spread(settings_.cluster.resume_spread_ms);
    if (server_)
      server_->drain_and_stop(std::min(budget / 2, most),
                              in_cluster() ? spread : std::chrono::milliseconds(0));
    if (operations_ && !operations_->stop(budget / 6))
      log::warn("stop.late", {{"part", "rebuild"}});
    if (!node_.stop(budget / 3)) log::warn("stop.late", {{"part", "runtime"}});
    if (pages_) pages_->drain_and_stop(std::chrono::milliseconds(100));
  }

 private:
  void add_works(const listed_module& m, std::unique_ptr<runtime::side_works> works) {
    for (const auto* event : m.beside.events)
      node_.tap(*event,
                [to = works.get(), event](const rpc::message_ptr& e) { to->told(*event, *e); });
    works_.push_back(std::move(works));
  }

  /// A domain of other nodes, made without its secrets: only its outline is asked for.
  void know(const listed_module& m, const runtime::account_answers& answers) {
    runtime::kept_keys none;
    for (auto key : m.keys) none.emplace(key, std::string(config::key_bytes, '\0'));
    auto outline = m.make(settings_, none);
    if (m.await_answers) m.await_answers(outline, answers);  // it takes their events
    node_.know(outline);
  }

  /// In a cluster each part of a domain has its lane.
  config::storage_settings lane_settings(std::uint32_t shards) const {
    auto out = settings_.storage;
    if (in_cluster()) out.lanes = std::min(settings_.cluster.parts, shards);
    return out;
  }

  bool in_cluster() const { return config::in_cluster(settings_.cluster); }
  bool has_gateway() const { return config::has_role(settings_.cluster, config::gateway_role); }
  rpc::push_sink& edge() {
    if (server_) return server_->sink();
    return no_edge_;
  }
  static std::string text_of(const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
  }

  static gateway::gateway_options gateway_options(const settings& s, const runtime::kept_keys& keys,
                                                  blobs::store& store, blobs::store& segments) {
    gateway::gateway_options o;
    o.settings = s.gateway;
    o.blobs = &store;
    o.segments = &segments;
    o.urls_key = keys.at("urls");
    o.metrics.push_back(config::process_metrics());
    o.metrics_elsewhere = !config::in_cluster(s.cluster) && !s.general.operations.empty();
    if (o.settings.resume_key.empty()) o.settings.resume_key = keys.at("resume");
    if (o.settings.web_root.empty()) o.settings.web_root = config::installed_page();
    if (o.settings.web_root == "none") o.settings.web_root.clear();
    return o;
  }

  // A connection of its own for a rebuild: its lane owns no shard, and its transactions may be long.
  std::shared_ptr<storage::database> open_beside(std::string_view domain) {
    const std::string name(domain);
    auto node = storage::node_name(settings_.general.data_dir).value() + "/rebuild";
    auto s = settings_.storage;
    s.read_connections = s.slow_read_connections = 1;
    s.lanes = 1;  // its temporary tables are of one session
    s.lane_statement_timeout_ms = s.lane_idle_timeout_ms = 30'000;
    s.lane_stall_ms = 10'000;
    s.lane_giveup_ms = 60'000;
    return storage::open_database(io_, {name, where_.conninfo(name), node, s});
  }

  static const std::string& operations_address(const settings& s) {
    return config::in_cluster(s.cluster) ? s.cluster.operations : s.general.operations;
  }

  config::gateway_settings pages_settings() const {
    config::gateway_settings s;
    if (const auto at = link::parse_address(operations_address(settings_))) {
      s.address = at->address().to_string();
      s.port = at->port();
    }
    s.io_threads = 1;
    return s;
  }

  gateway::gateway_options pages_options() {
    gateway::gateway_options o;
    o.settings = pages_settings();
    o.operations_ready = [this] { return ready(); };
    o.operations = [this](std::string_view verb, std::string_view path) {
      return operate(verb, path);
    };
    if (server_) {
      o.metrics_text = [this] { return server_->metrics_text(); };
    } else {
      o.metrics.push_back(config::process_metrics());
      o.metrics.push_back([this](metric_samples& out) { node_.collect_metrics(out); });
    }
    return o;
  }

  /// GET /cluster, POST /cluster/move/DOMAIN[.PART]/NODE, POST /cluster/drain.
  std::optional<std::string> operate(std::string_view verb, std::string_view path) {
    constexpr std::string_view move = "/cluster/move/";
    if (!in_cluster()) return {};
    if (verb == "GET" && path == "/cluster") return runtime::json_of(node_.status());
    if (verb != "POST") return {};
    if (path == "/cluster/drain") {
      draining_ = true;
      return R"({"accepted":true})";
    }
    const auto slash = path.find('/', move.size());
    if (!path.starts_with(move) || slash == path.npos) return {};
    const auto given = give(path.substr(move.size(), slash - move.size()), path.substr(slash + 1));
    if (given) return R"({"accepted":true})";
    return R"({"accepted":false,"reason":")" + given.error().detail + "\"}";
  }

  result<void> give(std::string_view what, std::string_view to) {
    const auto dot = what.find('.');
    std::optional<std::uint32_t> part;
    if (dot != what.npos) {
      const auto number = what.substr(dot + 1);
      const auto end = number.data() + number.size();
      const auto [at, ec] = std::from_chars(number.data(), end, part.emplace());
      if (ec != std::errc() || at != end)
        return make_error(errc::invalid_request, "A part is named by its number: messaging.2");
    }
    return node_.give(std::string(what.substr(0, dot)), part, std::string(to));
  }

  runtime::node_options node_options() {
    runtime::node_options o;
    o.settings = settings_.runtime;
    for (const auto& m : domain_modules()) {
      if (m.presence) o.make_presence = m.presence;
      if (m.note_seen.method) o.note_seen = m.note_seen;
    }
    o.knows_event = [](std::uint32_t event) { return rpc::find_event(event) != nullptr; };
    o.failed = [this](std::string reason) {
      log::error("runtime.failed", {{"reason", reason}});
      failed_ = true;
    };
    if (!in_cluster()) return o;
    o.cluster = runtime::cluster_options{settings_.cluster, has_gateway(), config::version_text(),
                                         [this](std::string_view) {
                                           if (server_) server_->read_revocations();
                                         }};
    for (const auto& m : domain_modules())
      o.cluster->paces.insert(o.cluster->paces.end(), m.paces.begin(), m.paces.end());
    o.cluster->processor_seconds = config::processor_seconds_a_core;
    return o;
  }

  const settings& settings_;
  const domain_databases& where_;
  std::atomic<bool> failed_{false}, draining_{false};
  no_edge no_edge_;
  storage::storage_io io_;
  std::unique_ptr<gateway::server> server_;
  std::vector<std::unique_ptr<runtime::side_works>> works_;  ///< told until the node has ended
  runtime::node node_;
  std::optional<runtime::operations> operations_;
  gateway::operators_socket operators_;
  std::optional<gateway::server> pages_;  ///< for operators, in a cluster or where it is asked for
};

// Serves until a signal to stop comes; prints the ready line when /readyz would say so.
int run(node_process& process, config::process_signals& signals, config::running_settings& all) {
  const auto& s = all.now();
  auto place = process.start();
  if (!place) return refuse(place.error());
  bool announced = false;
  for (;;) {
    const int signal = signals.wait_for(std::chrono::milliseconds(announced ? 250 : 5));
    if (signal == SIGINT || signal == SIGTERM) break;
    if (signal == SIGHUP) {
      if (all.read_again()) process.change_limits(s.gateway);
      process.renew_certificates(s);
    }
    if (process.failed()) return config::exit_failed;
    if (process.draining()) break;
    if (announced || !process.ready()) continue;
    announced = true;
    std::cout << "nova ready: " << *place << '\n' << std::flush;
  }
  log::info("stop.begins");
  return config::exit_ok;
}

int serve(config::running_settings& all, config::process_signals& signals) {
  const auto& s = all.now();
  config::raise_open_files();
  if (!fit(config::examine(s, config::gather_facts(s)))) return config::exit_refused;
  if (auto fine = check_cluster(s.cluster); !fine) return refuse(fine.error());
  if (auto fine = check_operations(s.general.operations); !fine) return refuse(fine.error());
  if (auto fine = check_bucket(s); !fine) return refuse(fine.error());
  log::info("start.begins", {{"version", config::version_text()},
                             {"data", s.general.data_dir},
                             {"max_connections", s.gateway.max_connections}});
  auto where = databases_of(s);
  if (auto started = where.start(); !started) return refuse(started.error());
  if (!fit(findings_of(where.check()))) return config::exit_refused;
  if (auto migrated = where.migrate(); !migrated) return refuse(migrated.error());
  auto keys = load_keys(s);
  if (!keys) return refuse(keys.error());
  auto store = open_media_store(s);
  if (!store) return refuse(store.error());
  auto segments = storage::open_file_store(bytes_folder(s, "segments"));
  if (!segments) return refuse(segments.error());

  int status = config::exit_failed;
  std::optional<config::watchdog> guard;
  {
    node_process process(s, where, *keys, **store, **segments);
    status = run(process, signals, all);
    std::chrono::milliseconds budget(s.general.stop_budget_ms);
    guard.emplace(budget);
    process.stop(budget * 2 / 3);
  }
  where.stop();
  log::info("stop.done");
  return status;
}

int migrate(const settings& s) {
  auto where = databases_of(s);
  if (auto started = where.start(); !started) return refuse(started.error());
  const bool good = fit(findings_of(where.check()));
  auto migrated = good ? where.migrate() : result<void>();
  where.stop();
  if (!migrated) return refuse(migrated.error());
  return good ? config::exit_ok : config::exit_refused;
}

// Looks only. exit_failed: files are outstanding. exit_refused: of a domain that is not known.
int migration_status(const settings& s) {
  bool known = true, outstanding = false;
  for (const auto& schema : databases_of(s).schemas()) {
    known = known && schema.problem.empty();
    outstanding = outstanding || !schema.files.outstanding.empty();
    (schema.problem.empty() ? std::cout : std::cerr) << storage::text_of(schema) << '\n';
  }
  if (!known) return config::exit_refused;
  return outstanding ? config::exit_failed : config::exit_ok;
}

// Looks only. A Nova that runs in the same folder is no reason to refuse.
int doctor(const settings& s) {
  auto seen = databases_of(s).look();
  auto facts = config::gather_facts(s);
  if (seen.nova != 0) facts.listen_problem.clear();
  auto findings = config::examine(s, facts);
  std::ranges::move(findings_of(std::move(seen.refused)), std::back_inserter(findings));
  std::ranges::move(findings_of(std::move(seen.doubtful), log::level::warn),
                    std::back_inserter(findings));
  std::ranges::move(bucket_findings(s), std::back_inserter(findings));
  config::print_findings(findings, std::cerr);
  if (seen.nova != 0) std::cout << "Nova serves this folder: process " << seen.nova << ".\n";
  for (const auto& what : seen.would) std::cout << "A start would " << what << ".\n";
  const bool fine = config::may_serve(findings);
  if (fine) std::cout << "nova doctor: nothing is refused\n";
  return fine ? config::exit_ok : config::exit_refused;
}

// Of what was asked for: nothing, or why it did not work.
int told(const result<void>& done) {
  if (done) return config::exit_ok;
  std::cerr << "nova: " << done.error().detail << '\n';
  return config::exit_failed;
}

int databases(const config::command_line& line) {
  std::vector<std::string> domains;
  for (const auto& m : domain_modules()) domains.emplace_back(m.name);
  const auto script = storage::database_script(domains, {line.host, line.database_port},
                                               !line.new_settings.empty());
  if (!line.new_settings.empty())
    if (auto written = config::write_private_file(line.new_settings, script.settings); !written)
      return told(written);
  std::cout << script.sql;
  return config::exit_ok;
}

int cluster(const config::command_line& line) {
  const bool asks = line.topic != "move" && line.topic != "drain";
  auto answer = config::ask_cluster(
      line.operations,
      asks ? ""
           : "/" + line.topic +
                 (line.topic == "move" ? "/" + line.domain + "/" + line.receiver : ""));
  if (!answer) return told(answer.error());
  const auto shown = config::print_cluster(*answer, line.topic);
  if (line.json) std::cout << *answer << '\n';
  else if (shown) std::cout << *shown;
  return told(shown ? result<void>() : shown.error());
}

int main_with(int argc, char** argv) {
  auto parsed = config::parse_command_line(argc, argv, std::cout, std::cerr);
  if (auto* status = std::get_if<int>(&parsed)) return *status;
  const auto& line = std::get<config::command_line>(parsed);
  if (line.command == config::command::version) {
    std::cout << config::version_text() << '\n';
    return config::exit_ok;
  }
  if (line.command == config::command::databases) return databases(line);
  if (line.command == config::command::cluster) return cluster(line);
  if (line.command == config::command::certs)
    return told(config::make_certificates({line.copy, line.nodes, line.days, line.revoked}));
  auto read = config::running_settings::read(line, config::read_environment(environ));
  if (!read) {
    config::print_problems(read.error(), std::cerr);
    return config::exit_bad_usage;
  }
  const auto& s = read->now();
  config::process_signals signals;  // before any thread starts
  log::session logging(s.general.log_level, s.general.log_queue_records);
  log::set_form(s.general.log_form);
  std::optional<trace::session> tracing;
  if (!line.trace_file.empty()) tracing.emplace(line.trace_file);
  switch (line.command) {
    case config::command::serve: return serve(*read, signals);
    case config::command::migrate: return line.status ? migration_status(s) : migrate(s);
    case config::command::doctor: return doctor(s);
    case config::command::backup:
      return told(storage::back_up(s.general.data_dir, bytes_folder(s, "blobs"), line.copy));
    case config::command::restore:
      return told(storage::restore(line.copy, s.general.data_dir, bytes_folder(s, "blobs")));
    case config::command::operate:
      return config::operate(s.general.data_dir, line.call, std::cout, std::cerr);
    case config::command::databases:
    case config::command::certs:
    case config::command::cluster:
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
