// The values that a cell of a merged statement's arrays may hold, and their size. Used by batch planning and by the wire format.
#pragma once

#include "storage/database/value.hpp"

#include <cstddef>
#include <string_view>

namespace nova::storage {

/// PostgreSQL's type numbers (pg_type.dat). 0: the server infers the type.
using pg_oid = unsigned int;

/// The type of the elements of "uuid[]", "bigint[]", "int8[]", …; 0 when no value can hold that type.
pg_oid element_type(std::string_view array_type) noexcept;

/// Whether `v` may be a cell of an array of that type.
bool fits_array(std::string_view array_type, const value& v) noexcept;

/// Roughly the bytes of a value on the wire.
std::size_t wire_size(const value& v) noexcept;

}  // namespace nova::storage
