// The faults of a PostgreSQL server or a domain's role that `nova doctor` and `nova serve` refuse. Blocks.
#pragma once

#include <string>
#include <vector>

namespace nova::storage {

/// Connects as a domain's run-time role; cannot write. Each finding is one sentence: the fault and its cure. Findings:
/// a version below 15; synchronous_commit, fsync or full_page_writes not on; an encoding other than UTF8; a role with more rights
/// than DML on its own tables; a database that other roles may connect to; several
/// hosts without a synchronous standby. Empty: no fault was found.
std::vector<std::string> check_server(const std::string& conninfo);

/// Looks at each standby that the connection string names; one that does not answer is no fault. For `nova doctor` alone: a start
/// does not depend on standbys. Findings: synchronous_commit, fsync or full_page_writes is not on, so that a server that takes over
/// could lose answered writes; commits wait for fewer standbys than the string names, and Patroni does not choose among them.
std::vector<std::string> check_standbys(const std::string& conninfo);

/// A warning when the string names one server, a standby follows that server with a slot of its own, and no commit waits for a
/// standby. Whether the standby may take over, only its administrator knows.
std::vector<std::string> unused_standbys(const std::string& conninfo);

/// The same as check_server for the role that runs migrations, before they run. Findings: a superuser, a role without the right to create tables,
/// another database than the run-time role's, or that role itself.
std::vector<std::string> check_owner(const std::string& owner_conninfo,
                                     const std::string& conninfo);

}  // namespace nova::storage
