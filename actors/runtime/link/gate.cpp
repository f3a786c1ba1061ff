#include "actors/runtime/link/gate.hpp"

#include "actors/runtime/link/address.hpp"
#include "protocols/core/log.hpp"

#include <openssl/ssl.h>
#include <boost/asio/connect.hpp>

namespace nova::link {

namespace net = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using net::ip::tcp;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_hello_bytes = 16 * 1024;
constexpr std::size_t incarnation_bytes = 16;
constexpr std::size_t max_name_bytes = 63;

bool on_loopback(const std::string& text) {
  const auto at = parse_address(text);
  return at && at->address().is_loopback();
}

/// In words, when it was the peer's certificate that did not hold.
std::string verdict_of(ssl::stream<tcp::socket&>& tls) {
  const auto verdict = SSL_get_verify_result(tls.native_handle());
  return verdict == X509_V_OK ? "" : std::string(", ") + X509_verify_cert_error_string(verdict);
}

}  // namespace

struct gate::stranger {
  stranger(net::io_context& io, std::shared_ptr<std::size_t> count)
      : s(std::make_unique<stream>(tcp::socket(io))), deadline(io), here(std::move(count)) {
    ++*here;
  }
  ~stranger() { --*here; }
  std::unique_ptr<stream> s;
  net::steady_timer deadline;
  const std::shared_ptr<std::size_t> here;
  identity shown;
  std::string from, named, out, in = std::string(4096, '\0');
  incoming_lanes lanes{max_hello_bytes};
  bool dials = false, over = false;
  dialled failed;
};

std::string unsafe_without_certificates(const config::cluster_settings& s) {
  if (!s.certificate.empty()) return {};
  if (!on_loopback(s.listen)) return "cluster.listen is not on loopback";
  if (!s.advertise.empty() && !on_loopback(s.advertise))
    return "cluster.advertise is not on loopback";
  for (const auto& seed : s.seeds)
    if (!on_loopback(seed)) return "the seed " + seed + " is not on loopback";
  return {};
}

gate::gate(net::io_context& io, const config::cluster_settings& settings, link_counts& counts,
           hooks h)
    : io_(io), settings_(settings), counts_(counts), hooks_(std::move(h)), accept_again_(io) {}

result<std::uint16_t> gate::listen() {
  if (auto unsafe = unsafe_without_certificates(settings_); !unsafe.empty())
    return make_error(errc::invalid_request,
                      unsafe + ": set cluster.certificate, cluster.key and cluster.ca");
  auto loaded = load_identity(settings_);
  if (!loaded) return loaded.error();
  identity_ = *loaded;
  const auto at = parse_address(settings_.listen);
  if (!at) return make_error(errc::invalid_request, "cluster.listen is no address with a port");
  error_code ec;
  acceptor_.emplace(io_);
  acceptor_->open(at->protocol(), ec);
  if (!ec) acceptor_->set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) acceptor_->bind(*at, ec);
  if (!ec) acceptor_->listen(static_cast<int>(max_strangers), ec);
  if (ec)
    return make_error(errc::unavailable,
                      "cannot listen on " + settings_.listen + ": " + ec.message());
  accept();
  return acceptor_->local_endpoint(ec).port();
}

result<void> gate::renew(const config::cluster_settings& settings) {
  auto loaded = load_identity(settings);
  if (!loaded) return loaded.error();
  if (!*loaded && identity_)
    return make_error(errc::invalid_request, "cluster.certificate cannot be taken away");
  identity_ = *loaded;
  return {};
}

void gate::close() {
  error_code ignored;
  if (acceptor_) acceptor_->close(ignored);
  accept_again_.cancel();
}

void gate::accept() {
  auto s = std::make_shared<stranger>(io_, strangers_);
  auto& socket = s->s->plain;
  acceptor_->async_accept(socket, [this, s = std::move(s)](error_code ec) mutable {
    if (ec == net::error::operation_aborted) return;
    if (!ec && *strangers_ <= max_strangers) begin(std::move(s));
    s.reset();
    if (!ec) return accept();
    accept_again_.expires_after(milliseconds(100));
    accept_again_.async_wait([this](error_code stopped) {
      if (!stopped) accept();
    });
  });
}

void gate::dial(const tcp::endpoint& to, dialled failed) {
  auto s = std::make_shared<stranger>(io_, strangers_);
  s->dials = true;
  s->failed = std::move(failed);
  s->from = to_text(to);
  auto& socket = s->s->plain;
  s->deadline.expires_after(milliseconds(settings_.handshake_ms));
  s->deadline.async_wait([s](error_code ec) {
    if (!ec && !s->over) s->s->close();
  });
  socket.async_connect(to, [this, s = std::move(s)](error_code ec) mutable {
    if (ec) return refuse(s, ec.message());
    begin(std::move(s));
  });
}

void gate::begin(std::shared_ptr<stranger> s) {
  error_code ec;
  auto& socket = s->s->plain;
  if (const auto remote = socket.remote_endpoint(ec); !ec) s->from = to_text(remote);
  socket.set_option(tcp::no_delay(true), ec);
  if (!s->dials) {
    s->deadline.expires_after(milliseconds(settings_.handshake_ms));
    s->deadline.async_wait([s](error_code stopped) {
      if (!stopped && !s->over) s->s->close();
    });
  }
  if (!identity_) return greet(std::move(s));
  s->shown = identity_;
  s->s->tls = std::make_unique<ssl::stream<tcp::socket&>>(s->s->plain, *s->shown);
  auto& tls = *s->s->tls;
  const auto side = s->dials ? ssl::stream_base::client : ssl::stream_base::server;
  tls.async_handshake(side, [this, s = std::move(s)](error_code failed) mutable {
    if (failed) return refuse(s, "TLS: " + failed.message() + verdict_of(*s->s->tls));
    s->named = node_named_by(s->s->tls->native_handle());
    if (s->named.empty()) return refuse(s, "its certificate is not of a node");
    greet(std::move(s));
  });
}

void gate::greet(std::shared_ptr<stranger> s) {
  const auto hello = hooks_.hello().SerializeAsString();
  s->out = {0, static_cast<char>(hello.size() >> 16), static_cast<char>(hello.size() >> 8),
            static_cast<char>(hello.size())};
  s->out += hello;
  auto& to = *s->s;
  to.write(net::buffer(s->out), [this, s](error_code ec, std::size_t) {
    if (ec && !s->over) refuse(s, ec.message());
  });
  read_hello(std::move(s));
}

void gate::read_hello(std::shared_ptr<stranger> s) {
  auto& from = *s->s;
  const auto into = net::buffer(s->in);
  from.read_some(into, [this, s = std::move(s)](error_code ec, std::size_t n) {
    if (s->over) return;
    if (ec) return refuse(s, "no hello: " + ec.message());
    s->lanes.feed(std::string_view(s->in).substr(0, n));
    std::string message;
    std::size_t bytes = 0;
    switch (s->lanes.next(message, bytes)) {
      case incoming_lanes::step::more: return read_hello(s);
      case incoming_lanes::step::broken: return refuse(s, "its first frame breaks the limits");
      case incoming_lanes::step::message: return got_hello(s, message);
    }
  });
}

std::string gate::fault_of(const Hello& h, const stranger& s) const {
  const auto& m = h.self();
  // A later one decides itself whether it can speak to this node.
  if (h.version() < version) return "it speaks version " + std::to_string(h.version());
  if (h.cluster() != settings_.name) return "it belongs to another cluster";
  if (m.node().empty() || m.node().size() > max_name_bytes ||
      m.incarnation().size() != incarnation_bytes)
    return "its hello has no name or incarnation";
  if (s.s->tls && s.named != m.node())
    return "its certificate is of " + s.named + " and it says it is " + m.node();
  return {};
}

void gate::got_hello(const std::shared_ptr<stranger>& s, const std::string& message) {
  Hello hello;
  if (!hello.ParseFromString(message)) return refuse(s, "its hello cannot be read");
  if (auto fault = fault_of(hello, *s); !fault.empty()) return refuse(s, fault);
  if (hello.self().node() == settings_.node) {
    const bool self = hello.self().incarnation() == hooks_.hello().self().incarnation();
    return refuse(s, self ? "it is this node" : "another process has this node's name", self);
  }
  s->over = true;
  s->deadline.cancel();
  s->lanes.allow(max_part_bytes);
  auto made = std::make_shared<nova::link::wire>(io_, std::move(s->s), std::move(s->lanes),
                                                 settings_, counts_);
  hooks_.proved({std::move(made), std::move(hello), s->dials});
}

void gate::refuse(const std::shared_ptr<stranger>& s, const std::string& why, bool self) {
  if (std::exchange(s->over, true)) return;
  s->deadline.cancel();
  s->s->close();
  if (s->dials) return s->failed(why, self);
  if (self) return;
  counts_.refused.fetch_add(1, std::memory_order_relaxed);
  log::warn("link.refused", {{"from", s->from}, {"reason", why}});
}

}  // namespace nova::link
