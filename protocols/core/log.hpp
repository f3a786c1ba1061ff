// The process's log: records on stderr, one line each, `ts=… level=… event=… key=value`. Started by gateway/main.cpp,
// written to by everybody: from any thread, without waiting for stderr.
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

/// One key=value pair. Never a secret, a token or a message's text.
struct field {
  template <class T>
  field(std::string_view k, const T& v) : key(k) {
    if constexpr (std::is_same_v<T, bool>) value = v ? "true" : "false";
    else if constexpr (std::is_arithmetic_v<T>) value = std::to_string(v);
    else value = std::string(v);
  }
  std::string_view key;
  std::string value;
};

/// `event` is a dotted name of the code's own, like "lane.fenced". Values are quoted when they hold spaces, quotes or `=`;
/// control characters (CR, LF, the escape that starts terminal sequences) are written as \xNN.
void write(level l, std::string_view event, std::initializer_list<field> fields = {});

inline void debug(std::string_view event, std::initializer_list<field> fields = {}) { write(level::debug, event, fields); }
inline void info(std::string_view event, std::initializer_list<field> fields = {}) { write(level::info, event, fields); }
inline void warn(std::string_view event, std::initializer_list<field> fields = {}) { write(level::warn, event, fields); }
inline void error(std::string_view event, std::initializer_list<field> fields = {}) { write(level::error, event, fields); }

/// Appends `value` as a record shows it.
void append_value(std::string& out, std::string_view value);

/// While it lives, the records that this thread writes go to `to` instead of stderr. For tests and simulations, which run
/// on one thread; they nest.
class capture {
 public:
  using taker = std::function<void(level l, std::string_view line)>;  ///< the line without time and level
  explicit capture(taker to);
  ~capture();
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

 private:
  taker to_;
  capture* outer_;
  friend void write(level l, std::string_view event, std::initializer_list<field> fields);
};

/// From its construction to its end records go to `fd` from a thread of the log's own; before and after they go to stderr
/// directly. When `queue_records` wait, the oldest are dropped. One at a time.
class session {
 public:
  session(std::string_view least_level, std::size_t queue_records, int fd = 2);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Live. Unknown names are ignored: settings refuse them earlier.
  void set_level(std::string_view least_level);
  /// Records dropped so far because stderr was too slow.
  std::uint64_t dropped() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace nova::log
