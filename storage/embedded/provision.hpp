// Databases and roles of the embedded server. Used by embedded_postgres.cpp.
#pragma once

#include "protocols/core/error.hpp"

#include <string>

namespace nova::storage {

struct domain_roles {
  std::string domain;
  std::string owner_password;    ///< of nova_<domain>_owner: owns the database, runs migrations
  std::string runtime_password;  ///< of nova_<domain>: connects to this database only, DML only
};

/// Makes missing databases and roles, and leaves a complete database alone. `admin_conninfo` lacks the dbname.
result<void> provision(const std::string& admin_conninfo, const domain_roles& roles);

}  // namespace nova::storage
