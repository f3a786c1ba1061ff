// Client frames as a script, what RFC 6455 says of them, and the server's frames read back. Used by websocket_fuzz.
//
// A script is a row of: first header byte as it is sent; shape (bits 0–1: length in 0 the shortest, 1 two, 2 eight bytes, 3 one
// that promises 1,000 bytes more than come; bit 2: not masked); number of payload bytes; payload.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nova::fuzz {

struct client_frame {
  std::uint8_t first = 0;
  std::uint8_t shape = 0;
  std::string payload;

  bool fin() const noexcept { return first & 0x80; }
  int reserved() const noexcept { return first >> 4 & 7; }
  int opcode() const noexcept { return first & 15; }
  bool masked() const noexcept { return !(shape & 4); }
  bool promises_more() const noexcept { return (shape & 3) == 3; }
  std::uint64_t length() const noexcept { return payload.size() + (promises_more() ? 1000 : 0); }
  bool shortest_length() const noexcept;
  std::string bytes() const;
};
std::vector<client_frame> read_script(std::string_view text);

struct verdict {
  int close = 0;       ///< code that the server closes with; 0: it has no reason to
  int may_close = 0;   ///< another one that is right as well
  bool clean = false;  ///< the client closed first: both have said so
  std::vector<std::string> pings;
  std::string shown;  ///< the frames, for a person
};
verdict judge(const std::vector<client_frame>& frames, std::size_t max_message_bytes,
              bool text_wanted);

struct server_frame {
  int opcode = 0;
  std::string_view payload;
  int close_code() const noexcept;
};
/// Ends the run when they are not what a server may send.
std::vector<server_frame> read_frames(std::string_view bytes);

}  // namespace nova::fuzz
