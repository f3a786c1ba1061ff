// The frames that wait to be written to one socket: bounded and in order. Many frames are handed out at once, so
// they leave in one system call. Owned by websocket_connection.
#pragma once

#include "gateway/loop/frame.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace nova::gateway {

class outgoing_queue {
 public:
  /// Pushes count against the limits. Answers do not: the client asked for them, and the calls in flight
  /// bound their number.
  enum class kind { push, answer };

  void add(frame f, kind k);
  bool empty() const noexcept { return frames() == 0; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t frames() const noexcept { return frames_.size() - first_; }
  /// Bytes that count against max_queued_bytes.
  std::size_t pushed_bytes() const noexcept { return pushed_; }

  /// Fills `pieces` with the next bytes and returns how many pieces it filled; valid until the queue changes.
  std::size_t gather(std::span<std::string_view> pieces) const;
  /// Records that `n` of the gathered bytes are written. Returns the number of frames that are now complete.
  std::size_t consume(std::size_t n);
  /// Drops all frames except one that was written in part: without its rest the stream would be
  /// invalid.
  void drop_unsent();
  void clear();

 private:
  struct entry {
    frame bytes;
    kind of;
  };
  std::vector<entry> frames_;  ///< from first_
  std::size_t first_ = 0;
  std::size_t offset_ = 0;  ///< written bytes of the first frame
  std::size_t bytes_ = 0, pushed_ = 0;
};

}  // namespace nova::gateway
