#include "storage/embedded/provision.hpp"

#include "storage/postgres/conninfo.hpp"

namespace nova::storage {
namespace {

constexpr auto done_mark = "nova 1";

result<void> make_role(blocking_connection& db, const std::string& name, const std::string& password) {
  auto exists = db.text("SELECT 1 FROM pg_roles WHERE rolname = $1", {name});
  if (!exists) return exists.error();
  return db.script((exists->empty() ? "CREATE ROLE " : "ALTER ROLE ") + db.quote_name(name) +
                   " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT PASSWORD " +
                   db.quote_text(password));
}

}  // namespace

result<void> provision(const std::string& admin_conninfo, const domain_roles& roles) {
  auto admin = blocking_connection::open(admin_conninfo + " dbname=postgres");
  if (!admin) return admin.error();
  const std::string name = "nova_" + roles.domain, owner = name + "_owner";
  auto mark = admin->text("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", {name});
  if (!mark) return mark.error();
  if (*mark == done_mark) return {};

  if (auto r = make_role(*admin, owner, roles.owner_password); !r) return r;
  if (auto r = make_role(*admin, name, roles.runtime_password); !r) return r;
  auto exists = admin->text("SELECT 1 FROM pg_database WHERE datname = $1", {name});
  if (!exists) return exists.error();
  auto database = admin->quote_name(name), runtime = database, owner_name = admin->quote_name(owner);
  if (exists->empty())
    if (auto r = admin->script("CREATE DATABASE " + database + " OWNER " + owner_name + " TEMPLATE template0"); !r)
      return r;
  // Two roles are all that may enter; the server's own databases are the administrator's alone.
  if (auto r = admin->script("REVOKE ALL ON DATABASE " + database + " FROM PUBLIC; GRANT CONNECT ON DATABASE " +
                             database + " TO " + runtime +
                             "; REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC");
      !r)
    return r;

  auto inside = blocking_connection::open(admin_conninfo + " dbname=" + name);
  if (!inside) return inside.error();
  if (auto r = inside->script("REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE, CREATE ON SCHEMA public TO " +
                              owner_name + "; GRANT USAGE ON SCHEMA public TO " + runtime);
      !r)
    return r;
  return admin->script("COMMENT ON DATABASE " + database + " IS '" + done_mark + "'");
}

}  // namespace nova::storage
