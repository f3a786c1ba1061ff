// RFC 6455 §5.2, the server's side; see frame.hpp.
#include "gateway/loop/frame.hpp"

namespace nova::gateway {

frame frame_builder::finish(opcode op) && {
  std::uint64_t size = buffer_.size() - room;
  unsigned length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  auto begin = static_cast<std::uint32_t>(room - 2 - length_bytes);
  buffer_[begin] = static_cast<char>(0x80 | static_cast<unsigned>(op));
  buffer_[begin + 1] = static_cast<char>(length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127);
  for (unsigned i = 0; i < length_bytes; ++i)
    buffer_[begin + 2 + i] = static_cast<char>(size >> (8 * (length_bytes - 1 - i)));
  return frame(std::make_shared<const std::string>(std::move(buffer_)), begin);
}

frame make_frame(opcode op, std::string_view payload) {
  frame_builder builder;
  builder.payload() += payload;
  return std::move(builder).finish(op);
}

frame make_close_frame(std::uint16_t code, std::string_view reason) {
  frame_builder builder;
  builder.payload() += static_cast<char>(code >> 8);
  builder.payload() += static_cast<char>(code & 0xff);
  builder.payload() += reason.substr(0, 123);
  return std::move(builder).finish(opcode::close);
}

frame raw_frame(std::string bytes) {
  return frame(std::make_shared<const std::string>(std::move(bytes)), 0);
}

}  // namespace nova::gateway
