// The phase of a WebSocket between its upgrade and its end, and the effect of each event (RFC 6455 §7).
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
    ours,      ///< our close frame is queued; reading goes on until the client's close frame
    theirs,    ///< Beast queued a close frame: an answer to the client's, or for a protocol error
    answered,  ///< the client answered our close frame; ends when all is written
    ended,     ///< no more frames are read; after all is written, bytes are dropped until TCP ends
    dropping,
    closed,
  };
  /// The next step when all waiting frames are written.
  enum class next : std::uint8_t { read, close, drop, nothing };

  phase now() const noexcept { return phase_; }
  bool upgrading() const noexcept { return phase_ == phase::upgrading; }
  /// From now on only the close frame is queued.
  bool begun() const noexcept { return phase_ > phase::open; }
  bool closed() const noexcept { return phase_ == phase::closed; }
  /// True while frames are read.
  bool reads() const noexcept { return phase_ >= phase::open && phase_ <= phase::theirs; }
  /// TCP is cut at this time.
  time_point deadline() const noexcept { return deadline_; }

  void upgrade_until(time_point at) noexcept { deadline_ = at; }
  void upgraded() noexcept;
  /// Begins the closing with our close frame, or with one that Beast queued. False: it began earlier.
  bool begin(phase by, time_point cut_at) noexcept;
  /// Reading has ended after begin(), by the client's close frame or for another reason.
  void read_ended(bool by_close_frame) noexcept;
  next written() const noexcept;
  void drop() noexcept { phase_ = phase::dropping; }
  /// False: it was closed before.
  bool close() noexcept;

 private:
  phase phase_ = phase::upgrading;
  time_point deadline_ = time_point::max();
};

}  // namespace nova::gateway
