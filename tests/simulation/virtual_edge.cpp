// See virtual_edge.hpp.
#include "tests/simulation/virtual_edge.hpp"

#include <algorithm>

namespace nova::simulation {

using gateway::encoding;
using gateway::frame;
using gateway::socket_outbox;
using std::chrono::milliseconds;

/// The transport-free part of a WebSocket, with a wire where Beast would be.
class virtual_socket final : public gateway::connection,
                             public gateway::session_socket,
                             public std::enable_shared_from_this<virtual_socket> {
 public:
  virtual_socket(gateway::edge& e, gateway::io_thread& thread, wire_ptr w)
      : edge_(e), thread_(thread), wire_(std::move(w)) {}

  void start() {
    id_ = thread_.add(shared_from_this());
    session_ = std::make_unique<gateway::socket_session>(edge_, thread_, *this, id_, encoding::json,
                                                         nowhere_);
    session_->start(std::nullopt, {});
  }

  bool gone() const { return closed_; }

  /// Reads one message or writes some bytes; false when neither is possible.
  bool step() {
    if (closed_) return false;
    // What a client sent before it went is read all the same; while nothing is read, its end is not seen.
    if (wire_->client_gone && wire_->up.empty() && !session_->full()) return close(), true;
    if (!wire_->pongs.empty()) {
      const auto pong = std::move(wire_->pongs.front());
      wire_->pongs.pop_front();
      session_->on_pong(pong);
      return true;
    }
    if (!outbox_.empty() && wire_->down.size() < wire::kernel_bytes) return write(), true;
    if (closing_ && outbox_.empty()) return wire_->down.empty() && (close(), true);
    const bool full = session_->full() || outbox_.holds_reading();
    if (closing_ || full || wire_->up.empty()) return false;
    const auto text = std::move(wire_->up.front());
    wire_->up.pop_front();
    session_->handle(gateway::read_call(
        encoding::json, text, {edge_.settings.max_json_depth, edge_.settings.max_id_bytes}));
    return true;
  }

  void cut() override {
    closed_ = true;
    wire_->server_gone = true;
  }

  // connection
  void on_deadline(gateway::time_point now) override {
    if (closed_) return;
    if (closing_) return now >= close_by_ ? close() : void();
    if (now >= session_->deadline()) session_->on_deadline(now);
  }
  void on_push(gateway::delivery& d) override { session_->on_push(d); }
  bool belongs_to(const uuid& id) const override {
    return session_->who() && session_->who()->session == id;
  }
  gateway::socket_session* session() override { return session_.get(); }
  void drain() override { shut(rpc::close_code::restart, "restart"); }
  void shut(rpc::close_code code, std::string_view reason) override {
    if (closing_ || closed_) return;
    closing_ = true;
    session_->end();
    close_by_ = edge_.now() + milliseconds(edge_.settings.close_timeout_ms);
    outbox_.add_last(gateway::make_close_frame(static_cast<std::uint16_t>(code), reason),
                     code == rpc::close_code::too_slow);
  }

  // session_socket
  void send_push(frame f) override { enqueue(std::move(f), socket_outbox::kind::push); }
  void send_answer(frame f) override { enqueue(std::move(f), socket_outbox::kind::answer); }
  void end_with(rpc::close_code code, std::string_view reason) override { shut(code, reason); }
  void settled() override {}
  bool has_room() const override { return outbox_.has_room(); }
  bool all_received() override { return outbox_.empty() && !wire_->client_gone; }

 private:
  void close() {
    if (closed_) return;
    closing_ = closed_ = true;
    session_->end();
    outbox_.clear();
    wire_->server_gone = true;
    thread_.remove(id_);
  }

  // One write a step, of a few frames at most: the steps of others come between.
  void write() {
    if (wire_->client_gone) return close();
    bool written = false;
    outbox_.writable();
    outbox_.flush([&](std::span<const std::string_view> pieces) -> std::optional<std::size_t> {
      return std::exchange(written, true)
                 ? 0
                 : take(pieces.first(std::min<std::size_t>(pieces.size(), 8)));
    });
    if (!closing_) session_->on_room();
  }

  std::size_t take(std::span<const std::string_view> pieces) {
    std::size_t taken = 0;
    for (auto piece : pieces) {
      const auto part = piece.substr(0, wire::kernel_bytes - wire_->down.size());
      wire_->down.append(part);
      taken += part.size();
    }
    return taken;
  }

  // When the outbox wants to be flushed does not matter: the steps decide.
  void enqueue(frame f, socket_outbox::kind k) {
    if (closing_ || closed_) return;
    if (outbox_.add(std::move(f), k) == socket_outbox::next::too_slow)
      shut(rpc::close_code::too_slow, "too slow: resume");
  }

  gateway::edge& edge_;
  gateway::io_thread& thread_;
  wire_ptr wire_;
  const std::string nowhere_;
  rpc::connection_id id_ = 0;
  std::unique_ptr<gateway::socket_session> session_;
  socket_outbox outbox_{edge_.settings};
  bool closing_ = false, closed_ = false;
  gateway::time_point close_by_{};
};

virtual_edge::virtual_edge(config::gateway_settings settings, const wall_clock& wall,
                           random_source& random, gateway::monotonic_clock now)
    : common_(std::move(settings), wall, random, std::move(now)),
      thread_(std::make_shared<gateway::io_thread>(0)) {}

virtual_edge::~virtual_edge() {
  common_.tokens->disconnect();
  cut_all();
}

void virtual_edge::serve(rpc::bus& bus) {
  common_.bus = &bus;
  common_.tokens->connect(bus);
}

wire_ptr virtual_edge::connect() {
  auto w = std::make_shared<wire>();
  sockets_.push_back(std::make_shared<virtual_socket>(common_, *thread_, w));
  sockets_.back()->start();
  return w;
}

bool virtual_edge::step(runtime::seeded_random& choice) {
  const auto n = sockets_.size() + 1;
  const auto first = choice.next() % n;
  for (std::size_t k = 0; k < n; ++k) {
    const auto i = (first + k) % n;
    if (i == sockets_.size()) {
      auto& context = thread_->context();
      context.restart();
      if (context.poll_one() != 0) return true;
    } else if (sockets_[i]->step()) {
      return true;
    }
  }
  return false;
}

void virtual_edge::on_time() {
  const auto now = common_.now();
  for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->on_deadline(now);
  std::erase_if(sockets_, [](const auto& s) { return s->gone(); });
  if (now < next_token_tick_) return;
  common_.tokens->tick();
  next_token_tick_ = now + milliseconds(can_verify() ? 1000 : 100);
}

void virtual_edge::cut_all() {
  for (auto& s : sockets_) s->cut();
  sockets_.clear();
}

void virtual_edge::deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
                           rpc::push_ptr p) {
  thread_->deliver(std::move(to), std::move(p));
}

void virtual_edge::close(rpc::connection_id connection, rpc::close_code code, std::string reason) {
  thread_->post([&thread = *thread_, connection, code, reason = std::move(reason)] {
    if (auto* c = thread.find(connection)) c->shut(code, reason);
  });
}

void virtual_edge::revoke_session(const uuid& session, unix_ms until) {
  common_.tokens->revoke(session, until);
  thread_->post([&thread = *thread_, session] {
    thread.for_each([&](gateway::connection& c) {
      if (c.belongs_to(session))
        c.shut(rpc::close_code::unauthenticated, "the session was revoked");
    });
  });
}

}  // namespace nova::simulation
