// Sends a part of a file to a client: by sendfile without TLS, else in pieces that a file thread reads. Used by http_connection,
// on its thread. At most one piece is in memory.
#pragma once

#include "gateway/http/http_messages.hpp"
#include "gateway/loop/client_socket.hpp"

#include <functional>
#include <memory>
#include <string>

namespace nova::gateway {

class file_threads;
class io_thread;

class file_sender : public std::enable_shared_from_this<file_sender> {
 public:
  using error_code = boost::system::error_code;
  /// Bytes of a piece, and of one turn of sendfile: then other connections have theirs.
  static constexpr std::size_t piece_bytes = 128 * 1024;

  /// The socket outlives the sender, or `stop` is called before it ends.
  file_sender(client_socket& socket, io_thread& thread, file_threads& files, file_body body)
      : socket_(socket), thread_(thread), files_(files), body_(std::move(body)) {}

  /// `moved` after each piece; `done` once.
  void start(std::function<void()> moved, std::function<void(error_code)> done);
  void stop() { stopped_ = true; }

 private:
  void go_on();
  void send_directly(int file);
  void read_piece();
  void write_piece(std::size_t bytes);
  void sent(std::size_t bytes);
  void finish(error_code ec);

  client_socket& socket_;
  io_thread& thread_;
  file_threads& files_;
  file_body body_;
  std::string piece_;
  std::function<void()> moved_;
  std::function<void(error_code)> done_;
  bool stopped_ = false;
};

}  // namespace nova::gateway
