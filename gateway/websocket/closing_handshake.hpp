// Where a WebSocket is between its upgrade and its end, and what each event leads to (RFC 6455 §7).
// Pure; owned by websocket_connection.
#pragma once

#include "gateway/loop/io_thread.hpp"

#include <cstdint>

namespace nova::gateway {

class closing_handshake {
 public:
  enum class phase : std::uint8_t {
    upgrading,  ///< the HTTP answer is not written yet
    open,
    ours,      ///< our close frame is queued; the client's is read for
    theirs,    ///< Beast queued a close frame: an answer to the client's, or for a protocol error
    answered,  ///< the client answered our close frame: ends when all is written
    ended,     ///< no more frames are read: when all is written, bytes are dropped until TCP ends
    dropping,
    closed,
  };
  /// What follows when all that waited is written.
  enum class next : std::uint8_t { read, close, drop, nothing };

  phase now() const noexcept { return phase_; }
  bool upgrading() const noexcept { return phase_ == phase::upgrading; }
  /// No frame but the close frame is queued any more.
  bool begun() const noexcept { return phase_ > phase::open; }
  bool closed() const noexcept { return phase_ == phase::closed; }
  /// Frames are read.
  bool reads() const noexcept { return phase_ >= phase::open && phase_ <= phase::theirs; }
  /// TCP is cut at this time.
  time_point deadline() const noexcept { return deadline_; }

  void upgrade_until(time_point at) noexcept { deadline_ = at; }
  void upgraded() noexcept;
  /// Closing begins with our close frame, or with one that Beast queued. False: it has begun before.
  bool begin(phase by, time_point cut_at) noexcept;
  /// Reading ended, after begin(): by the client's close frame, or by anything else.
  void read_ended(bool by_close_frame) noexcept;
  next written() const noexcept;
  void drop() noexcept { phase_ = phase::dropping; }
  /// False: closed before.
  bool close() noexcept;

 private:
  phase phase_ = phase::upgrading;
  time_point deadline_ = time_point::max();
};

}  // namespace nova::gateway
