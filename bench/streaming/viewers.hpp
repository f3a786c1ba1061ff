// Many sockets that only take pushes, as cheap as possible: one thread reads them all, and a frame is not copied. Used by the scenario
// `live-chat`, where a full client would cost more than the server.
#pragma once

#include "tests/support/client/http.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace nova::bench {

class viewer_sockets {
 public:
  /// `pushed` is called on the reading thread with the number of the socket and the text of a frame.
  viewer_sockets(client::endpoint to, std::function<void(std::size_t, std::string_view)> pushed);
  /// Ends the thread and closes the sockets.
  ~viewer_sockets();
  viewer_sockets(const viewer_sockets&) = delete;
  viewer_sockets& operator=(const viewer_sockets&) = delete;

  /// Opens a session and waits for it. False: it was refused. Not behind begin().
  bool add(const std::string& access_token);
  /// Begins to read.
  void begin();
  /// Sockets that the server has closed.
  std::size_t closed() const noexcept { return closed_; }

 private:
  struct viewer {
    int fd = -1;
    std::string rest = {};  ///< the begin of a frame whose end is to come
  };
  void read_all();
  void read(std::size_t number);
  std::size_t take_frames(std::size_t number, std::string_view bytes);

  const client::endpoint to_;
  const std::function<void(std::size_t, std::string_view)> pushed_;
  const int poll_;
  std::string piece_;
  std::vector<viewer> all_;
  std::atomic<std::size_t> closed_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace nova::bench
