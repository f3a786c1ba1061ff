// HTTP clients that cost as little as possible: what they fetch is dropped within the kernel. And slow ones, which only hold a
// transfer open. Used by the scenario `download`.
#pragma once

#include "tests/support/client/http.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nova::bench {

struct fetched {
  double bytes_per_s = 0;
  std::uint64_t wholes = 0;  ///< answers that came to their end
  bool sound = true;         ///< all of them had status 200 and `size` bytes
};

/// Fetches `target` again and again over `connections`, each a thread of its own.
fetched fetch(const client::endpoint& from, const std::string& target, std::int64_t size,
              std::size_t connections, double seconds);

/// Open transfers that do not go on. The sockets are closed with it.
class slow_transfers {
 public:
  slow_transfers() = default;
  ~slow_transfers();
  slow_transfers(const slow_transfers&) = delete;
  slow_transfers& operator=(const slow_transfers&) = delete;

  /// Asks for `target` and reads nothing more when the answer has begun. False: no answer.
  bool add_reader(const client::endpoint& from, const std::string& target);
  /// Sends `head` and the first bytes of the body. False: they were not taken.
  bool add_writer(const client::endpoint& to, const std::string& head, std::size_t body_bytes);
  std::size_t count() const noexcept { return sockets_.size(); }

 private:
  bool connect(const client::endpoint& to, int receive_bytes);
  std::vector<int> sockets_;
};

}  // namespace nova::bench
