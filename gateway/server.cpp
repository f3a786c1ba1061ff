#include "gateway/server.hpp"

#include "gateway/access/origins.hpp"
#include "gateway/codec/exposition.hpp"
#include "gateway/http/http_connection.hpp"
#include "gateway/http/http_exchange.hpp"
#include "gateway/http/pages.hpp"
#include "gateway/loop/client_socket.hpp"
#include "gateway/loop/file_threads.hpp"
#include "gateway/loop/http_date.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/transfer/live_routes.hpp"
#include "gateway/transfer/rtmp_server.hpp"
#include "gateway/transfer/transfer_routes.hpp"
#include "gateway/views/composing_bus.hpp"
#include "protocols/core/log.hpp"

#include <google/protobuf/stubs/logging.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

namespace nova::gateway {

namespace net = boost::asio;
using boost::system::error_code;
using acceptor = net::basic_socket_acceptor<net::ip::tcp, net::io_context::executor_type>;

namespace {

/// Media and live streams.
struct all_streams final : streamed_routes {
  bool takes(std::string_view verb, std::string_view path) const override {
    return (transfers && transfers->takes(verb, path)) || (live && live->takes(verb, path));
  }
  std::shared_ptr<body_taker> begin(io_thread& thread, const http_request& request,
                                    const std::string& address, const std::string& request_id,
                                    stream_answers answers) const override {
    const bool of_live = live && live->takes(request.verb, split_target(request.target).first);
    const streamed_routes& taker =
        of_live ? static_cast<const streamed_routes&>(*live) : *transfers;
    return taker.begin(thread, request, address, request_id, std::move(answers));
  }

  std::optional<transfer_routes> transfers;
  std::optional<live_routes> live;
};

constexpr std::chrono::milliseconds closing_interval{50};

/// The same each time, and about as many connections for each turn.
std::uint64_t turn_of(const connection& c, std::uint64_t turns) {
  constexpr std::uint64_t golden = 0x9e37'79b9'7f4a'7c15;
  return (reinterpret_cast<std::uintptr_t>(&c) * golden >> 32) % turns;
}

}  // namespace

struct server::impl final : rpc::push_sink {
  explicit impl(gateway_options o) : common(std::move(o.settings), *o.wall, *o.random) {
    if (o.blobs != nullptr) {
      files.emplace(common.settings.file_threads, common.settings.file_queue);
      streams.transfers.emplace(common, *o.blobs, *files, o.urls_key);
      if (o.segments != nullptr) streams.live.emplace(common, *o.segments, *files, o.urls_key);
      parts.streams = &streams;
      parts.files = &*files;
    }
    google::protobuf::SetLogHandler(nullptr);  // it would print a line for each hostile message
    auto count = std::max(1u, common.settings.io_threads);
    for (unsigned i = 0; i < count; ++i) threads.push_back(std::make_shared<io_thread>(i));
    exposed.add([this](metric_samples& out) { collect_metrics(out); });
    for (auto& source : o.metrics) exposed.add(std::move(source));
    if (o.metrics_text) common.metrics_text = std::move(o.metrics_text);
    else if (!o.metrics_elsewhere) common.metrics_text = [this] { return exposed.text(); };
    common.operations_ready = std::move(o.operations_ready);
    common.operations = std::move(o.operations);
  }

  std::shared_ptr<const tls_context> certificate() const;
  result<void> load_certificate(const config::gateway_tls_settings& settings);
  result<std::uint16_t> listen();
  /// For programs of this machine that this process starts, without TLS. 0: no port.
  std::uint16_t listen_locally();
  void accept(acceptor& from);
  void accepted(tcp_socket socket, unsigned home);
  void accepted_locally(tcp_socket socket, unsigned home);
  void serve(tcp_socket socket, unsigned home, connection_lease lease,
             std::shared_ptr<const tls_context> secured_by);
  void refuse(tcp_socket socket, limits::refused why, bool secure);
  void tick_tokens();
  void collect_metrics(metric_samples& out) const;
  void close_session(const uuid& session);
  void stop_threads();
  void start_rtmp();
  void run();

  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to, rpc::push_ptr p) override;
  void close(rpc::connection_id connection, rpc::close_code code, std::string reason) override;
  void revoke_session(const uuid& session, unix_ms until) override;

  std::optional<composing_bus> views;
  edge common;
  const pages site{common};
  std::optional<file_threads> files;
  all_streams streams;
  rtmp_server rtmp{common};
  http_parts_of_server parts{site};
  exposition exposed;
  std::vector<std::shared_ptr<io_thread>> threads;
  std::vector<std::thread> runners;
  std::optional<acceptor> listening, local;
  std::optional<net::steady_timer> token_timer;
  unsigned next_home = 0;
  mutable std::mutex certificate_mutex;
  std::shared_ptr<const tls_context> certificate_in_force;  ///< null: no TLS
};

std::shared_ptr<const tls_context> server::impl::certificate() const {
  std::lock_guard lock(certificate_mutex);
  return certificate_in_force;
}

result<void> server::impl::load_certificate(const config::gateway_tls_settings& settings) {
  auto loaded = tls_context::load(settings);
  if (!loaded) return loaded.error();
  std::lock_guard lock(certificate_mutex);
  certificate_in_force = std::move(*loaded);
  return {};
}

result<std::uint16_t> server::impl::listen() {
  error_code ec;
  auto address = net::ip::make_address(common.settings.address, ec);
  if (ec) return make_error(errc::invalid_request, "gateway.address is not a numeric address");
  if (const auto& bad = common.proxies.unsound(); !bad.empty())
    return make_error(errc::invalid_request,
                      "gateway.trusted_proxies: " + bad + " is no address and no network");
  for (const auto& other : common.settings.others)
    if (!is_origin(other))
      return make_error(errc::invalid_request,
                        "gateway.others: " + other + " is no origin, as https://b.example.org");
  const auto& tls = common.settings.tls;
  if (!tls.certificate.empty() || !tls.key.empty())
    if (auto loaded = load_certificate(tls); !loaded) return loaded.error();
  net::ip::tcp::endpoint endpoint(address, common.settings.port);
  listening.emplace(threads[0]->context());
  listening->open(endpoint.protocol(), ec);
  if (!ec) listening->set_option(net::socket_base::reuse_address(true), ec);
  if (!ec) listening->bind(endpoint, ec);
  if (!ec) listening->listen(common.settings.backlog, ec);
  if (ec)
    return make_error(errc::unavailable, "cannot listen on port " +
                                             std::to_string(endpoint.port()) + ": " + ec.message());
  return listening->local_endpoint(ec).port();
}

std::uint16_t server::impl::listen_locally() {
  error_code ec;
  const net::ip::tcp::endpoint endpoint(net::ip::address_v4::loopback(), 0);
  local.emplace(threads[0]->context());
  local->open(endpoint.protocol(), ec);
  if (!ec) local->bind(endpoint, ec);
  if (!ec) local->listen(common.settings.backlog, ec);
  const auto port = ec ? std::uint16_t{0} : local->local_endpoint(ec).port();
  if (port == 0) {
    log::warn("gateway.cannot_accept", {{"reason", ec.message()}});
    local.reset();
  }
  return port;
}

void server::impl::accept(acceptor& from) {
  auto home = next_home++ % threads.size();
  from.async_accept(threads[home]->context(),
                    [this, &from, home](error_code ec, tcp_socket socket) {
                      if (common.draining || ec == net::error::operation_aborted) return;
                      if (!ec) {
                        if (&from == &*listening)
                          accepted(std::move(socket), static_cast<unsigned>(home));
                        else accepted_locally(std::move(socket), static_cast<unsigned>(home));
                        return accept(from);
                      }
                      if (ec == net::error::connection_aborted) return accept(from);
                      log::warn("gateway.cannot_accept", {{"reason", ec.message()}});
                      const auto retry = std::make_shared<net::steady_timer>(
                          threads[0]->context(), std::chrono::milliseconds(100));
                      retry->async_wait([this, &from, retry](error_code stopped) {
                        if (!stopped && !common.draining) accept(from);
                      });
                    });
}

void server::impl::accepted_locally(tcp_socket socket, unsigned home) {
  connection_lease lease;
  if (common.limits.admit("127.0.0.1", lease, false) == limits::refused::none)
    serve(std::move(socket), home, std::move(lease), nullptr);
}

void server::impl::accepted(tcp_socket socket, unsigned home) {
  error_code ec;
  auto remote = socket.remote_endpoint(ec);
  if (ec) return;
  connection_lease lease;
  auto why = common.limits.admit(remote.address().to_string(), lease,
                                 common.proxies.contains(remote.address()));
  auto secured_by = certificate();
  if (why != limits::refused::none) return refuse(std::move(socket), why, secured_by != nullptr);
  if (secured_by && !lease.proxy() &&
      !common.limits.tls_handshake(lease.address(), std::chrono::steady_clock::now())) {
    threads[0]->counts().tls_failures_total.add();
    return;
  }
  serve(std::move(socket), home, std::move(lease), std::move(secured_by));
}

void server::impl::serve(tcp_socket socket, unsigned home, connection_lease lease,
                         std::shared_ptr<const tls_context> secured_by) {
  auto& thread = *threads[home];
  struct parcel {
    client_socket socket;
    connection_lease lease;
  };
  auto sent = std::make_shared<parcel>(
      parcel{client_socket(std::move(socket), std::move(secured_by)), std::move(lease)});
  thread.post([this, sent, &thread] {
    start_http(common, parts, thread, std::move(sent->socket), std::move(sent->lease));
  });
}

void server::impl::refuse(tcp_socket socket, limits::refused why, bool secure) {
  threads[0]->counts().connections_refused_total.add();
  if (secure) return;  // an answer would cost a handshake
  auto request_id = choose_request_id(common, {});
  bool address = why == limits::refused::address;
  auto a = problem_answer(
      make_error(address ? errc::rate_limited : errc::overloaded, "Too many connections.", 1000),
      request_id);
  std::string text =
      address ? "HTTP/1.1 429 Too Many Requests\r\n" : "HTTP/1.1 503 Service Unavailable\r\n";
  text +=
      "Content-Type: application/problem+json\r\nRetry-After: 1\r\nConnection: "
      "close\r\nDate: " +
      http_date(common.wall.now()) + "\r\nX-Request-Id: " + request_id;
  text += "\r\nContent-Length: " + std::to_string(a.body.size()) + "\r\n\r\n" + a.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(text), ignored);
  socket.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
}

void server::impl::tick_tokens() {
  common.tokens->tick();
  if (streams.live) streams.live->sweep();
  token_timer->expires_after(common.tokens->ready() ? std::chrono::milliseconds(1000)
                                                    : std::chrono::milliseconds(100));
  token_timer->async_wait([this](error_code ec) {
    if (!ec) tick_tokens();
  });
}

void server::impl::collect_metrics(metric_samples& out) const {
  for (const auto& t : threads) t->counts().collect(out);
  out.add(metric::nova_gateway_connections, static_cast<double>(common.limits.connections()));
  const auto secured_by = certificate();
  out.add(metric::nova_gateway_certificate_expires_seconds,
          secured_by ? secured_by->expires_at() : 0);
  if (common.bus) common.bus->collect_metrics(out);
}

void server::impl::deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
                           rpc::push_ptr p) {
  std::uint64_t involved = 0;  // io_threads is at most 64
  auto all = threads.size() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << threads.size()) - 1;
  for (auto id : *to) {
    involved |= std::uint64_t{1} << (io_thread::thread_of(id) & 63);
    if ((involved & all) == all) break;
  }
  for (std::size_t i = 0; i < threads.size(); ++i)
    if (involved >> i & 1) threads[i]->deliver(to, p);
}

void server::impl::close(rpc::connection_id connection, rpc::close_code code, std::string reason) {
  auto index = io_thread::thread_of(connection);
  if (index >= threads.size()) return;
  threads[index]->post([&thread = *threads[index], connection, code, reason = std::move(reason)] {
    if (auto* c = thread.find(connection)) c->shut(code, reason);
  });
}

void server::impl::revoke_session(const uuid& session, unix_ms until) {
  common.tokens->revoke(session, until);
  close_session(session);
}

void server::impl::close_session(const uuid& session) {
  for (auto& thread : threads)
    thread->post([&t = *thread, session] {
      t.for_each([&](connection& c) {
        if (c.belongs_to(session))
          c.shut(rpc::close_code::unauthenticated, "the session was revoked");
      });
    });
}

void server::impl::start_rtmp() {
  if (!rtmp_server::wanted(common.settings)) return;
  const auto port = listen_locally();
  if (port == 0) return;
  accept(*local);
  rtmp.start(port);
}

void server::impl::run() {
  accept(*listening);
  for (auto& t : threads) runners.emplace_back([thread = t.get()] { thread->run(); });
}

void server::impl::stop_threads() {
  for (auto& t : threads) t->stop();
  for (auto& r : runners) r.join();
  runners.clear();
}

server::server(gateway_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

server::~server() {
  if (!impl_->runners.empty()) drain_and_stop(std::chrono::milliseconds(0));
}

rpc::push_sink& server::sink() noexcept { return *impl_; }

bool server::ready() const noexcept { return impl_->common.ready(); }

void server::change_limits(const config::gateway_settings& settings) {
  impl_->common.limits.change(settings);
}

result<void> server::renew_certificate(const config::gateway_tls_settings& settings) {
  if (!impl_->certificate()) return {};
  auto loaded = impl_->load_certificate(settings);
  if (!loaded) log::error("gateway.certificate_refused", {{"reason", loaded.error().detail}});
  else log::info("gateway.certificate", {{"file", settings.certificate}});
  return loaded;
}

result<std::uint16_t> server::start(rpc::bus& bus) {
  auto port = impl_->listen();
  if (!port) return port;
  impl_->views.emplace(bus, std::chrono::milliseconds(impl_->common.settings.view_budget_ms));
  impl_->common.bus = &*impl_->views;
  impl_->common.tokens->found_revoked = [this](const uuid& session) {
    impl_->close_session(session);
  };
  impl_->common.tokens->connect(bus);
  impl_->token_timer.emplace(impl_->threads[0]->context());
  impl_->tick_tokens();
  if (impl_->streams.live && impl_->streams.live->complete()) impl_->start_rtmp();
  impl_->run();
  return port;
}

result<std::uint16_t> server::start() {
  auto port = impl_->listen();
  if (port) impl_->run();
  return port;
}

std::string server::metrics_text() const { return impl_->exposed.text(); }

void server::read_revocations() { impl_->common.tokens->read_revocations(); }

void server::drain_and_stop(std::chrono::milliseconds budget, std::chrono::milliseconds spread) {
  if (impl_->runners.empty()) return;
  const auto most = std::min(budget, std::chrono::milliseconds(impl_->common.settings.drain_ms));
  const auto began = std::chrono::steady_clock::now(), end = began + most;
  impl_->common.draining = true;
  impl_->rtmp.stop();
  impl_->threads[0]->post([this] {
    error_code ignored;
    impl_->listening->close(ignored);
    if (impl_->local) impl_->local->close(ignored);
    if (impl_->token_timer) impl_->token_timer->cancel();
  });
  const auto everywhere = [this](const std::function<void(connection&)>& f) {
    for (auto& thread : impl_->threads) thread->post([&t = *thread, f] { t.for_each(f); });
  };
  const std::uint64_t turns =
      std::max<std::int64_t>(1, std::min(spread, most / 2) / closing_interval);
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    everywhere([turn, turns](connection& c) {
      if (c.session() == nullptr ? turn == 0 : turn_of(c, turns) == turn) c.drain();
    });
    const bool last = turn + 1 == turns;
    const auto next = began + closing_interval * static_cast<std::int64_t>(turn + 1);
    if (impl_->common.limits.wait_for_none(last ? end : std::min(end, next))) break;
  }
  everywhere([](connection& c) { c.cut(); });
  std::vector<std::future<void>> cut;
  for (auto& thread : impl_->threads) {
    auto done = std::make_shared<std::promise<void>>();
    cut.push_back(done->get_future());
    thread->post([done] { done->set_value(); });
  }
  for (auto& c : cut) c.wait();
  impl_->common.tokens->disconnect();
  if (impl_->files) impl_->files->stop();
  impl_->stop_threads();
}

}  // namespace nova::gateway
