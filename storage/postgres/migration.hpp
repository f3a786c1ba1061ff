// Numbered SQL files of a domain, and their application to its database. Called by main.cpp (`nova serve`, `nova migrate`)
// and by test fixtures before the domain's database object is opened.
#pragma once

#include "protocols/core/error.hpp"
#include "storage/database/migration_file.hpp"

#include <span>
#include <string>
#include <vector>

namespace nova::storage {

/// Applies what is missing, set by set, each file in a transaction of its own, under an advisory lock (a second process
/// waits). `conninfo` is the owner role's; `runtime_role` gets DML on the owner's tables, execution of functions and nothing more.
/// Refused, with a sentence saying what to do: an applied file whose text has changed (SHA-256), one that is no longer
/// there, and gaps in the numbers. A database that is ahead of this binary (higher numbers) is accepted: N−1 runs beside N.
/// Blocks. Returns the names applied.
result<std::vector<std::string>> migrate(const std::string& conninfo,
                                         const std::string& runtime_role,
                                         std::span<const migration_set> sets);

/// What migrate() would apply, by a session that cannot write. Errors as there.
result<std::vector<std::string>> pending_migrations(const std::string& conninfo,
                                                    std::span<const migration_set> sets);

/// The role that a connection string names: `runtime_role` of a database that is not the embedded one. Empty: none named.
std::string role_of(const std::string& conninfo);

}  // namespace nova::storage
