// Values, statements and rows as the domains see them. They are free of libpq, so rules and the simulation's store use
// the same types. Made by *_store code, executed by a database (database.hpp).
#pragma once

#include "protocols/core/ids.hpp"

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nova::storage {

struct bytes {
  std::string data;
  bool operator==(const bytes&) const = default;
};

/// timestamptz as Unix milliseconds.
struct timestamp {
  unix_ms ms = 0;
  bool operator==(const timestamp&) const = default;
};

/// One parameter or one cell. std::monostate is NULL. Sent in PostgreSQL's binary format: bool, int8, float8, text, uuid,
/// bytea, timestamptz, uuid[], int8[], text[], bytea[], bool[], timestamptz[]. (smallint and integer columns: cast in the SQL.)
using value =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, uuid, bytes, timestamp,
                 std::vector<uuid>, std::vector<std::int64_t>, std::vector<std::string>>;

enum class merging : std::uint8_t {
  none,  ///< executed in its place
  rows,  ///< all executions of a batch become one, and each parameter becomes an array (the SQL says unnest($1::…[], …))
  last,  ///< as `rows`; of several executions with an equal key (the first `key_params` parameters) only the last one counts
};

/// How a named read is scheduled among other reads.
struct reading {
  bool slow =
      false;  ///< its cost grows with data: it runs on the few connections for such reads, planned anew for its parameters
  int account_param =
      -1;  ///< index of the parameter that names the asking account: slow reads of several accounts take turns
  std::uint32_t timeout_ms =
      0;  ///< time limit in the database; 0: read_timeout_ms, or slow_read_timeout_ms
};

/// A named statement: the name is the metric, the log field and the time-out key. A constant with static life time.
/// Merged statements of a batch run in the order of their `rank`. A statement with merging::none first flushes the merged
/// statements that were collected before. So the order of effects is the order of decisions.
struct query {
  std::string_view name;  ///< "messaging.insert_message"
  std::string_view sql;
  merging merge = merging::none;
  int rank = 0;
  int key_params = 1;  ///< for merging::last
  /// For merging::rows and ::last, the array type of each parameter, e.g. "uuid[]"; in the order of the parameters.
  std::vector<std::string_view> array_types = {};
  reading read = {};
};

struct statement {
  const storage::query* query = nullptr;
  std::vector<value> params;
  /// The least number of rows that the statement must affect or return. With fewer rows its unit is refused as a conflict.
  /// Not for merged statements.
  std::uint32_t expect_rows = 0;
};

/// The rows of one read. Columns are addressed by position, as the SQL lists them.
class rows {
 public:
  rows() = default;
  rows(std::size_t columns, std::vector<value> cells)
      : columns_(columns), cells_(std::move(cells)) {}

  std::size_t size() const noexcept { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  bool empty() const noexcept { return cells_.empty(); }
  const value& at(std::size_t row, std::size_t column) const {
    assert(column < columns_ && row < size());
    return cells_[row * columns_ + column];
  }
  bool null(std::size_t row, std::size_t column) const {
    return std::holds_alternative<std::monostate>(at(row, column));
  }
  /// The cell as T; throws std::bad_variant_access on NULL or another type (a broken invariant).
  template <class T>
  const T& get(std::size_t row, std::size_t column) const {
    return std::get<T>(at(row, column));
  }
  std::int64_t int8(std::size_t row, std::size_t column) const {
    return get<std::int64_t>(row, column);
  }
  const std::string& text(std::size_t row, std::size_t column) const {
    return get<std::string>(row, column);
  }
  const uuid& id(std::size_t row, std::size_t column) const { return get<uuid>(row, column); }
  unix_ms time(std::size_t row, std::size_t column) const { return get<timestamp>(row, column).ms; }
  bool boolean(std::size_t row, std::size_t column) const { return get<bool>(row, column); }
  const std::string& blob(std::size_t row, std::size_t column) const {
    return get<bytes>(row, column).data;
  }

 private:
  std::size_t columns_ = 0;
  std::vector<value> cells_;
};

}  // namespace nova::storage
