// What every implementation of storage::database owes its runtime, as cases that run against a world: the one in memory
// (memory_contract_test) and PostgreSQL (postgres_contract_pgtest).
#pragma once

#include "storage/database/database.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nova::test {

/// One empty database with the runtime's and the sample's tables, and the nodes that are opened on it.
class contract_world {
 public:
  virtual ~contract_world() = default;
  /// Opens the node at first; the same object afterwards.
  virtual storage::database& node(const std::string& name) = 0;
  /// stop()s it and waits.
  virtual void stop(const std::string& name) = 0;
  /// Lets things happen until `done` holds; false when it never does.
  virtual bool until(const std::function<bool()>& done) = 0;
  /// Makes the lease of a node's lane run out by the database's clock, without the node's doing.
  virtual void expire(const std::string& name) = 0;
  /// The node's process ends without giving anything back; the next node() is a new process of the same folder.
  virtual void restart(const std::string& name) = 0;
};

struct contract_case {
  const char* name;
  void (*run)(contract_world&);
};
const std::vector<contract_case>& contract_cases();
/// For nodes of two lanes that are apart, see database::apart.
const std::vector<contract_case>& apart_cases();

}  // namespace nova::test
