// What may stand in a cell of a merged statement's arrays, and how large it is. Used by batch planning and by the wire format.
#pragma once

#include "storage/database/value.hpp"

#include <cstddef>
#include <string_view>

namespace nova::storage {

/// PostgreSQL's type numbers (pg_type.dat); 0: let the server infer.
using pg_oid = unsigned int;

/// The element's type of "uuid[]", "bigint[]", "int8[]", …; 0 when it is not one of those that values can hold.
pg_oid element_type(std::string_view array_type) noexcept;

/// Whether `v` may be a cell of an array of that type.
bool fits_array(std::string_view array_type, const value& v) noexcept;

/// Roughly the bytes of a value on the wire.
std::size_t wire_size(const value& v) noexcept;

}  // namespace nova::storage
