// The command line on CLI11.
#include "config/process/command_line.hpp"

#include "config/process/process_metrics.hpp"
#include "config/settings/declaration.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <ostream>

namespace nova::config {

namespace {

void add_sources(CLI::App& to, command_line& line, std::vector<std::string>& sets) {
  to.add_option("--config", line.file, "Settings file (TOML)");
  to.add_option_function<std::string>(
      "--data", [&line](const std::string& x) { line.values["general.data_dir"] = x; },
      "Folder of everything that Nova keeps");
  to.add_option("--set", sets, "NAME=VALUE for any setting, like --set gateway.io_threads=4")
      ->take_all();
}

/// False when one of them is not NAME=VALUE.
bool take_sets(const std::vector<std::string>& sets, command_line& line, std::ostream& err) {
  for (const auto& x : sets) {
    const auto equals = x.find('=');
    if (equals == x.npos || equals == 0) {
      err << "--set takes NAME=VALUE, not " << x << '\n';
      return false;
    }
    line.values[x.substr(0, equals)] = x.substr(equals + 1);
  }
  return true;
}

CLI::App* add_databases(CLI::App& app, command_line& line) {
  auto* databases = app.add_subcommand(
      "databases", "Print the SQL that makes roles and databases on a PostgreSQL of your own");
  databases->add_option("--host", line.host, "Host of the connection strings")
      ->capture_default_str();
  databases->add_option("--port", line.database_port, "Port of the connection strings")
      ->capture_default_str()
      ->check(CLI::Range(1, 65'535));
  databases->add_option(
      "--settings", line.new_settings,
      "New settings file for the connection strings; the roles get random passwords");
  return databases;
}

void add_cluster_commands(CLI::App& app, command_line& line) {
  auto* certs =
      app.add_subcommand("certs", "Make an authority for a cluster and its nodes' certificates");
  certs->add_option("FOLDER", line.copy, "Folder of the files")->required();
  certs->add_option("--node", line.nodes, "Name of a node; once for each")->take_all();
  certs
      ->add_option("--revoke", line.revoked,
                   "Node whose certificate in FOLDER counts no more: adds it to crl.pem, before "
                   "--node makes a new one")
      ->take_all();
  certs->add_option("--days", line.days, "How long the nodes' certificates are valid")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  auto* cluster = app.add_subcommand(
      "cluster", "Say what a running cluster is, move parts of a domain, or drain a node");
  cluster->add_option("TOPIC", line.topic, "status, members, shards, move or drain")
      ->required()
      ->check(CLI::IsMember({"status", "members", "shards", "move", "drain"}));
  cluster->add_option("DOMAIN", line.domain,
                      "move: the domain, or DOMAIN.PART, of which the asked node owns parts");
  cluster->add_option("NODE", line.receiver, "move: its next owner");
  cluster->add_option("--at", line.operations, "Address and port of a node's operations pages")
      ->required();
  cluster->add_flag("--json", line.json, "Print the node's answer as it is");
}

}  // namespace

std::variant<command_line, int> parse_command_line(int argc, const char* const* argv,
                                                   std::ostream& out, std::ostream& err) {
  command_line line;
  std::vector<std::string> sets;
  CLI::App app("Nova: a social and messaging backend.", "nova");
  app.require_subcommand(1);
  auto* serve = app.add_subcommand("serve", "Serve until SIGINT or SIGTERM");
  auto* doctor =
      app.add_subcommand("doctor", "Look for what must not be served, and say what to change");
  auto* migrate =
      app.add_subcommand("migrate", "Bring the databases to this version's schema and end");
  migrate->add_flag("--status", line.status,
                    "Only say of each domain's schema what is applied and what is outstanding; the "
                    "exit status is 1 when something is outstanding");
  auto* databases = add_databases(app, line);
  auto* backup = app.add_subcommand("backup", "Copy what a running Nova keeps into a new folder");
  auto* restore = app.add_subcommand("restore", "Put a backup into a new data folder");
  for (auto* sub : {backup, restore})
    sub->add_option("FOLDER", line.copy, "Folder of the backup")->required();
  add_operator_commands(app, line.call, [&](CLI::App& sub) { add_sources(sub, line, sets); });
  for (const auto& [word, help] : {std::pair("events", "Events and dead letters of a running Nova"),
                                   std::pair("sagas", "Sagas of a running Nova"),
                                   std::pair("account", "The operator role of accounts")})
    app.get_subcommand(word)->description(help);
  add_cluster_commands(app, line);
  app.add_subcommand("version", "Print the version");
  app.set_version_flag("--version", version_text());
  for (auto* sub : {serve, doctor, migrate, backup, restore}) add_sources(*sub, line, sets);
  for (auto* sub : {serve, doctor})
    sub->add_option_function<std::string>(
        "--port", [&line](const std::string& x) { line.values["gateway.port"] = x; },
        "Port to listen on; 0: any free one");
  const auto commands = app.get_subcommands([](CLI::App*) { return true; });
  const auto asked = argc > 1 ? std::string_view(argv[1]) : std::string_view();
  if (!asked.empty() && asked[0] != '-' &&
      std::ranges::none_of(commands, [&](CLI::App* c) { return c->get_name() == asked; })) {
    err << "nova: there is no command " << asked
        << "; the commands are serve, doctor, migrate, databases, backup, restore, events, sagas, "
           "account, acts, certs, cluster and version\n";
    return exit_bad_usage;
  }
  serve->add_option("--trace", line.trace_file,
                    "Write spans of each request to this file, for Perfetto");
  bool example = false;
  doctor->add_flag("--example", example, "Print the example configuration and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, out, err) == 0 ? exit_ok : exit_bad_usage;
  }
  if (example) {
    out << example_toml();
    return exit_ok;
  }
  if (!take_sets(sets, line, err)) return exit_bad_usage;
  const std::pair<const CLI::App*, command> asked_for[] = {
      {serve, command::serve},
      {doctor, command::doctor},
      {migrate, command::migrate},
      {databases, command::databases},
      {backup, command::backup},
      {restore, command::restore},
      {app.get_subcommand("certs"), command::certs},
      {app.get_subcommand("cluster"), command::cluster}};
  line.command = line.call.method.empty() ? command::version : command::operate;
  for (const auto& [sub, what] : asked_for)
    if (sub->parsed()) line.command = what;
  return line;
}

void print_problems(const error& e, std::ostream& err) {
  err << "nova: " << e.detail << '\n';
  for (const auto& f : e.fields) err << "  " << f.field << ": " << f.detail << '\n';
}

std::string version_text() {
  const auto about = this_build();
  return fmt::format("nova {} ({})", about.version, about.build);
}

}  // namespace nova::config
