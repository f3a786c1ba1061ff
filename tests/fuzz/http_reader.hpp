// A strict reader of RFC 9112 framing, written from the grammar, and a reader of Nova's own answers. Used by the targets that
// fuzz connections.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace nova::fuzz {

struct read_request {
  std::string_view method, target;
  std::size_t body_bytes = 0;
  bool close = false;
};

struct request_reading {
  std::vector<read_request>
      requests;  ///< complete and well-formed, in order, up to one that closes
  /// What follows begins with a whole head that can never become a request. (A body can be as wrong; but of a chunk's line a
  /// reader may wait for the end before it says so.)
  bool malformed = false;
  bool upgraded = false;  ///< one asks for another protocol: what follows is not HTTP
};
request_reading read_requests(std::string_view bytes);

struct read_answer {
  int status = 0;
  bool close = false;
  std::string_view body;
};
/// Answers of the server; 100 (Continue) is left out. Ends the run when they are malformed.
std::vector<read_answer> read_answers(std::string_view bytes);

}  // namespace nova::fuzz
