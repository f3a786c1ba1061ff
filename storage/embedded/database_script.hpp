// The output of `nova databases`: the SQL that prepares an administrator's own PostgreSQL for Nova, and the settings that fit.
// Called by gateway/main.cpp.
#pragma once

#include <string>
#include <vector>

namespace nova::storage {

struct database_place {
  std::string host;  ///< in connection strings: a name, an address or a socket's folder
  unsigned port = 5432;
};

struct database_script_texts {
  std::string sql;       ///< for psql, as an administrator: roles, databases, rights to connect
  std::string settings;  ///< [storage.dsn] and [storage.owner_dsn]
};

/// `with_passwords`: each role gets a password of 256 random bits, which stands in both texts. Otherwise roles cannot log in
/// until the administrator gives them a password.
database_script_texts database_script(const std::vector<std::string>& domains,
                                      const database_place& at, bool with_passwords);

}  // namespace nova::storage
