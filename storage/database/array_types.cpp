#include "storage/database/array_types.hpp"

#include <cstdint>

namespace nova::storage {
namespace {

constexpr pg_oid bool_oid = 16, bytea_oid = 17, int8_oid = 20, int2_oid = 21, int4_oid = 23,
                 text_oid = 25, float8_oid = 701, timestamptz_oid = 1184, uuid_oid = 2950;

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;  // clang 14 does not deduce aggregates

}  // namespace

pg_oid element_type(std::string_view t) noexcept {
  if (!t.ends_with("[]")) return 0;
  t.remove_suffix(2);
  if (t == "uuid") return uuid_oid;
  if (t == "bigint" || t == "int8") return int8_oid;
  if (t == "text") return text_oid;
  if (t == "timestamptz") return timestamptz_oid;
  if (t == "bytea") return bytea_oid;
  if (t == "bool" || t == "boolean") return bool_oid;
  if (t == "integer" || t == "int4" || t == "int") return int4_oid;
  if (t == "smallint" || t == "int2") return int2_oid;
  if (t == "float8" || t == "double precision") return float8_oid;
  return 0;
}

bool fits_array(std::string_view array_type, const value& v) noexcept {
  if (std::holds_alternative<std::monostate>(v)) return element_type(array_type) != 0;
  auto whole = std::get_if<std::int64_t>(&v);
  switch (element_type(array_type)) {
    case uuid_oid: return std::holds_alternative<uuid>(v);
    case int8_oid: return whole;
    case int4_oid: return whole && *whole == static_cast<std::int32_t>(*whole);
    case int2_oid: return whole && *whole == static_cast<std::int16_t>(*whole);
    case bytea_oid: return std::holds_alternative<bytes>(v);
    case timestamptz_oid: return std::holds_alternative<timestamp>(v);
    case bool_oid: return std::holds_alternative<bool>(v);
    case float8_oid: return std::holds_alternative<double>(v);
    case text_oid:
      return std::holds_alternative<std::string>(v) || v.index() >= std::variant_size_v<value> - 3;
    default: return false;
  }
}

std::size_t wire_size(const value& v) noexcept {
  return std::visit(overloaded{
                        [](std::monostate) -> std::size_t { return 4; },
                        [](bool) -> std::size_t { return 5; },
                        [](std::int64_t) -> std::size_t { return 12; },
                        [](double) -> std::size_t { return 12; },
                        [](timestamp) -> std::size_t { return 12; },
                        [](const uuid&) -> std::size_t { return 20; },
                        [](const std::string& x) { return 4 + x.size(); },
                        [](const bytes& x) { return 4 + x.data.size(); },
                        [](const std::vector<uuid>& x) { return 24 + 20 * x.size(); },
                        [](const std::vector<std::int64_t>& x) { return 24 + 12 * x.size(); },
                        [](const std::vector<std::string>& x) {
                          std::size_t n = 24;
                          for (const auto& s : x) n += 4 + s.size();
                          return n;
                        },
                    },
                    v);
}

}  // namespace nova::storage
