// Parts of the generated JSON code: they append values to a string, read values from Boost.JSON
// and check declared limits. Called by generated code only; all other code uses
// rpc::message_type.
#pragma once

#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"

#include <cassert>
#include <typeinfo>

namespace boost::json {
class array;
class object;
}  // namespace boost::json

namespace nova::rpc {

/// The row of message class M; specialised in the generated <noun>.nova.hpp.
template <class M>
const message_type& message_type_of();

}  // namespace nova::rpc

namespace nova::rpc::json {

using errors = std::vector<field_error>;

/// The largest number of errors that one answer reports; a request may have 10,000 bad items.
inline constexpr std::size_t max_field_errors = 50;

/// A position in a request: a chain on the stack. The text ("resume.seen.ID.seq", "member_ids.3") is
/// made only for an error.
class place {
 public:
  place() = default;
  place(const place& up, std::string_view name) : up_(&up), name_(name) {}
  place(const place& up, std::size_t index) : up_(&up), index_(index), indexed_(true) {}
  std::string text() const;

 private:
  const place* up_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
  bool indexed_ = false;
};

/// Appends one error, unless `to` holds max_field_errors already. `detail` is a whole sentence.
void fail(errors& to, const place& at, std::string detail);

// Writing: each function appends. Text is quoted and escaped. Text must be valid UTF-8; other characters stay unchanged.
void put(std::string& out, std::string_view text);
void put(std::string& out, bool value);
void put(std::string& out, std::int32_t value);
void put(std::string& out, std::int64_t value);
void put(std::string& out, std::uint32_t value);
void put(std::string& out, std::uint64_t value);
void put(std::string& out, double value);  ///< null when not finite: JSON has no such number
void put_time(std::string& out, unix_ms value);
void put_bytes(std::string& out, std::string_view value);  ///< base64 (RFC 4648 §4)

// Reading. The object or array, or null and an error.
const boost::json::object* object_of(const boost::json::value& in, const place& at, errors& to);
const boost::json::array* array_of(const boost::json::value& in, const place& at, errors& to);
/// The named member. Null when the member is missing or is JSON's null; both mean the same.
const boost::json::value* member(const boost::json::object& in, std::string_view name);
bool is_null(const boost::json::object& in, std::string_view name);

// Each function fills `out`, or appends an error and returns false. Integers up to 2^53 may also be
// spelled 1.0 or 1e2.
bool read(const boost::json::value& in, std::string& out, const place& at, errors& to);
bool read(const boost::json::value& in, bool& out, const place& at, errors& to);
bool read(const boost::json::value& in, std::int32_t& out, const place& at, errors& to);
bool read(const boost::json::value& in, std::int64_t& out, const place& at, errors& to);
bool read(const boost::json::value& in, std::uint32_t& out, const place& at, errors& to);
bool read(const boost::json::value& in, std::uint64_t& out, const place& at, errors& to);
bool read(const boost::json::value& in, double& out, const place& at, errors& to);
bool read(const boost::json::value& in, float& out, const place& at, errors& to);
bool read_time(const boost::json::value& in, std::int64_t& out, const place& at, errors& to);
bool read_bytes(const boost::json::value& in, std::string& out, const place& at, errors& to);

// The same for the text of a path or query parameter.
bool read_text(std::string_view in, std::string& out, const place& at, errors& to);
bool read_text(std::string_view in, bool& out, const place& at, errors& to);
bool read_text(std::string_view in, std::int32_t& out, const place& at, errors& to);
bool read_text(std::string_view in, std::int64_t& out, const place& at, errors& to);
bool read_text(std::string_view in, std::uint32_t& out, const place& at, errors& to);
bool read_text(std::string_view in, std::uint64_t& out, const place& at, errors& to);
bool read_text(std::string_view in, double& out, const place& at, errors& to);
bool read_text(std::string_view in, float& out, const place& at, errors& to);
bool read_text_time(std::string_view in, std::int64_t& out, const place& at, errors& to);

/// Declared limits of one string; 0 and empty: none.
struct text_rule {
  bool required = false;
  bool uuid = false;
  bool email = false;
  std::uint32_t max_bytes = 0;
  std::uint32_t min_chars = 0, max_chars = 0;  ///< code points
  std::string_view charset = {};               ///< ASCII ranges: "A-Za-z0-9_"
  std::string_view one_of = {};                ///< values with a | between them
};
/// Checks the limits, and that each string is UTF-8 without NUL. Reports at most one error a string.
void check_text(std::string_view text, bool present, const text_rule& rule, const place& at,
                errors& to);
void check_bytes(std::string_view data, bool present, const text_rule& rule, const place& at,
                 errors& to);
void check_required(bool present, const place& at, errors& to);
void check_min(std::int64_t value, std::int64_t min, const place& at, errors& to);
void check_items(std::size_t count, bool required, std::uint32_t max_items, const place& at,
                 errors& to);

/// Appends the errors of `more`, except for fields that `to` names already, themselves or as a parent.
/// So a field of the wrong type is not reported as missing too.
void merge(errors& to, errors more);

/// The row of M, made from the four functions that are generated beside M and found by its namespace.
template <class M>
constexpr message_type row_of(std::string_view name) {
  message_type row{};
  row.name = name;
  row.make = []() -> std::shared_ptr<message> { return std::make_shared<M>(); };
  row.write_json = [](const message& m, std::string& out) {
    assert(typeid(m) == typeid(M));
    write_json(static_cast<const M&>(m), out);
  };
  row.read_json = [](const boost::json::value& in, message& out, errors& to) {
    assert(typeid(out) == typeid(M));
    errors unfit, broken;
    read_json(in, static_cast<M&>(out), place(), unfit);
    validate(static_cast<const M&>(out), place(), broken);
    if (unfit.empty() && broken.empty()) return;
    merge(unfit, std::move(broken));
    merge(to, std::move(unfit));
  };
  row.set_from_text = [](message& out, std::string_view field, std::string_view text, errors& to) {
    assert(typeid(out) == typeid(M));
    return set_from_text(static_cast<M&>(out), field, text, to);
  };
  row.validate = [](const message& m, errors& to) {
    assert(typeid(m) == typeid(M));
    validate(static_cast<const M&>(m), place(), to);
  };
  return row;
}

}  // namespace nova::rpc::json
