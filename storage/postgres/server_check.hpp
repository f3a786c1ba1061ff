// What `nova doctor` and `nova serve` refuse in a PostgreSQL server and in a domain's role. Blocks.
#pragma once

#include <string>
#include <vector>

namespace nova::storage {

/// Connects as a domain's run-time role, in a session that cannot write. Each finding is one sentence that says what is wrong and what to change: version
/// below 15, synchronous_commit, fsync or full_page_writes not on, an encoding other than UTF8, a role with more privileges
/// than DML on its own tables, a database that others may connect to. Empty: all is well.
std::vector<std::string> check_server(const std::string& conninfo);

/// The same for the role that runs migrations, asked before they run: a superuser, a role without the right to create tables,
/// another database than the run-time role's, or that role itself.
std::vector<std::string> check_owner(const std::string& owner_conninfo,
                                     const std::string& conninfo);

}  // namespace nova::storage
