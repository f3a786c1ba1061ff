#include "storage/embedded/domain_databases.hpp"

#include "protocols/core/log.hpp"
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
    for (const auto& name : *applied) log::info("migration.applied", {{"domain", p.domain}, {"name", name}});
  }
  return {};
}

std::vector<domain_databases::finding> domain_databases::check() const {
  std::vector<finding> found;
  for (const auto& p : plans_)
    for (auto& text : check_server(conninfo(p.domain))) found.push_back({p.domain, std::move(text)});
  return found;
}

}  // namespace nova::storage
