#include "storage/embedded/domain_databases.hpp"

#include "protocols/core/log.hpp"
#include "storage/embedded/database_sql.hpp"
#include "storage/embedded/folder_look.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/postgres/server_check.hpp"
#include "storage/runtime/migrations.hpp"

#include <array>
#include <utility>

namespace nova::storage {
namespace {

std::array<migration_set, 2> sets_of(const database_plan& plan) {
  return {{{"runtime", runtime_migrations()}, {plan.domain, plan.migrations}}};
}

/// The run-time role's place in the private server of this folder; empty: the domain has no database yet.
std::string private_conninfo(const folder_look& folder, const secrets_file& secrets,
                             const std::string& domain) {
  const database_names names(domain);
  const auto password = secrets.known(names.runtime);
  if (password.empty()) return {};
  return to_conninfo({{"host", folder.socket_folder.string()},
                      {"port", "5432"},
                      {"user", names.runtime},
                      {"password", password},
                      {"dbname", names.database}});
}

void note_state(schema_state& out, const database_plan& plan, const std::string& conninfo) {
  auto state = look_at_migrations(conninfo, sets_of(plan));
  if (state) out.files = *std::move(state);
  else out.problem = state.error().detail;
}

}  // namespace

domain_databases::domain_databases(const config::settings& s, std::vector<database_plan> plans)
    : settings_(s), plans_(std::move(plans)) {
  std::vector<std::string> names;
  for (const auto& p : plans_)
    if (!s.storage.dsn.contains(p.domain)) names.push_back(p.domain);
  if (!names.empty()) embedded_.emplace(embedded_options{s.general.data_dir, names, s.storage});
}

result<void> domain_databases::start() {
  if (!embedded_) return lock_.take(settings_.general.data_dir);
  log::info("embedded.starting", {{"data", settings_.general.data_dir}});
  return embedded_->start();
}

void domain_databases::stop() {
  if (embedded_) embedded_->stop();
  lock_.release();
}

std::string domain_databases::conninfo(const std::string& domain) const {
  const auto given = settings_.storage.dsn.find(domain);
  return given != settings_.storage.dsn.end() ? given->second : embedded_->conninfo(domain);
}

std::string domain_databases::owner_conninfo(const std::string& domain) const {
  if (!settings_.storage.dsn.contains(domain)) return embedded_->owner_conninfo(domain);
  const auto given = settings_.storage.owner_dsn.find(domain);
  return given != settings_.storage.owner_dsn.end() ? given->second : "";
}

result<void> domain_databases::migrate() const {
  for (const auto& p : plans_) {
    const auto owner = owner_conninfo(p.domain);
    if (owner.empty()) continue;
    auto applied = storage::migrate(owner, role_of(conninfo(p.domain)), sets_of(p));
    if (!applied) return applied.error();
    for (const auto& name : *applied)
      log::info("migration.applied", {{"domain", p.domain}, {"name", name}});
  }
  return {};
}

std::vector<outlook::finding> domain_databases::check() const {
  std::vector<outlook::finding> found;
  for (const auto& p : plans_) {
    const auto own = conninfo(p.domain), owner = owner_conninfo(p.domain);
    for (auto& text : check_server(own)) found.push_back({p.domain, std::move(text)});
    if (owner.empty()) continue;
    for (auto& text : check_owner(owner, own)) found.push_back({p.domain, std::move(text)});
  }
  return found;
}

void domain_databases::look_at_schema(const database_plan& plan, const std::string& conninfo,
                                      outlook& seen) const {
  auto state = look_at_migrations(conninfo, sets_of(plan));
  if (!state) return seen.refused.push_back({plan.domain, state.error().detail});
  for (const auto& name : state->outstanding)
    seen.would.push_back("apply " + name + " to the database of " + plan.domain);
}

void domain_databases::look_at_embedded(outlook& seen) const {
  const auto data = std::filesystem::absolute(settings_.general.data_dir);
  const auto folder = look_at_folder(data, settings_.storage.embedded_bin_dir);
  if (!folder.problem.empty()) seen.refused.push_back({"", folder.problem});
  if (folder.server == 0) {
    seen.would.push_back(folder.version == 0 ? "make a private PostgreSQL in " + data.string() +
                                                   " and all schemas in it"
                                             : "start the private PostgreSQL in " + data.string() +
                                                   "; its schemas can be looked at while it runs");
    return;
  }
  secrets_file secrets;
  if (auto r = secrets.load(data); !r) return seen.refused.push_back({"", r.error().detail});
  for (const auto& p : plans_) {
    if (settings_.storage.dsn.contains(p.domain)) continue;
    const auto own = private_conninfo(folder, secrets, p.domain);
    if (own.empty()) {
      seen.would.push_back("make the database of " + p.domain);
      continue;
    }
    for (auto& text : check_server(own)) seen.refused.push_back({p.domain, std::move(text)});
    look_at_schema(p, own, seen);
  }
}

std::vector<schema_state> domain_databases::schemas() const {
  const auto data = std::filesystem::absolute(settings_.general.data_dir);
  folder_look folder;
  secrets_file secrets;
  std::string problem;
  if (embedded_) {
    folder = look_at_folder(data, settings_.storage.embedded_bin_dir);
    problem = folder.problem;
    if (folder.version != 0 && folder.server == 0 && problem.empty())
      problem = "the private PostgreSQL in " + data.string() +
                " does not run; its schemas can be looked at while Nova serves";
    if (folder.server != 0)
      if (auto known = secrets.load(data); !known) problem = known.error().detail;
  }
  std::vector<schema_state> all;
  for (const auto& p : plans_) {
    auto& out = all.emplace_back(schema_state{p.domain, {}, {}});
    std::string at;
    if (settings_.storage.dsn.contains(p.domain)) {
      at = owner_conninfo(p.domain);
      if (at.empty()) at = conninfo(p.domain);
    } else if (!problem.empty()) {
      out.problem = problem;
      continue;
    } else if (folder.server != 0) {
      at = private_conninfo(folder, secrets, p.domain);
    }
    if (!at.empty()) note_state(out, p, at);
    else
      for (const auto& set : sets_of(p))  // there is no database yet
        for (const auto& m : set.migrations)
          out.files.outstanding.push_back(std::string(set.part) + "/" + std::string(m.name));
  }
  return all;
}

std::string text_of(const schema_state& schema) {
  if (!schema.problem.empty()) return "nova: database of " + schema.domain + ": " + schema.problem;
  const auto& files = schema.files;
  std::string out = schema.domain + ": " + std::to_string(files.applied.size()) + " applied, " +
                    std::to_string(files.outstanding.size()) + " outstanding";
  if (files.newer != 0) out += ", " + std::to_string(files.newer) + " of a newer version";
  const char* before = ": ";
  for (const auto& name : files.outstanding) out += std::exchange(before, ", ") + name;
  return out;
}

outlook domain_databases::look() const {
  outlook seen;
  seen.nova = lock_holder(settings_.general.data_dir);
  if (embedded_) look_at_embedded(seen);
  for (const auto& p : plans_) {
    if (!settings_.storage.dsn.contains(p.domain)) continue;
    const auto own = conninfo(p.domain), owner = owner_conninfo(p.domain);
    const auto before = seen.refused.size();
    for (auto& text : check_server(own)) seen.refused.push_back({p.domain, std::move(text)});
    for (auto& text : check_standbys(own)) seen.refused.push_back({p.domain, std::move(text)});
    for (auto& text : unused_standbys(own)) seen.doubtful.push_back({p.domain, std::move(text)});
    if (!owner.empty())
      for (auto& text : check_owner(owner, own))
        seen.refused.push_back({p.domain, std::move(text)});
    if (seen.refused.size() > before) continue;
    const auto asked = seen.would.size();
    look_at_schema(p, owner.empty() ? own : owner, seen);
    if (owner.empty() && seen.would.size() > asked) {
      seen.would.resize(asked);
      seen.refused.push_back(
          {p.domain, "the schema is older than this version: run `nova migrate` with owner_dsn"});
    }
  }
  return seen;
}

}  // namespace nova::storage
