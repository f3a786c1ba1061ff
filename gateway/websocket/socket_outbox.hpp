// The frames that wait for one socket and the time of their writing: the queue, its limits, and whether
// a flush is due. Used by websocket_connection and by the sockets of the simulation.
#pragma once

#include "config/settings/gateway_settings.hpp"
#include "gateway/websocket/outgoing_queue.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace nova::gateway {

class socket_outbox {
 public:
  using kind = outgoing_queue::kind;
  /// The owner's next step after it added a frame.
  enum class next : std::uint8_t {
    nothing,   ///< a flush is due already, or the socket takes nothing at the moment
    soon,      ///< call flush() after the current handler
    round,     ///< call flush() with the next round of pushes
    too_slow,  ///< over a limit: close the socket with 4008
  };

  explicit socket_outbox(const config::gateway_settings& settings)
      : max_bytes_(settings.max_queued_bytes), max_frames_(settings.max_queued_frames) {}

  next add(frame f, kind k);
  /// Adds the close frame; no limit refuses it. `instead`: the close frame replaces all frames whose writing has not begun.
  next add_last(frame f, bool instead);
  /// Requests a flush without adding a frame.
  next wake() noexcept;

  bool empty() const noexcept { return queue_.empty(); }
  /// True when so many bytes wait that no further call is read.
  bool holds_reading() const noexcept { return queue_.bytes() > max_bytes_; }
  /// False when half of what may wait does.
  bool has_room() const noexcept {
    return queue_.bytes() < max_bytes_ / 2 && queue_.frames() < max_frames_ / 2;
  }
  void clear() { queue_.clear(); }

  struct written {
    std::size_t frames = 0, bytes = 0, writes = 0;
    bool failed = false;
  };
  /// Writes until the queue is empty or the socket is full. `write(pieces)` returns how many bytes the socket
  /// took: 0 when it is full, nullopt when it is broken.
  template <class Write>
  written flush(Write&& write);
  /// True when the socket is full: nothing is flushed until writable().
  bool blocked() const noexcept { return state_ == state::blocked; }
  void writable() noexcept { state_ = state::idle; }
  /// The same by the owner: the last bytes that the socket took are not with the kernel yet.
  void block() noexcept { state_ = state::blocked; }

  /// Asio's limit of one gathering write.
  static constexpr std::size_t pieces_per_write = 64;
  /// The calls in flight bound the answers; this many times `max_queued_bytes` bounds their bytes.
  static constexpr std::size_t answers_factor = 16;

 private:
  enum class state : std::uint8_t { idle, round_wanted, flush_wanted, blocked };
  bool over_limits() const noexcept;
  next want_round() noexcept;
  template <class Write>
  std::optional<std::size_t> write_pieces(Write&& write);

  outgoing_queue queue_;
  std::size_t max_bytes_, max_frames_;
  state state_ = state::idle;
};

template <class Write>
std::optional<std::size_t> socket_outbox::write_pieces(Write&& write) {
  if (queue_.frames() == 1) {  // no table of pieces
    std::string_view piece;
    queue_.gather({&piece, 1});
    return write(std::span<const std::string_view>(&piece, 1));
  }
  std::array<std::string_view, pieces_per_write> pieces;
  auto count = queue_.gather(pieces);
  return write(std::span<const std::string_view>(pieces.data(), count));
}

template <class Write>
socket_outbox::written socket_outbox::flush(Write&& write) {
  written out;
  if (blocked()) return out;
  state_ = state::idle;
  while (!queue_.empty()) {
    auto n = write_pieces(write);
    ++out.writes;
    out.failed = !n;
    if (!n) break;
    if (*n == 0) {
      state_ = state::blocked;
      break;
    }
    out.bytes += *n;
    out.frames += queue_.consume(*n);
  }
  return out;
}

}  // namespace nova::gateway
