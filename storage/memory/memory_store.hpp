// The state behind memory_database: tables with unique indexes, transactions with an undo log, lanes, shards and the
// runtime's tables. Two memory_databases on one store are two nodes on one database. Single-threaded; tests only.
#pragma once

#include "storage/database/database.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nova::storage {

using memory_row = std::vector<value>;

/// Orders NULL first, then by alternative, then by value.
struct value_less {
  bool operator()(const value& a, const value& b) const;
  bool operator()(const memory_row& a, const memory_row& b) const;
};

/// Statements throw these. They become commit_status::conflict (with the constraint's name) or ::rejected, or a failed read.
struct memory_conflict {
  std::string constraint;
};
struct memory_refusal {
  std::string reason;
};

struct unique_index {
  std::string name;
  std::vector<std::size_t> columns;
};

/// Rows by primary key. All changes are undone when the transaction fails.
class memory_table {
 public:
  using rows_map = std::map<memory_row, memory_row, value_less>;
  memory_table(std::string name, std::vector<std::size_t> key, std::vector<unique_index> unique);

  const rows_map& rows() const noexcept { return rows_; }
  const memory_row* find(const memory_row& key) const;
  /// Throws memory_conflict ("<table>_pkey" or the index's name).
  void insert(memory_row row);
  /// Inserts or replaces by primary key.
  void put(memory_row row);
  bool erase(const memory_row& key);

  void begin() { undo_.clear(); }
  void roll_back();

 private:
  memory_row key_of(const memory_row& row) const;
  void check_unique(const memory_row& row, const memory_row* except) const;

  std::string name_;
  std::vector<std::size_t> key_;
  std::vector<unique_index> unique_;
  std::vector<std::map<memory_row, memory_row, value_less>> indexes_;  ///< unique key → primary key
  rows_map rows_;
  struct change {
    memory_row key;
    std::optional<memory_row> before;
  };
  std::vector<change> undo_;
  void set(const memory_row& key, std::optional<memory_row> to);
};

struct memory_result {
  rows returned;
  std::size_t affected = 0;  ///< the number that expect_rows checks when no rows are returned
};

class memory_store {
 public:
  /// Has the runtime's tables and executes storage/runtime's queries by their names.
  memory_store();

  memory_table& add_table(const std::string& name, std::vector<std::size_t> key,
                          std::vector<unique_index> unique = {});
  memory_table& table(const std::string& name) { return tables_.at(name); }

  /// Carries out one execution of a named statement with its parameters. A merged statement is called once per row.
  using execution = std::function<memory_result(memory_store&, const memory_row& params)>;
  void on(std::string_view query_name, execution run) {
    executions_[std::string(query_name)] = std::move(run);
  }
  bool executes(std::string_view query_name) const {
    return executions_.contains(std::string(query_name));
  }
  /// Throws memory_refusal for a name that was not registered.
  memory_result execute(const statement& s);

  /// All or nothing: an exception undoes every change and is thrown again.
  void transaction(const std::function<void()>& body);

  struct lane_row {
    std::string node;
    bool fenced = false;
    unix_ms expires_at = 0;
    std::int64_t batch_no = 0;
    uuid process{};  ///< of a process with several lanes; zero: its only lane
  };
  struct shard_row {
    uuid lane{};
    std::int64_t epoch = 0;
  };
  std::map<uuid, lane_row> lanes;
  std::map<std::uint32_t, shard_row> shards;
  /// Units that a lane committed for shards of another one: PostgreSQL takes them, so the runtime must not send them.
  std::vector<std::string> foreign_writes;
  /// The database's clock; tests set it.
  std::function<unix_ms()> now = [] { return unix_ms{0}; };

  /// Does the same as nova_claim_part of 0012_several_lanes.sql. Empty: `me` or another lane of its process is fenced.
  std::optional<std::vector<shard_claim>> claim(const uuid& me, const std::string& node,
                                                std::uint32_t shard_count, std::uint32_t part = 0,
                                                std::uint32_t parts = 1);
  /// Does the same as nova_claim_lane of 0013_lane_for_itself.sql. Empty: `me` is fenced.
  std::optional<std::vector<shard_claim>> claim_apart(const uuid& me, const std::string& node,
                                                      std::uint32_t shard_count, std::uint32_t part,
                                                      std::uint32_t parts, std::uint32_t lease_ms);
  std::uint64_t last_event(std::uint32_t shard) const;

 private:
  uuid process_of(const uuid& lane) const;
  void fence_dead(const uuid& mine, const std::string& node);

  std::map<std::string, memory_table> tables_;
  std::map<std::string, execution, std::less<>> executions_;
};

/// Registers the runtime's tables and queries (memory_runtime.cpp); the constructor calls it.
void add_runtime_tables(memory_store& store);

/// Makes a result from one list of columns per row. For executions.
rows make_rows(std::size_t columns, const std::vector<memory_row>& list);

}  // namespace nova::storage
