// A numbered SQL file of a domain, embedded into the binary. Generated migrations.hpp files list them; storage/postgres applies them.
#pragma once

#include <span>
#include <string_view>

namespace nova::storage {

/// One file storage/<noun>/migrations/NNNN_name.sql; static life time.
struct migration {
  int number;
  std::string_view name;  ///< "0001_messaging"
  std::string_view sql;
};

/// The migrations of one part (runtime, or the domain) of a database.
struct migration_set {
  std::string_view part;  ///< "runtime", "messaging": numbers are counted per part
  std::span<const migration> migrations;
};

}  // namespace nova::storage
