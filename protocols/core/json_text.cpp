// See json_text.hpp.
#include "protocols/core/json_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>

namespace nova::rpc::json {

namespace {

namespace bj = boost::json;
using bj::error_code;
using bj::string_view;

/// Puts what the parser finds on a stack; all but on_double as Boost's own does.
struct handler {
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  handler(unsigned char* buffer, std::size_t size) : made({}, buffer, size) {}

  bj::value_stack made;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code&) { return made.push_object(n), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) { return made.push_array(n), true; }
  bool on_key_part(string_view s, std::size_t, error_code&) { return made.push_chars(s), true; }
  bool on_key(string_view s, std::size_t, error_code&) { return made.push_key(s), true; }
  bool on_string_part(string_view s, std::size_t, error_code&) { return made.push_chars(s), true; }
  bool on_string(string_view s, std::size_t, error_code&) { return made.push_string(s), true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t n, string_view, error_code&) { return made.push_int64(n), true; }
  bool on_uint64(std::uint64_t n, string_view, error_code&) { return made.push_uint64(n), true; }
  /// `text` is all of the number, because the parser has the whole text at once. Out of a double's range: Boost's value.
  bool on_double(double value, string_view text, error_code&) {
    std::from_chars(text.data(), text.data() + text.size(), value);
    return made.push_double(value), true;
  }
  bool on_bool(bool b, error_code&) { return made.push_bool(b), true; }
  bool on_null(error_code&) { return made.push_null(), true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

}  // namespace

bj::value parse(std::string_view text, std::size_t max_depth, boost::system::error_code& failure) {
  bj::parse_options options;
  options.max_depth = max_depth;
  unsigned char buffer[BOOST_JSON_STACK_BUFFER_SIZE];
  bj::basic_parser<handler> parser(options, buffer, sizeof buffer);
  auto& made = parser.handler().made;
  made.reset();
  const auto read = parser.write_some(false, text.data(), text.size(), failure);
  if (!failure && read < text.size()) failure = bj::error::extra_data;
  if (failure) return nullptr;
  return made.release();
}

}  // namespace nova::rpc::json
