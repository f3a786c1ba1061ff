#include "storage/embedded/database_script.hpp"

#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/database_sql.hpp"

namespace nova::storage {

namespace {

constexpr std::size_t password_bytes = 32;

constexpr auto sql_head =
    "-- Roles and databases of Nova. Run it with psql as an administrator, once:\n"
    "--   psql -d postgres -v ON_ERROR_STOP=1 -f THIS_FILE\n"
    "-- Each domain has a database that only two roles may enter: the owner runs migrations, the "
    "other reads and writes rows.\n"
    "-- CREATE DATABASE … OWNER needs a superuser, or an administrator who is a member of the "
    "owner role.\n";

constexpr auto settings_head =
    "# Connections of Nova's domains, written by `nova databases`. The file holds passwords: keep "
    "its mode 600.\n"
    "# owner_dsn is needed by `nova migrate`, and by a start that is to migrate.\n";

std::string role_sql(const std::string& role, const std::string& password) {
  return "CREATE ROLE " + role + role_attributes +
         (password.empty() ? "" : " PASSWORD '" + password + "'") + ";\n";
}

std::string dsn_line(const std::string& domain, const database_place& at, const std::string& role,
                     const std::string& password, const std::string& database) {
  return domain + " = \"host=" + at.host + " port=" + std::to_string(at.port) + " user=" + role +
         (password.empty() ? "" : " password=" + password) + " dbname=" + database + "\"\n";
}

}  // namespace

database_script_texts database_script(const std::vector<std::string>& domains,
                                      const database_place& at, bool with_passwords) {
  std::string sql = sql_head, dsn = "\n[storage.dsn]\n", owner_dsn = "\n[storage.owner_dsn]\n";
  const auto password = [&] { return with_passwords ? random_hex(password_bytes) : std::string(); };
  for (const auto& domain : domains) {
    const database_names names(domain);
    const auto own = password(), owner = password();
    sql += "\n-- " + domain + '\n' + role_sql(names.owner, owner) + role_sql(names.runtime, own) +
           create_database_sql(names) + ";\n" + guard_database_sql(names) + ";\n\\connect " +
           names.database + '\n' + guard_schema_sql(names) + ";\n";
    dsn += dsn_line(domain, at, names.runtime, own, names.database);
    owner_dsn += dsn_line(domain, at, names.owner, owner, names.database);
  }
  return {std::move(sql), settings_head + dsn + owner_dsn};
}

}  // namespace nova::storage
