// A WebSocket frame as the server writes it: unmasked, so any number of sockets can use the same
// bytes. Beast does the handshake, reading and control frames. For data frames this class replaces it: Beast writes
// only one frame per operation and copies for each socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace nova::gateway {

enum class opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9 };

/// Immutable and shared: queues hold references.
class frame {
 public:
  frame() = default;
  frame(std::shared_ptr<const std::string> bytes, std::uint32_t begin)
      : bytes_(std::move(bytes)), begin_(begin) {}
  std::string_view bytes() const noexcept { return std::string_view(*bytes_).substr(begin_); }
  explicit operator bool() const noexcept { return bytes_ != nullptr; }

 private:
  std::shared_ptr<const std::string> bytes_;
  std::uint32_t begin_ = 0;
};

/// Collects a payload behind free space for the header, so finish() copies nothing.
class frame_builder {
 public:
  frame_builder() : buffer_(room, '\0') {}
  std::string& payload() noexcept { return buffer_; }  ///< append only
  frame finish(opcode op) &&;

 private:
  static constexpr std::size_t room = 10;
  std::string buffer_;
};

frame make_frame(opcode op, std::string_view payload);

/// `reason` is cut to the 123 bytes that fit.
frame make_close_frame(std::uint16_t code, std::string_view reason);

/// Wraps bytes that Beast already made into a frame.
frame raw_frame(std::string bytes);

}  // namespace nova::gateway
