// The one log of the process: records on stderr, one line each, as `ts=… level=… event=… key=value` or as JSON. Started by
// gateway/main.cpp; every layer writes to it, from any thread, without waiting for stderr.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace nova::log {

enum class level : std::uint8_t { trace, debug, info, warn, error };
enum class form : std::uint8_t { text, json };

/// The name of a row of protocols/core/events.def that has the level L. A name without such a row does not compile.
template <level L>
struct listed {
  std::string_view name;
  consteval listed(const char* event) : name(event) {
    if (!is_listed(name)) throw "add the event with this level to protocols/core/events.def";
  }

 private:
  static consteval bool is_listed(std::string_view event) {
    using enum level;
#define EVENT(name, severity, meaning) \
  if (event == name) return severity == L;
#include "protocols/core/events.def"
#undef EVENT
    return false;
  }
};

/// One key=value pair. Never a secret, a token or a message's text.
struct field {
  template <class T>
  field(std::string_view k, const T& v) : key(k) {
    if constexpr (std::is_same_v<T, bool>) value = v ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<T>) value = std::to_string(v);
    else if constexpr (std::is_pointer_v<T>) value = v == nullptr ? "" : v;
    else value = std::string(v);
    if constexpr (std::is_arithmetic_v<T>) bare = v - v == 0;  // JSON has no infinity
  }
  std::string_view key;
  std::string value;
  bool bare = false;  ///< a number or a switch: JSON writes it without quotes
};
using fields = std::initializer_list<field>;

/// Writes one record. The text form quotes a value with spaces, quotes or `=`, and writes control characters (CR, LF, the escape
/// that starts terminal sequences) as \xNN. The JSON form is one object a line. There numbers and switches are bare; all other
/// values are texts of valid UTF-8 without control characters.
void write(level l, std::string_view event, fields values = {});

inline void debug(listed<level::debug> event, fields values = {}) {
  write(level::debug, event.name, values);
}
inline void info(listed<level::info> event, fields values = {}) {
  write(level::info, event.name, values);
}
inline void warn(listed<level::warn> event, fields values = {}) {
  write(level::warn, event.name, values);
}
inline void error(listed<level::error> event, fields values = {}) {
  write(level::error, event.name, values);
}

/// True when a record of this level is written. Ask before you make the fields of a frequent record.
bool writes(level l);

/// Takes effect from the next record on. `least_level` may be "off". Unknown names are ignored here; the settings refuse them earlier.
void set_level(std::string_view least_level);
void set_form(std::string_view text_or_json);

/// Appends `value` as the text form of a record shows it.
void append_value(std::string& out, std::string_view value);

/// While a capture lives, the records that this thread writes go to `to` instead of stderr. Captures nest. Made for tests and
/// simulations, which run on one thread.
class capture {
 public:
  using taker =
      std::function<void(level l, std::string_view line)>;  ///< the line without time and level
  explicit capture(taker to);
  ~capture();
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

 private:
  taker to_;
  capture* outer_;
  friend void write(level l, std::string_view event, fields values);
};

/// While a session lives, a thread of its own writes the records to `fd`. Before and after, records go to stderr
/// directly. When `queue_records` records wait, the oldest are dropped. Only one session at a time.
class session {
 public:
  session(std::string_view least_level, std::size_t queue_records, int fd = 2);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Records dropped so far because stderr was too slow.
  std::uint64_t dropped() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace nova::log
