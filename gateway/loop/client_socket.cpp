#include "gateway/loop/client_socket.hpp"

namespace nova::gateway {

client_socket::client_socket(tcp_socket tcp, std::shared_ptr<const tls_context> context)
    : tcp_(std::move(tcp)) {
  error_code ignored;
  tcp_.non_blocking(true, ignored);
  tcp_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  if (context) tls_ = std::make_unique<tls_session>(std::move(context), tcp_.native_handle());
}

bool client_socket::drained(error_code& ec) {
  ec = {};
  if (!tls_ || !tls_->waits()) return true;
  const auto step = tls_->send();
  if (step.then == tls_step::next::failed) ec = step.error;
  return step.then == tls_step::next::done;
}

void client_socket::end_writing() noexcept {
  error_code ignored;
  if (tls_) tls_->end();
  tcp_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void client_socket::close() noexcept {
  error_code ignored;
  if (tls_) tls_->end();
  tcp_.close(ignored);
}

}  // namespace nova::gateway
