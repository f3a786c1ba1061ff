// The named queries of domains carried out on a memory_store. They mirror the SQL of storage/<domain>;
// queries_pgtest runs both side by side on the same random work, so that they cannot drift. Used by the simulation.
#pragma once

#include "storage/memory/memory_store.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace nova::simulation {

/// Tables as in the domain's migrations, columns in their order, and an execution for every query of its list.
void add_auth_tables(storage::memory_store& store);
void add_user_tables(storage::memory_store& store);
void add_messaging_tables(storage::memory_store& store);

/// A domain that takes part in the simulation. A domain without a row here does not.
struct memory_double {
  std::string_view domain;
  void (*add_tables)(storage::memory_store&);
};
std::span<const memory_double> memory_doubles();
/// Its place in that list.
std::optional<std::size_t> double_of(std::string_view domain);

/// Part of add_messaging_tables: what pages, summaries and resumes read.
void add_messaging_reads(storage::memory_store& store);

}  // namespace nova::simulation
