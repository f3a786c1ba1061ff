#include "protocols/core/json.hpp"

#include "protocols/core/ids.hpp"
#include "protocols/core/text.hpp"

#include <google/protobuf/stubs/common.h>
#include <sodium.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace nova::rpc::json {

namespace {

constexpr double exact_limit = 9'007'199'254'740'992.0;  // 2^53

constexpr std::array<bool, 256> make_escaped() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}
constexpr auto escaped = make_escaped();

void put_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
  }
  constexpr char hex[] = "0123456789abcdef";
  const char text[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
  out.append(text, sizeof text);
}

template <class T>
void put_number(std::string& out, T value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

bool refuse(errors& to, const place& at, const char* detail) {
  fail(to, at, detail);
  return false;
}

template <class T>
bool read_integer(const boost::json::value& in, T& out, const place& at, errors& to) {
  constexpr auto range = "The number is out of range.";
  if (const auto* i = in.if_int64()) {
    if (!std::in_range<T>(*i)) return refuse(to, at, range);
    out = static_cast<T>(*i);
    return true;
  }
  if (const auto* u = in.if_uint64()) {
    if (!std::in_range<T>(*u)) return refuse(to, at, range);
    out = static_cast<T>(*u);
    return true;
  }
  const auto* d = in.if_double();
  if (d == nullptr || !std::isfinite(*d) || *d != std::trunc(*d))
    return refuse(to, at, "Must be a whole number.");
  if (std::abs(*d) > exact_limit || !std::in_range<T>(static_cast<std::int64_t>(*d)))
    return refuse(to, at, range);
  out = static_cast<T>(*d);
  return true;
}

template <class T>
bool read_number_text(std::string_view in, T& out, const place& at, errors& to) {
  T value{};
  const auto [end, failure] = std::from_chars(in.data(), in.data() + in.size(), value);
  if (failure == std::errc::result_out_of_range)
    return refuse(to, at, "The number is out of range.");
  if (failure != std::errc() || end != in.data() + in.size())
    return refuse(to, at, "Must be a number.");
  if constexpr (std::is_floating_point_v<T>)
    if (!std::isfinite(value)) return refuse(to, at, "Must be a number.");
  out = value;
  return true;
}

/// Null when `text` is UTF-8 without NUL, otherwise what is wrong with it.
const char* text_fault(std::string_view text) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) > 0; });
  if (ascii) return nullptr;
  if (text.find('\0') != std::string_view::npos) return "Must not contain the character U+0000.";
  if (!google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                           static_cast<int>(text.size())))
    return "Must be valid UTF-8.";
  return nullptr;
}

}  // namespace

std::string place::text() const {
  if (up_ == nullptr) return {};
  auto above = up_->text();
  if (!above.empty()) above += '.';
  return indexed_ ? above + std::to_string(index_) : above.append(name_);
}

void fail(errors& to, const place& at, std::string detail) {
  if (to.size() < max_field_errors) to.push_back({at.text(), std::move(detail)});
}

void put(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!escaped[c]) continue;
    out.append(text, start, i - start);
    put_escape(out, c);
    start = i + 1;
  }
  out.append(text, start);
  out += '"';
}

void put(std::string& out, bool value) { out += value ? "true" : "false"; }
void put(std::string& out, std::int32_t value) { put_number(out, value); }
void put(std::string& out, std::int64_t value) { put_number(out, value); }
void put(std::string& out, std::uint32_t value) { put_number(out, value); }
void put(std::string& out, std::uint64_t value) { put_number(out, value); }

void put(std::string& out, double value) {
  if (std::isfinite(value)) put_number(out, value);
  else out += "null";
}

void put_time(std::string& out, unix_ms value) {
  out += '"';
  out += format_rfc3339(value);
  out += '"';
}

void put_bytes(std::string& out, std::string_view value) {
  const auto room = sodium_base64_encoded_len(value.size(), sodium_base64_VARIANT_ORIGINAL);
  std::string text(room, '\0');
  sodium_bin2base64(text.data(), room, reinterpret_cast<const unsigned char*>(value.data()),
                    value.size(), sodium_base64_VARIANT_ORIGINAL);
  text.resize(room - 1);
  out += '"';
  out += text;
  out += '"';
}

const boost::json::object* object_of(const boost::json::value& in, const place& at, errors& to) {
  if (const auto* object = in.if_object()) return object;
  fail(to, at, "Must be an object.");
  return nullptr;
}

const boost::json::array* array_of(const boost::json::value& in, const place& at, errors& to) {
  if (const auto* array = in.if_array()) return array;
  fail(to, at, "Must be an array.");
  return nullptr;
}

const boost::json::value* member(const boost::json::object& in, std::string_view name) {
  const auto* value = in.if_contains(boost::json::string_view(name.data(), name.size()));
  return value != nullptr && !value->is_null() ? value : nullptr;
}

bool is_null(const boost::json::object& in, std::string_view name) {
  const auto* value = in.if_contains(boost::json::string_view(name.data(), name.size()));
  return value != nullptr && value->is_null();
}

bool read(const boost::json::value& in, std::string& out, const place& at, errors& to) {
  const auto* text = in.if_string();
  if (text == nullptr) return refuse(to, at, "Must be a string.");
  out.assign(text->data(), text->size());
  return true;
}

bool read(const boost::json::value& in, bool& out, const place& at, errors& to) {
  const auto* value = in.if_bool();
  if (value == nullptr) return refuse(to, at, "Must be true or false.");
  out = *value;
  return true;
}

bool read(const boost::json::value& in, std::int32_t& out, const place& at, errors& to) {
  return read_integer(in, out, at, to);
}
bool read(const boost::json::value& in, std::int64_t& out, const place& at, errors& to) {
  return read_integer(in, out, at, to);
}
bool read(const boost::json::value& in, std::uint32_t& out, const place& at, errors& to) {
  return read_integer(in, out, at, to);
}
bool read(const boost::json::value& in, std::uint64_t& out, const place& at, errors& to) {
  return read_integer(in, out, at, to);
}

bool read(const boost::json::value& in, double& out, const place& at, errors& to) {
  boost::system::error_code failure;
  const auto value = in.to_number<double>(failure);
  if (failure || !std::isfinite(value)) return refuse(to, at, "Must be a number.");
  out = value;
  return true;
}

bool read(const boost::json::value& in, float& out, const place& at, errors& to) {
  double value = 0;
  if (!read(in, value, at, to)) return false;
  if (std::abs(value) > std::numeric_limits<float>::max())
    return refuse(to, at, "The number is out of range.");
  out = static_cast<float>(value);
  return true;
}

bool read_time(const boost::json::value& in, std::int64_t& out, const place& at, errors& to) {
  const auto* text = in.if_string();
  if (text == nullptr) return refuse(to, at, "Must be a time as in RFC 3339.");
  return read_text_time({text->data(), text->size()}, out, at, to);
}

bool read_bytes(const boost::json::value& in, std::string& out, const place& at, errors& to) {
  const auto* text = in.if_string();
  if (text == nullptr) return refuse(to, at, "Must be a string in base64.");
  std::string data(text->size(), '\0');
  std::size_t length = 0;
  // libsodium 1.0.18 takes every byte above 0x7f for a character of the alphabet.
  const bool ascii =
      std::all_of(text->begin(), text->end(), [](unsigned char c) { return c <= 0x7f; });
  if (!ascii || sodium_base642bin(reinterpret_cast<unsigned char*>(data.data()), data.size(),
                                  text->data(), text->size(), nullptr, &length, nullptr,
                                  sodium_base64_VARIANT_ORIGINAL) != 0)
    return refuse(to, at, "Must be a string in base64.");
  data.resize(length);
  out = std::move(data);
  return true;
}

bool read_text(std::string_view in, std::string& out, const place&, errors&) {
  out = in;
  return true;
}

bool read_text(std::string_view in, bool& out, const place& at, errors& to) {
  if (in != "true" && in != "false") return refuse(to, at, "Must be true or false.");
  out = in == "true";
  return true;
}

bool read_text(std::string_view in, std::int32_t& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}
bool read_text(std::string_view in, std::int64_t& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}
bool read_text(std::string_view in, std::uint32_t& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}
bool read_text(std::string_view in, std::uint64_t& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}
bool read_text(std::string_view in, double& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}
bool read_text(std::string_view in, float& out, const place& at, errors& to) {
  return read_number_text(in, out, at, to);
}

bool read_text_time(std::string_view in, std::int64_t& out, const place& at, errors& to) {
  const auto time = parse_rfc3339(in);
  if (!time) return refuse(to, at, "Must be a time as in RFC 3339.");
  out = *time;
  return true;
}

namespace {

bool is_one_of(std::string_view text, std::string_view values) {
  for (auto rest = values; !rest.empty();) {
    const auto bar = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, bar) == text) return true;
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return false;
}

/// "direct, group or channel"
std::string listed(std::string_view values) {
  std::string out;
  for (auto rest = values; !rest.empty();) {
    const auto bar = std::min(rest.find('|'), rest.size());
    const bool last = bar == rest.size();
    if (!out.empty()) out += last ? " or " : ", ";
    out += rest.substr(0, bar);
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return out;
}

bool in_charset(char c, std::string_view set) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    if (range ? set[i] <= c && c <= set[i + 2] : set[i] == c) return true;
    if (range) i += 2;
  }
  return false;
}

/// Empty: none.
std::string length_fault(std::string_view text, const text_rule& rule) {
  const auto length = rule.min_chars != 0 || rule.max_chars != 0 ? count_code_points(text) : 0;
  const bool fits = length >= rule.min_chars && (rule.max_chars == 0 || length <= rule.max_chars);
  const bool of_set = rule.charset.empty() || std::all_of(text.begin(), text.end(), [&](char c) {
                        return in_charset(c, rule.charset);
                      });
  if (fits && of_set) return {};
  std::string out = "Must be ";
  if (rule.min_chars != 0 && rule.max_chars != 0)
    out += std::to_string(rule.min_chars) + " to " + std::to_string(rule.max_chars);
  else if (rule.max_chars != 0) out += "at most " + std::to_string(rule.max_chars);
  else if (rule.min_chars != 0) out += "at least " + std::to_string(rule.min_chars);
  else out += "all";
  if (rule.charset.empty()) return out + " characters long.";
  return out + (rule.charset == " -~" ? std::string(" printable ASCII characters.")
                                      : " of the characters " + std::string(rule.charset) + ".");
}

}  // namespace

void check_text(std::string_view text, bool present, const text_rule& rule, const place& at,
                errors& to) {
  if (rule.required && text.empty()) return fail(to, at, "Is required.");
  if (!present) return;
  if (rule.max_bytes != 0 && text.size() > rule.max_bytes)
    return fail(to, at, "Must be at most " + std::to_string(rule.max_bytes) + " bytes long.");
  if (const char* fault = text_fault(text)) return fail(to, at, fault);
  if (rule.uuid && !parse_uuid(text)) return fail(to, at, "Must be a UUID.");
  if (rule.email && !valid_email(text)) return fail(to, at, "Must be an e-mail address.");
  if (!rule.one_of.empty() && !is_one_of(text, rule.one_of))
    return fail(to, at, "Must be " + listed(rule.one_of) + '.');
  if (auto fault = length_fault(text, rule); !fault.empty()) fail(to, at, std::move(fault));
}

void check_bytes(std::string_view data, bool present, const text_rule& rule, const place& at,
                 errors& to) {
  if (rule.required && data.empty()) return fail(to, at, "Is required.");
  if (present && rule.max_bytes != 0 && data.size() > rule.max_bytes)
    fail(to, at, "Must be at most " + std::to_string(rule.max_bytes) + " bytes long.");
}

void check_required(bool present, const place& at, errors& to) {
  if (!present) fail(to, at, "Is required.");
}

void check_min(std::int64_t value, std::int64_t min, const place& at, errors& to) {
  if (value < min) fail(to, at, "Must be at least " + std::to_string(min) + ".");
}

void check_items(std::size_t count, bool required, std::uint32_t max_items, const place& at,
                 errors& to) {
  if (required && count == 0) return fail(to, at, "Is required.");
  if (max_items != 0 && count > max_items)
    fail(to, at, "Must have at most " + std::to_string(max_items) + " items.");
}

void merge(errors& to, errors more) {
  const auto covers = [](std::string_view known, std::string_view field) {
    if (known.empty() || known == field) return true;
    return field.starts_with(known) && field[known.size()] == '.';
  };
  const auto before = static_cast<std::ptrdiff_t>(to.size());
  for (auto& e : more)
    if (std::none_of(to.begin(), to.begin() + before,
                     [&](const auto& k) { return covers(k.field, e.field); }))
      to.push_back(std::move(e));
}

}  // namespace nova::rpc::json
