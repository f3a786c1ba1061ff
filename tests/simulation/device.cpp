// See device.hpp.
#include "tests/simulation/device.hpp"

#include "tests/support/client/json_text.hpp"

#include <algorithm>

namespace nova::simulation {

using client::find_string;
using client::quoted;
using crash::stream_event;

namespace {

constexpr milliseconds patience{8000};  ///< with an answer; then the connection is given up

bool may_succeed_later(std::string_view code) {
  return code == "unavailable" || code == "overloaded" || code == "deadline_exceeded" ||
         code == "rate_limited" || code == "internal";
}

}  // namespace

rpc::caller person::caller() const {
  rpc::caller c;
  c.kind = rpc::caller_kind::user;
  if (auto account = parse_uuid(id)) c.account = *account;
  return c;
}

bool socket_answer::uncertain() const { return lost || (!ok && may_succeed_later(code)); }

device::device(cluster& c, const person& who, crash::history& record, std::string name)
    : cluster_(c), who_(who), record_(record), at_(record.devices.size()) {
  record.devices.push_back({who.id, std::move(name), {}});
}

void device::call(std::string_view method, std::string params,
                  std::function<void(const socket_answer&)> done) {
  outstanding o{R"("method":")" + std::string(method) + R"(","params":)" + std::move(params) + "}",
                std::move(done), cluster_.now()};
  if (!is_open()) return waiting_.push_back(std::move(o));
  const auto id = ++last_id_;
  wire_->up.push_back(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + "," + o.text);
  calls_.emplace(id, std::move(o));
}

std::string device::waits_for() const {
  if (calls_.empty() && waiting_.empty()) return {};
  auto out = record_.devices[at_].name + (state_ == state::offline   ? ", offline,"
                                          : state_ == state::opening ? ", opening,"
                                                                     : ", open,");
  for (const auto& [id, o] : calls_) out += " sent " + o.text.substr(0, o.text.find(','));
  for (const auto& o : waiting_) out += " waits " + o.text.substr(0, o.text.find(','));
  return out;
}

void device::cut() {
  if (!wire_) return;
  wire_->client_gone = true;
  lose();
}

void device::lose() {
  ++count.losses;
  wire_.reset();
  buffer_.clear();
  state_ = state::offline;
  retry_at_ = cluster_.now() + milliseconds(cluster_.random(300));
  auto gone = std::move(calls_);
  calls_.clear();
  for (auto& [id, o] : gone) o.done({.lost = true});
}

void device::on_tick() {
  const auto now = cluster_.now();
  if (state_ == state::offline && now >= retry_at_) connect();
  if (state_ == state::opening && now > open_by_) return cut();
  if (!calls_.empty() && calls_.begin()->second.since + patience < now) cut();
}

void device::connect() {
  auto* node = cluster_.ready_node();
  if (node == nullptr) {
    retry_at_ = cluster_.now() + milliseconds(50 + cluster_.random(200));
    return;
  }
  wire_ = node->connect();
  state_ = state::opening;
  // Some give up soon: their session.open may be read later than that of their next socket.
  open_by_ = cluster_.now() + (cluster_.random(2) ? patience : milliseconds(cluster_.random(1500)));
  send_open();
}

void device::send_open() {
  open_id_ = ++last_id_;
  std::string text = R"({"jsonrpc":"2.0","id":)" + std::to_string(open_id_) +
                     R"(,"method":"session.open","params":{"access_token":)" +
                     quoted(who_.access_token);
  if (!resume_token_.empty())
    text += R"(,"resume":{"token":)" + quoted(resume_token_) + R"(,"seen":)" + seen.text() + "}";
  wire_->up.push_back(text + "}}");
}

bool device::step() {
  if (!wire_ || cluster_.now() < deaf_until_) return false;
  if (wire_->down.empty()) {
    if (!wire_->server_gone) return false;
    return lose(), true;
  }
  const auto n = std::min<std::size_t>(wire_->down.size(), 1 + cluster_.random(2048));
  buffer_.append(wire_->down, 0, n);
  wire_->down.erase(0, n);
  take_frames();
  return true;
}

void device::take_frames() {
  std::size_t at = 0;
  auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(buffer_[i]); };
  while (wire_ && buffer_.size() - at >= 2) {
    std::size_t header = 2, size = byte(at + 1) & 127u;
    if (size >= 126) {
      const std::size_t more = size == 126 ? 2 : 8;
      header += more;
      if (buffer_.size() - at < header) break;
      size = 0;
      for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(at + 2 + i);
    }
    if (buffer_.size() - at < header + size) break;
    const auto payload = buffer_.substr(at + header, size);
    const auto op = static_cast<gateway::opcode>(byte(at) & 15u);
    const bool close = op == gateway::opcode::close;
    at += header + size;
    if (op == gateway::opcode::ping) {
      wire_->pongs.push_back(payload);
      continue;
    }
    if (!close) {
      frame(payload);
      continue;
    }
    cluster_.note(payload);
    const auto code =
        static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]);
    count.closed_slow += code == static_cast<int>(rpc::close_code::too_slow);
    count.replaced += code == static_cast<int>(rpc::close_code::replaced);
    return cut();
  }
  if (wire_) buffer_.erase(0, at);
}

void device::frame(std::string_view payload) {
  cluster_.note(payload);
  const auto view = client::read_frame(payload);
  using kind = client::frame_view::kind;
  if (view.what == kind::push) return pushed(view.method, view.body);
  if (view.what == kind::result && view.id == open_id_) return opened(view.body);
  if (view.what == kind::error && view.id == open_id_) return cut();
  if (view.what == kind::result)
    return answered(view.id, {.ok = true, .body = std::string(view.body)});
  if (view.what == kind::error)
    answered(view.id, {.code = std::string(find_string(view.body, "code"))});
}

void device::answered(std::uint64_t id, socket_answer a) {
  const auto at = calls_.find(id);
  if (at == calls_.end()) return;
  auto done = std::move(at->second.done);
  calls_.erase(at);
  done(a);
}

void device::opened(std::string_view body) {
  const bool resumed = body.find(R"("resumed":true)") != std::string_view::npos;
  count.resumes += resumed;
  record_.devices[at_].events.push_back({.what = stream_event::kind::opened, .resumed = resumed});
  resume_token_ = find_string(body, "resume_token");
  state_ = state::open;
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (auto& o : waiting) {
    const auto id = ++last_id_;
    o.since = cluster_.now();
    wire_->up.push_back(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + "," + o.text);
    calls_.emplace(id, std::move(o));
  }
}

void device::pushed(std::string_view method, std::string_view body) {
  auto e = crash::read_push(method, body);
  if (!e) return;
  seen.take(*e);
  count.deliveries += method == "messaging.message";
  count.gaps += e->what == stream_event::kind::gap;
  record_.devices[at_].events.push_back(*std::move(e));
}

}  // namespace nova::simulation
