#include "tests/cluster/link_tap.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <list>
#include <mutex>
#include <thread>

namespace nova::cluster {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

namespace {

struct direction {
  std::string all;  ///< under the tap's lock
  std::array<char, 65'536> buffer;
};

struct pair {
  explicit pair(net::io_context& io) : near(io), far(io) {}
  tcp::socket near, far;
  direction there, back;

  void close() {
    error_code ignored;
    near.close(ignored);
    far.close(ignored);
  }
};

tcp::endpoint on_loopback(std::uint16_t port) { return {net::ip::address_v4::loopback(), port}; }

}  // namespace

struct link_tap::impl {
  explicit impl(std::uint16_t to) : target(to), listening(io, on_loopback(0)) {
    accept();
    thread = std::thread([this] { io.run(); });
  }

  void accept() {
    std::unique_lock lock(mutex);
    auto& p = pairs.emplace_back(io);
    lock.unlock();
    listening.async_accept(p.near, [this, &p](error_code ec) {
      if (ec) return;
      p.far.async_connect(on_loopback(target), [this, &p](error_code refused) {
        if (refused) return p.close();
        pass(p, p.near, p.far, p.there);
        pass(p, p.far, p.near, p.back);
      });
      accept();
    });
  }

  void pass(pair& p, tcp::socket& from, tcp::socket& to, direction& d) {
    from.async_read_some(net::buffer(d.buffer), [this, &p, &from, &to, &d](error_code ec, auto n) {
      if (ec) return p.close();
      {
        std::lock_guard lock(mutex);
        d.all.append(d.buffer.data(), n);
      }
      net::async_write(to, net::buffer(d.buffer.data(), n),
                       [this, &p, &from, &to, &d](error_code broken, auto) {
                         if (broken) return p.close();
                         pass(p, from, to, d);
                       });
    });
  }

  const std::uint16_t target;
  net::io_context io{1};
  tcp::acceptor listening;
  std::list<pair> pairs;  ///< under the lock
  mutable std::mutex mutex;
  std::thread thread;
};

link_tap::link_tap(std::uint16_t target) : impl_(std::make_unique<impl>(target)) {}

link_tap::~link_tap() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t link_tap::port() const noexcept { return impl_->listening.local_endpoint().port(); }

std::uint16_t link_tap::target() const noexcept { return impl_->target; }

bool link_tap::carried(const std::string& bytes) const {
  std::lock_guard lock(impl_->mutex);
  for (const auto& p : impl_->pairs)
    for (const auto* d : {&p.there, &p.back})
      if (d->all.find(bytes) != std::string::npos) return true;
  return false;
}

std::size_t link_tap::bytes() const {
  std::lock_guard lock(impl_->mutex);
  std::size_t sum = 0;
  for (const auto& p : impl_->pairs) sum += p.there.all.size() + p.back.all.size();
  return sum;
}

}  // namespace nova::cluster
