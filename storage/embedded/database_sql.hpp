// The SQL that makes a domain's database and its two roles, stated once. provision.cpp runs it on the embedded server;
// `nova databases` prints it for an administrator's own server.
#pragma once

#include <string>

namespace nova::storage {

struct database_names {
  explicit database_names(const std::string& domain)
      : database("nova_" + domain), owner(database + "_owner"), runtime(database) {}
  std::string database;
  std::string owner;    ///< owns the database and its tables, runs migrations
  std::string runtime;  ///< enters this database only, DML only
};

inline constexpr auto role_attributes =
    " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT";

/// Runs in another database, as the administrator. Cannot run inside a transaction.
inline std::string create_database_sql(const database_names& n) {
  return "CREATE DATABASE " + n.database + " OWNER " + n.owner +
         " ENCODING 'UTF8' TEMPLATE template0";
}

/// Runs in another database, as the administrator. Only the two roles may connect afterwards.
inline std::string guard_database_sql(const database_names& n) {
  return "REVOKE ALL ON DATABASE " + n.database + " FROM PUBLIC; GRANT CONNECT ON DATABASE " +
         n.database + " TO " + n.runtime;
}

/// Inside the new database.
inline std::string guard_schema_sql(const database_names& n) {
  return "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE, CREATE ON SCHEMA public TO " +
         n.owner + "; GRANT USAGE ON SCHEMA public TO " + n.runtime;
}

}  // namespace nova::storage
