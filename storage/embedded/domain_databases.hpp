// Where the databases of all domains are: the servers of the settings, or the embedded one. Used by gateway/main.cpp.
#pragma once

#include "config/settings/settings.hpp"
#include "storage/database/migration_file.hpp"
#include "storage/embedded/data_folder.hpp"
#include "storage/embedded/embedded_postgres.hpp"

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

/// Blocks in every call. One process a data folder: start() takes the folder's lock with and without the embedded server.
class domain_databases {
 public:
  domain_databases(const config::settings& s, std::vector<database_plan> plans);

  result<void> start();
  void stop();

  /// As the domain's run-time role. Valid after start().
  std::string conninfo(const std::string& domain) const;

  /// Applies what is missing, except where the settings name a server without its owner role.
  result<void> migrate() const;

  struct finding {
    std::string domain;
    std::string text;
  };
  /// What a server or a role must not be like; see check_server.
  std::vector<finding> check() const;

 private:
  /// Empty: migrations of this domain are not this process's work.
  std::string owner_conninfo(const std::string& domain) const;

  const config::settings& settings_;
  std::vector<database_plan> plans_;
  std::optional<embedded_postgres> embedded_;  ///< takes the folder's lock itself
  folder_lock lock_;
};

}  // namespace nova::storage
