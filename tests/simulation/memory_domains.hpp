// The named queries of auth, user and messaging carried out on a memory_store. They mirror the SQL of storage/<domain>;
// queries_pgtest runs both side by side on the same random work, so that they cannot drift. Used by the simulation.
#pragma once

#include "storage/memory/memory_store.hpp"

namespace nova::simulation {

/// Tables as in the domain's migrations, columns in their order, and an execution for every query of its list.
void add_auth_tables(storage::memory_store& store);
void add_user_tables(storage::memory_store& store);
void add_messaging_tables(storage::memory_store& store);

/// Part of add_messaging_tables: what pages, summaries and resumes read.
void add_messaging_reads(storage::memory_store& store);

}  // namespace nova::simulation
