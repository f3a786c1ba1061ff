// PostgreSQL's binary format. Parameters of one execution are written into one reused buffer; results are read into rows.
// Used by session.cpp and lane.cpp only. Formats: the *send/*recv functions of PostgreSQL's src/backend/utils/adt.
#pragma once

#include "protocols/core/error.hpp"
#include "storage/database/array_types.hpp"
#include "storage/database/value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace nova::storage {

/// Parameters of one execution. Reused: clear() keeps the memory.
class parameter_buffer {
 public:
  void clear();
  void add(const value& v);
  /// Adds one parameter of a merged statement: column `column` of all rows as an array of `array_type` ("uuid[]"). False when a
  /// cell does not fit the type. A list inside a cell becomes an array literal; its array_type is then "text[]", and the
  /// SQL casts it.
  bool add_column(std::string_view array_type, std::span<const statement* const> rows,
                  std::size_t column);
  /// Writes an array parameter by its elements: begin_array, then begin_cell + put_* `count` times.
  void begin_array(pg_oid element, std::size_t count);
  void end_array();
  void put_int4(std::int32_t x);
  void put_int8(std::int64_t x);
  void put_bytes(std::string_view x);

  std::size_t size() const noexcept { return types_.size(); }
  std::span<const pg_oid> types() const noexcept { return types_; }
  /// Pointers into the buffer in libpq's shape; valid until the next change.
  void finish();
  const char* const* values() const noexcept { return values_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  void begin(pg_oid type);
  void end();
  void raw(const void* data, std::size_t size);
  void be16(std::uint16_t x);
  void be32(std::uint32_t x);
  void be64(std::uint64_t x);
  bool put_element(pg_oid element, const value& v);

  std::string data_;
  std::vector<pg_oid> types_;
  std::vector<std::size_t> starts_;
  std::vector<int> lengths_;  ///< -1: NULL
  std::vector<int> formats_;
  std::vector<const char*> values_;
};

/// All rows of a binary result. A type that value.hpp does not list is errc::internal: cast it in the SQL.
result<rows> decode_rows(const pg_result* r);

}  // namespace nova::storage
