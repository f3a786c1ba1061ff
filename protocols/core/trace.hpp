// Spans at the stations of a request, written as a trace that Perfetto and chrome://tracing read. `nova serve --trace FILE`
// turns it on; while it is off, a station costs one branch. Used by the runtime.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace nova::trace {

/// The stations, in the order of *follow one message* in README.md.
enum class station : std::uint8_t { route, decide, append, commit, answer, push };
inline constexpr std::size_t station_count = 6;
std::string_view name_of(station s) noexcept;

namespace detail {
inline std::atomic<bool> enabled{false};
}

/// Whether a trace is being written. Any thread.
inline bool on() noexcept { return detail::enabled.load(std::memory_order_relaxed); }

using time_point = std::chrono::steady_clock::time_point;

/// The subject of a span. `request_id` may be empty, because a batch or a push belongs to several requests. `what` is the method,
/// query or push. The views must stay valid during the call only.
struct subject {
  std::string_view request_id, what;
};

/// Writes one span; drops the span while no trace is written. Any thread.
void write(station s, const subject& about, time_point begin, time_point end);

/// Measures from its construction to its end. `about` returns a subject; it is called only while a trace is written.
class span {
 public:
  template <class About>
  span(station s, About&& about) {
    if (on()) [[unlikely]]
      begin(s, about());
  }
  ~span() {
    if (open_) [[unlikely]]
      write(open_->at, {open_->request_id, open_->what}, open_->begin,
            std::chrono::steady_clock::now());
  }
  span(const span&) = delete;
  span& operator=(const span&) = delete;

 private:
  struct open {
    station at;
    std::string request_id, what;
    time_point begin;
  };
  void begin(station s, const subject& about);

  std::unique_ptr<open> open_;
};

/// Writes a trace from its construction to its end; only one at a time. After `max_bytes` more spans are dropped and counted.
class session {
 public:
  static constexpr std::uint64_t default_max_bytes = 256ull << 20;

  /// Throws std::runtime_error when the file cannot be written.
  explicit session(const std::string& path, std::uint64_t max_bytes = default_max_bytes);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  std::uint64_t dropped() const;

  struct state;  ///< of trace.cpp

 private:
  std::unique_ptr<state> state_;
};

}  // namespace nova::trace
