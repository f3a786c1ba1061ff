#include "storage/embedded/provision.hpp"

#include "storage/embedded/database_sql.hpp"
#include "storage/postgres/conninfo.hpp"

namespace nova::storage {
namespace {

constexpr auto done_mark = "nova 1";

result<void> make_role(blocking_connection& db, const std::string& name,
                       const std::string& password) {
  auto exists = db.text("SELECT 1 FROM pg_roles WHERE rolname = $1", {name});
  if (!exists) return exists.error();
  return db.script((exists->empty() ? "CREATE ROLE " : "ALTER ROLE ") + db.quote_name(name) +
                   role_attributes + " PASSWORD " + db.quote_text(password));
}

}  // namespace

result<void> provision(const std::string& admin_conninfo, const domain_roles& roles) {
  auto admin = blocking_connection::open(admin_conninfo + " dbname=postgres");
  if (!admin) return admin.error();
  const database_names names(roles.domain);
  auto mark = admin->text(
      "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
      {names.database});
  if (!mark) return mark.error();
  if (*mark == done_mark) return {};

  if (auto r = make_role(*admin, names.owner, roles.owner_password); !r) return r;
  if (auto r = make_role(*admin, names.runtime, roles.runtime_password); !r) return r;
  auto exists = admin->text("SELECT 1 FROM pg_database WHERE datname = $1", {names.database});
  if (!exists) return exists.error();
  if (exists->empty())
    if (auto r = admin->script(create_database_sql(names)); !r) return r;
  // The server's own databases are the administrator's alone.
  if (auto r = admin->script(guard_database_sql(names) +
                             "; REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC");
      !r)
    return r;

  auto inside = blocking_connection::open(admin_conninfo + " dbname=" + names.database);
  if (!inside) return inside.error();
  if (auto r = inside->script(guard_schema_sql(names)); !r) return r;
  return admin->script("COMMENT ON DATABASE " + names.database + " IS '" + done_mark + "'");
}

}  // namespace nova::storage
