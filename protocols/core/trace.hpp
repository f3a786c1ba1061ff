// Spans at the stations of a request, written as a trace that Perfetto and chrome://tracing read. `nova serve --trace FILE`
// turns it on; while it is off, a station costs one branch. Used by the runtime.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

/// Writes one span. `request_id` may be empty: a batch or a push belongs to several requests. `what` is the method, query or
/// push. Dropped while no trace is written. Any thread.
void write(station s, std::string_view request_id, std::string_view what, time_point begin, time_point end);

/// A span from its construction to its end. It copies both texts, but only while a trace is written.
class span {
 public:
  span(station s, std::string_view request_id, std::string_view what) {
    if (on()) [[unlikely]]
      open_.emplace(s, std::string(request_id), std::string(what), std::chrono::steady_clock::now());
  }
  ~span() {
    if (open_) [[unlikely]]
      write(open_->at, open_->request_id, open_->what, open_->begin, std::chrono::steady_clock::now());
  }
  span(const span&) = delete;
  span& operator=(const span&) = delete;

 private:
  struct open {
    open(station s, std::string id, std::string w, time_point b)
        : at(s), request_id(std::move(id)), what(std::move(w)), begin(b) {}
    station at;
    std::string request_id, what;
    time_point begin;
  };
  std::optional<open> open_;
};

/// Writes a trace from its construction to its end; one at a time. After `max_bytes` further spans are dropped and counted.
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
