// The bytes between two nodes: frames with a header of 4 bytes, and messages in parts on two lanes. A small message of the
// control lane is never behind a large one of the bulk lane. Used by wire; pure.
//
//     | flags: 1 bulk lane, 2 more parts follow | length of the part, 3 bytes, high byte first | part |
#pragma once

#include "protocols/link/link.pb.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace nova::link {

enum class lane : std::uint8_t { control, bulk };

inline constexpr std::size_t header_bytes = 4;
inline constexpr std::size_t max_part_bytes = 256 * 1024 - header_bytes;
/// Of one message, from all its parts.
inline constexpr std::size_t max_message_bytes = 16 * 1024 * 1024;

/// Envelopes that wait to be sent. Each is written once, when it comes.
class outgoing_lanes {
 public:
  /// False for an envelope that no frame may carry.
  bool add(const Envelope& e, lane on);
  bool empty(lane on) const noexcept {
    return lanes_[index(on)].next >= lanes_[index(on)].bytes.size();
  }
  std::size_t waiting_bytes() const noexcept { return waiting_; }
  /// Appends one frame of the lane: whole envelopes as far as they fit, or a part of a larger one. Returns the part's bytes.
  std::size_t take_frame(lane on, std::string& to);
  void clear();

 private:
  struct waiting {
    std::string bytes;  ///< items of link.Envelopes, one after another
    std::size_t next = 0;
    std::deque<std::size_t> ends;  ///< of items in `bytes`
  };
  static std::size_t index(lane on) noexcept { return static_cast<std::size_t>(on); }
  std::array<waiting, 2> lanes_;
  std::size_t waiting_ = 0;
};

/// Puts messages together again. After `broken` nothing more is read.
class incoming_lanes {
 public:
  explicit incoming_lanes(std::size_t most_part = max_part_bytes) : most_part_(most_part) {}
  void allow(std::size_t most_part) noexcept { most_part_ = most_part; }
  /// The next bytes of the stream.
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  enum class step : std::uint8_t { message, more, broken };
  /// After `message`, `out` is the whole message and `part_bytes` the bytes of its parts.
  step next(std::string& out, std::size_t& part_bytes);

 private:
  std::string buffer_;
  std::size_t at_ = 0;
  std::size_t most_part_;
  std::array<std::string, 2> parts_;
  std::array<std::size_t, 2> part_bytes_{};
};

}  // namespace nova::link
