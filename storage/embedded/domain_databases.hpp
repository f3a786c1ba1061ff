// The place of each domain's database: a server from the settings, or the embedded one. Used by gateway/main.cpp.
#pragma once

#include "config/settings/settings.hpp"
#include "storage/database/migration_file.hpp"
#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/embedded_postgres.hpp"
#include "storage/postgres/migration.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nova::storage {

struct database_plan {
  std::string domain;
  std::span<const migration> migrations;
};

/// The result of a start that only looks and changes nothing.
struct outlook {
  struct finding {
    std::string domain;  ///< empty: of all
    std::string text;
  };
  std::vector<finding> refused;
  std::vector<finding> doubtful;   ///< no start is refused for it
  std::vector<std::string> would;  ///< "make …", "apply …": each completes "A start would"
  int nova = 0;                    ///< the process that serves this folder now
};

/// The schema of a domain's database against the files of this version.
struct schema_state {
  std::string domain;
  std::string problem;  ///< why the state is not known; else empty
  migration_state files;
};

/// One line: the counts of files, and those that are outstanding by name.
std::string text_of(const schema_state& schema);

/// Every call blocks. Only one process a data folder: start() takes the folder's lock with and without the embedded server.
class domain_databases {
 public:
  domain_databases(const config::settings& s, std::vector<database_plan> plans);

  /// Starts nothing and writes nothing, in the folder or in a database.
  outlook look() const;

  /// The state of each schema. Starts nothing and writes nothing. The private PostgreSQL can be asked only while it runs.
  std::vector<schema_state> schemas() const;

  result<void> start();
  void stop();

  /// The connection string of the domain's run-time role. Valid after start().
  std::string conninfo(const std::string& domain) const;

  /// Finds unsafe servers and roles; see check_server and check_owner. Call before migrate(), so that no table is made for a
  /// wrong owner.
  std::vector<outlook::finding> check() const;

  /// Applies the missing migrations. Does nothing where the settings name a server without its owner role.
  result<void> migrate() const;

 private:
  void look_at_embedded(outlook& seen) const;
  void look_at_schema(const database_plan& plan, const std::string& conninfo, outlook& seen) const;
  /// Empty: this process does not migrate this domain.
  std::string owner_conninfo(const std::string& domain) const;

  const config::settings& settings_;
  std::vector<database_plan> plans_;
  std::optional<embedded_postgres> embedded_;  ///< takes the folder's lock itself
  folder_lock lock_;
};

}  // namespace nova::storage
