#include "gateway/http/file_sender.hpp"

#include "gateway/loop/file_threads.hpp"
#include "gateway/loop/io_thread.hpp"

#include <sys/sendfile.h>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cerrno>

namespace nova::gateway {

namespace net = boost::asio;

void file_sender::start(std::function<void()> moved, std::function<void(error_code)> done) {
  moved_ = std::move(moved);
  done_ = std::move(done);
  error_code ec;
  socket_.tcp().native_non_blocking(true, ec);
  if (ec) return finish(ec);
  go_on();
}

void file_sender::go_on() {
  if (stopped_) return;
  if (body_.length == 0) return finish({});
  const int file = body_.file->descriptor();
  if (!socket_.secure() && file >= 0) return send_directly(file);
  read_piece();
}

void file_sender::send_directly(int file) {
  off_t at = body_.from;
  const auto n =
      ::sendfile(socket_.tcp().native_handle(), file, &at,
                 std::min<std::size_t>(piece_bytes, static_cast<std::size_t>(body_.length)));
  if (n > 0) {
    sent(static_cast<std::size_t>(n));
    return net::post(socket_.get_executor(), [self = shared_from_this()] { self->go_on(); });
  }
  if (n == 0) return finish(net::error::eof);  // the file is shorter than it was
  if (errno == EINTR) return go_on();
  if (errno != EAGAIN) return finish(error_code(errno, boost::system::system_category()));
  socket_.async_wait_writable([self = shared_from_this()](error_code ec) {
    if (ec) return self->finish(ec);
    self->go_on();
  });
}

void file_sender::read_piece() {
  piece_.resize(std::min<std::size_t>(piece_bytes, static_cast<std::size_t>(body_.length)));
  const bool taken = files_.submit([self = shared_from_this(), home = thread_.weak_from_this()] {
    auto n = self->body_.file->read(self->body_.from, self->piece_.data(), self->piece_.size());
    if (auto thread = home.lock())
      thread->post([self, bytes = n ? *n : 0] { self->write_piece(bytes); });
  });
  if (!taken) finish(net::error::no_buffer_space);
}

void file_sender::write_piece(std::size_t bytes) {
  if (stopped_) return;
  if (bytes == 0) return finish(net::error::eof);
  net::async_write(socket_, net::buffer(piece_.data(), bytes),
                   [self = shared_from_this()](error_code ec, std::size_t n) {
                     if (ec) return self->finish(ec);
                     self->sent(n);
                     self->go_on();
                   });
}

void file_sender::sent(std::size_t bytes) {
  body_.from += static_cast<std::int64_t>(bytes);
  body_.length -= static_cast<std::int64_t>(bytes);
  if (!stopped_) moved_();
}

void file_sender::finish(error_code ec) {
  if (!stopped_) std::exchange(done_, [](error_code) {})(ec);
}

}  // namespace nova::gateway
