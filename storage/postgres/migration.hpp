// Numbered SQL files of a domain, and their application to its database. Called by main.cpp (`nova serve`, `nova migrate`)
// and by test fixtures before the domain's database object is opened.
#pragma once

#include "protocols/core/error.hpp"
#include "storage/database/migration_file.hpp"

#include <span>
#include <string>
#include <vector>

namespace nova::storage {

/// Applies the missing files, set by set. Each file runs in a transaction of its own, under an advisory lock; a second process
/// waits. `conninfo` is the owner role's. `runtime_role` gets only DML on the owner's tables and execution of functions.
/// Refused with a sentence that says what to do: an applied file whose text has changed (SHA-256) or that is missing
/// now, and gaps in the numbers. A database with higher numbers than this binary has is accepted: N−1 runs beside N.
/// Blocks. Returns the names applied.
result<std::vector<std::string>> migrate(const std::string& conninfo,
                                         const std::string& runtime_role,
                                         std::span<const migration_set> sets);

/// The files of a database by their state; each is named like runtime/0001_runtime.
struct migration_state {
  std::vector<std::string> applied, outstanding;
  std::size_t newer = 0;  ///< applied by a newer version; this binary does not have them
};

/// The state before migrate(), found by a session that cannot write. Same errors as migrate().
result<migration_state> look_at_migrations(const std::string& conninfo,
                                           std::span<const migration_set> sets);

/// The role that a connection string names: the `runtime_role` of a server that is not embedded. Empty: no role is named.
std::string role_of(const std::string& conninfo);

}  // namespace nova::storage
