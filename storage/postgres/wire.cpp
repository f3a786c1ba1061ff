#include "storage/postgres/wire.hpp"

#include <libpq-fe.h>

#include <bit>
#include <cstring>

namespace nova::storage {
namespace {

constexpr pg_oid bool_oid = 16, bytea_oid = 17, name_oid = 19, int8_oid = 20, int2_oid = 21,
                 int4_oid = 23, text_oid = 25, oid_oid = 26, json_oid = 114, float4_oid = 700,
                 float8_oid = 701, bpchar_oid = 1042, varchar_oid = 1043, timestamptz_oid = 1184,
                 void_oid = 2278, uuid_oid = 2950;
constexpr pg_oid bool_array = 1000, bytea_array = 1001, int2_array = 1005, int4_array = 1007,
                 text_array = 1009, varchar_array = 1015, int8_array = 1016, float8_array = 1022,
                 timestamptz_array = 1185, uuid_array = 2951;

// timestamptz counts microseconds from 2000-01-01.
constexpr std::int64_t epoch_shift_us = 946'684'800'000'000;

pg_oid array_of(pg_oid element) noexcept {
  switch (element) {
    case bool_oid: return bool_array;
    case bytea_oid: return bytea_array;
    case int2_oid: return int2_array;
    case int4_oid: return int4_array;
    case int8_oid: return int8_array;
    case float8_oid: return float8_array;
    case timestamptz_oid: return timestamptz_array;
    case uuid_oid: return uuid_array;
    default: return text_array;
  }
}

template <class T>
T big_endian(T x) noexcept {
  if constexpr (std::endian::native == std::endian::big) return x;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(x);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(x);
  return __builtin_bswap64(x);
}

std::string array_literal(const value& v) {
  std::string out = "{";
  auto item = [&](std::string_view text, bool quoted) {
    if (out.size() > 1) out += ',';
    if (!quoted) {
      out += text;
      return;
    }
    out += '"';
    for (char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  };
  if (auto* ids = std::get_if<std::vector<uuid>>(&v))
    for (const auto& x : *ids) {
      static constexpr char hex[] = "0123456789abcdef";
      std::string text;
      for (auto b : x.data) (text += hex[b >> 4]) += hex[b & 15];
      item(text, false);
    }
  else if (auto* numbers = std::get_if<std::vector<std::int64_t>>(&v))
    for (auto x : *numbers) item(std::to_string(x), false);
  else if (auto* texts = std::get_if<std::vector<std::string>>(&v))
    for (const auto& x : *texts) item(x, true);
  return out += '}';
}

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;  // clang 14 does not deduce aggregates

}  // namespace

void parameter_buffer::clear() {
  data_.clear();
  types_.clear();
  starts_.clear();
  lengths_.clear();
}

void parameter_buffer::raw(const void* data, std::size_t size) {
  data_.append(static_cast<const char*>(data), size);
}
void parameter_buffer::be16(std::uint16_t x) { x = big_endian(x), raw(&x, sizeof x); }
void parameter_buffer::be32(std::uint32_t x) { x = big_endian(x), raw(&x, sizeof x); }
void parameter_buffer::be64(std::uint64_t x) { x = big_endian(x), raw(&x, sizeof x); }

void parameter_buffer::begin(pg_oid type) {
  types_.push_back(type);
  starts_.push_back(data_.size());
}
void parameter_buffer::end() {
  lengths_.push_back(static_cast<int>(data_.size() - starts_.back()));
}

void parameter_buffer::begin_array(pg_oid element, std::size_t count) {
  begin(array_of(element));
  be32(count ? 1 : 0);
  be32(1);  // there may be NULLs
  be32(element);
  if (count) {
    be32(static_cast<std::uint32_t>(count));
    be32(1);  // lower bound
  }
}
void parameter_buffer::end_array() { end(); }

void parameter_buffer::put_int4(std::int32_t x) {
  be32(4);
  be32(static_cast<std::uint32_t>(x));
}
void parameter_buffer::put_int8(std::int64_t x) {
  be32(8);
  be64(static_cast<std::uint64_t>(x));
}
void parameter_buffer::put_bytes(std::string_view x) {
  be32(static_cast<std::uint32_t>(x.size()));
  raw(x.data(), x.size());
}

// The cell is known to fit.
bool parameter_buffer::put_element(pg_oid element, const value& v) {
  if (std::holds_alternative<std::monostate>(v)) {
    be32(0xffffffffu);
    return true;
  }
  switch (element) {
    case uuid_oid:
      if (auto* x = std::get_if<uuid>(&v))
        return put_bytes({reinterpret_cast<const char*>(x->data), 16}), true;
      return false;
    case int8_oid:
      if (auto* x = std::get_if<std::int64_t>(&v)) return put_int8(*x), true;
      return false;
    case int4_oid:
      if (auto* x = std::get_if<std::int64_t>(&v); x && *x == static_cast<std::int32_t>(*x))
        return put_int4(static_cast<std::int32_t>(*x)), true;
      return false;
    case int2_oid:
      if (auto* x = std::get_if<std::int64_t>(&v); x && *x == static_cast<std::int16_t>(*x))
        return be32(2), be16(static_cast<std::uint16_t>(*x)), true;
      return false;
    case bytea_oid:
      if (auto* x = std::get_if<bytes>(&v)) return put_bytes(x->data), true;
      return false;
    case timestamptz_oid:
      if (auto* x = std::get_if<timestamp>(&v))
        return put_int8(x->ms * 1000 - epoch_shift_us), true;
      return false;
    case bool_oid:
      if (auto* x = std::get_if<bool>(&v)) return put_bytes({*x ? "\1" : "\0", 1}), true;
      return false;
    case float8_oid:
      if (auto* x = std::get_if<double>(&v)) return put_int8(std::bit_cast<std::int64_t>(*x)), true;
      return false;
    case text_oid:
      if (auto* x = std::get_if<std::string>(&v)) return put_bytes(*x), true;
      if (v.index() >= std::variant_size_v<value> - 3) return put_bytes(array_literal(v)), true;
      return false;
    default: return false;
  }
}

bool parameter_buffer::add_column(std::string_view array_type,
                                  std::span<const statement* const> rows, std::size_t column) {
  pg_oid element = element_type(array_type);
  if (element == 0) return false;
  begin_array(element, rows.size());
  for (const auto* row : rows)
    if (column >= row->params.size() || !put_element(element, row->params[column])) return false;
  end_array();
  return true;
}

void parameter_buffer::add(const value& v) {
  std::visit(overloaded{
                 [&](std::monostate) { begin(0); },
                 [&](bool x) { begin(bool_oid), data_ += x ? '\1' : '\0'; },
                 [&](std::int64_t x) { begin(int8_oid), be64(static_cast<std::uint64_t>(x)); },
                 [&](double x) { begin(float8_oid), be64(std::bit_cast<std::uint64_t>(x)); },
                 [&](const std::string& x) { begin(text_oid), data_ += x; },
                 [&](const uuid& x) { begin(uuid_oid), raw(x.data, 16); },
                 [&](const bytes& x) { begin(bytea_oid), data_ += x.data; },
                 [&](timestamp x) {
                   begin(timestamptz_oid);
                   be64(static_cast<std::uint64_t>(x.ms * 1000 - epoch_shift_us));
                 },
                 [&](const std::vector<uuid>& x) {
                   begin_array(uuid_oid, x.size());
                   for (const auto& id : x) put_bytes({reinterpret_cast<const char*>(id.data), 16});
                 },
                 [&](const std::vector<std::int64_t>& x) {
                   begin_array(int8_oid, x.size());
                   for (auto n : x) put_int8(n);
                 },
                 [&](const std::vector<std::string>& x) {
                   begin_array(text_oid, x.size());
                   for (const auto& s : x) put_bytes(s);
                 },
             },
             v);
  if (std::holds_alternative<std::monostate>(v)) lengths_.push_back(-1);
  else end();
}

void parameter_buffer::finish() {
  values_.resize(types_.size());
  formats_.assign(types_.size(), 1);
  for (std::size_t i = 0; i < types_.size(); ++i)
    values_[i] = lengths_[i] < 0 ? nullptr : data_.data() + starts_[i];
}

namespace {

class reader {
 public:
  reader(const char* data, int size) : at_(data), end_(data + size) {}
  template <class T>
  T number() {
    T x{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof x) return bad_ = true, x;
    std::memcpy(&x, at_, sizeof x);
    at_ += sizeof x;
    return big_endian(x);
  }
  std::string_view take(std::size_t n) {
    if (static_cast<std::size_t>(end_ - at_) < n) return bad_ = true, std::string_view{};
    std::string_view out(at_, n);
    at_ += n;
    return out;
  }
  bool bad() const noexcept { return bad_; }

 private:
  const char *at_, *end_;
  bool bad_ = false;
};

uuid to_uuid(std::string_view raw) {
  uuid id{};
  if (raw.size() == 16) std::memcpy(id.data, raw.data(), 16);
  return id;
}

std::int64_t to_integer(std::string_view raw) {
  reader in(raw.data(), static_cast<int>(raw.size()));
  switch (raw.size()) {
    case 2: return static_cast<std::int16_t>(in.number<std::uint16_t>());
    case 4: return static_cast<std::int32_t>(in.number<std::uint32_t>());
    case 8: return static_cast<std::int64_t>(in.number<std::uint64_t>());
    default: return 0;
  }
}

template <class T, class Convert>
bool decode_array(std::string_view raw, value& out, Convert convert) {
  reader in(raw.data(), static_cast<int>(raw.size()));
  auto dimensions = in.number<std::uint32_t>();
  in.number<std::uint32_t>();
  in.number<std::uint32_t>();
  std::vector<T> list;
  if (dimensions > 1) return false;
  if (dimensions == 1) {
    auto n = in.number<std::uint32_t>();
    in.number<std::uint32_t>();
    if (n > raw.size()) return false;
    list.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i) {
      auto size = static_cast<std::int32_t>(in.number<std::uint32_t>());
      list.push_back(size < 0 ? T{} : convert(in.take(static_cast<std::size_t>(size))));
    }
  }
  if (in.bad()) return false;
  out = std::move(list);
  return true;
}

bool decode_cell(pg_oid type, std::string_view raw, value& out) {
  switch (type) {
    case bool_oid: out = !raw.empty() && raw[0] != 0; return true;
    case int8_oid:
    case int4_oid:
    case int2_oid: out = to_integer(raw); return true;
    case oid_oid:
      out = static_cast<std::int64_t>(static_cast<std::uint32_t>(to_integer(raw)));
      return true;
    case float8_oid: out = std::bit_cast<double>(to_integer(raw)); return true;
    case float4_oid:
      out = static_cast<double>(std::bit_cast<float>(static_cast<std::int32_t>(to_integer(raw))));
      return true;
    case text_oid:
    case varchar_oid:
    case bpchar_oid:
    case name_oid:
    case json_oid: out = std::string(raw); return true;
    case uuid_oid: out = to_uuid(raw); return true;
    case bytea_oid: out = bytes{std::string(raw)}; return true;
    case timestamptz_oid: {
      std::int64_t us = to_integer(raw) + epoch_shift_us;
      out = timestamp{us >= 0 ? us / 1000 : -((-us + 999) / 1000)};
      return true;
    }
    case void_oid: out = std::monostate{}; return true;
    case uuid_array: return decode_array<uuid>(raw, out, to_uuid);
    case int8_array:
    case int4_array:
    case int2_array: return decode_array<std::int64_t>(raw, out, to_integer);
    case text_array:
    case varchar_array:
    case bytea_array:
      return decode_array<std::string>(raw, out, [](std::string_view x) { return std::string(x); });
    case bool_array:
      return decode_array<std::int64_t>(
          raw, out, [](std::string_view x) -> std::int64_t { return !x.empty() && x[0]; });
    case timestamptz_array:
      return decode_array<std::int64_t>(
          raw, out, [](std::string_view x) { return (to_integer(x) + epoch_shift_us) / 1000; });
    default: return false;
  }
}

}  // namespace

result<rows> decode_rows(const PGresult* r) {
  auto columns = static_cast<std::size_t>(PQnfields(r));
  auto count = static_cast<std::size_t>(PQntuples(r));
  std::vector<value> cells(columns * count);
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t column = 0; column < columns; ++column) {
      int i = static_cast<int>(row), j = static_cast<int>(column);
      if (PQgetisnull(r, i, j)) continue;
      std::string_view raw(PQgetvalue(r, i, j), static_cast<std::size_t>(PQgetlength(r, i, j)));
      if (!decode_cell(PQftype(r, j), raw, cells[row * columns + column]))
        return make_error(errc::internal, "column " + std::string(PQfname(r, j)) + " has type " +
                                              std::to_string(PQftype(r, j)) +
                                              ": cast it in the SQL");
    }
  return rows(columns, std::move(cells));
}

}  // namespace nova::storage
