// Sees a client's bytes before Beast does, for what Beast 1.81 does not bound or answers otherwise
// than RFC 6455: the fragments of a message, lengths of 64 bits with the high bit, close codes.
// Used by joining_stream; everything else of a frame is Beast's to judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

class frame_watch {
 public:
  explicit frame_watch(std::uint32_t max_fragments) : max_fragments_(max_fragments) {}

  /// How many of these bytes may be handed on now. Fewer than given: a close frame or a fault
  /// begins there; what comes before is to be worked off first, then the rest is shown again. None:
  /// see fault().
  std::size_t pass(std::string_view bytes);

  /// The close code that ends the connection.
  std::optional<std::uint16_t> fault() const noexcept { return fault_; }

  /// Once a whole close frame with a code has passed: the code to answer with.
  std::optional<std::uint16_t> close_answer() const;

 private:
  std::size_t needed() const noexcept;
  void begin_payload();
  void end_frame();
  std::size_t take_payload(std::string_view bytes);
  unsigned char header(std::size_t i) const noexcept {
    return static_cast<unsigned char>(header_[i]);
  }

  static constexpr std::size_t max_header_bytes = 14;
  char header_[max_header_bytes];
  std::uint8_t have_ = 0;  ///< bytes of header_
  bool in_close_ = false, close_passed_ = false;
  std::uint32_t fragments_ = 0, max_fragments_;
  std::uint64_t left_ = 0;  ///< payload bytes of the current frame that have not come
  std::optional<std::uint16_t> fault_;
  std::string close_payload_;
};

/// Of at most 2 GiB.
bool is_utf8(std::string_view text);

}  // namespace nova::gateway
