// What `nova databases` prints: the SQL that a PostgreSQL of one's own needs before Nova can use it, and the settings that fit.
// Called by gateway/main.cpp.
#pragma once

#include <string>
#include <vector>

namespace nova::storage {

struct database_place {
  std::string host;  ///< of the connection strings: a name, an address or a socket's folder
  unsigned port = 5432;
};

struct database_script_texts {
  std::string sql;       ///< for psql, as an administrator: roles, databases and who may enter them
  std::string settings;  ///< [storage.dsn] and [storage.owner_dsn]
};

/// With passwords: each role gets one of 256 random bits, which stands in both texts. Without: roles cannot log in until
/// the administrator gives them one.
database_script_texts database_script(const std::vector<std::string>& domains,
                                      const database_place& at, bool with_passwords);

}  // namespace nova::storage
