#include "storage/embedded/domain_databases.hpp"

#include "protocols/core/log.hpp"
#include "storage/embedded/database_sql.hpp"
#include "storage/embedded/folder_look.hpp"
#include "storage/postgres/conninfo.hpp"
#include "storage/postgres/migration.hpp"
#include "storage/postgres/server_check.hpp"
#include "storage/runtime/migrations.hpp"

namespace nova::storage {

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
    const migration_set sets[] = {{"runtime", runtime_migrations()}, {p.domain, p.migrations}};
    auto applied = storage::migrate(owner, role_of(conninfo(p.domain)), sets);
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
  const migration_set sets[] = {{"runtime", runtime_migrations()}, {plan.domain, plan.migrations}};
  auto pending = pending_migrations(conninfo, sets);
  if (!pending) return seen.refused.push_back({plan.domain, pending.error().detail});
  for (const auto& name : *pending)
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
    const database_names names(p.domain);
    if (secrets.known(names.runtime).empty()) {
      seen.would.push_back("make the database of " + p.domain);
      continue;
    }
    const auto own = to_conninfo({{"host", folder.socket_folder.string()},
                                  {"port", "5432"},
                                  {"user", names.runtime},
                                  {"password", secrets.known(names.runtime)},
                                  {"dbname", names.database}});
    for (auto& text : check_server(own)) seen.refused.push_back({p.domain, std::move(text)});
    look_at_schema(p, own, seen);
  }
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
