// Checks a client's bytes before Beast reads them. Beast 1.81 does not bound some values, or answers them otherwise
// than RFC 6455: the fragments of a message, 64-bit lengths with the high bit, close codes.
// Used by joining_stream. Beast checks all other parts of a frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

class frame_watch {
 public:
  explicit frame_watch(std::uint32_t max_fragments) : max_fragments_(max_fragments) {}

  /// Returns how many leading bytes may be passed to Beast. If fewer than given, the rest starts a close
  /// frame or a protocol error: handle the passed bytes first, then show the rest again. If 0, read
  /// fault().
  std::size_t pass(std::string_view bytes);

  /// The close code that ends the connection.
  std::optional<std::uint16_t> fault() const noexcept { return fault_; }

  /// After a whole close frame with a code has passed: the code to answer with.
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
  std::uint64_t left_ = 0;  ///< payload bytes of the current frame that are still to come
  std::optional<std::uint16_t> fault_;
  std::unique_ptr<std::string> close_payload_;  ///< of the close frame, once it begins
};

/// `text` may be 2 GiB at most.
bool is_utf8(std::string_view text);

}  // namespace nova::gateway
