// The scenario `fanout`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/support/bare_writer.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <algorithm>
#include <future>
#include <map>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< unless asked for: each costs a password hash; further sockets share them

/// One publisher, many listeners; at most `window` messages that have not reached everybody.
class room {
 public:
  room(stage& s, const run_options& options) : stage_(s), options_(options) {}
  ~room() {
    stage_.io().run([this] {
      publisher_.reset();
      listeners_.clear();
    });
  }

  bool set_up(std::string& problem);
  /// CPU seconds of the server per million deliveries.
  double run(std::size_t window, report& out);
  std::size_t frame_bytes() const { return frame_bytes_; }

 private:
  void publish();
  void send(const std::string& client_id);
  void heard(std::size_t listener, std::string_view frame);

  stage& stage_;
  run_options options_;
  std::shared_ptr<client::session> publisher_;
  std::vector<std::shared_ptr<client::session>> listeners_;
  std::vector<std::int64_t> last_;           ///< seq by listener
  std::map<std::int64_t, std::size_t> left_; ///< listeners that miss a seq
  std::string conversation_;
  std::size_t window_ = 1, in_flight_ = 0, frame_bytes_ = 0;
  std::uint64_t made_ = 0, delivered_ = 0, wrong_ = 0, refused_ = 0;
  bool publishing_ = false;
  std::promise<void> quiet_;
};

bool room::set_up(std::string& problem) {
  const auto accounts = stage_.accounts(1 + (options_.members > 0 ? options_.members : std::min(options_.sockets, most_accounts)));
  if (accounts.empty()) {
    problem = "accounts were refused";
    return false;
  }
  client::http_client http(stage_.at());
  std::vector<std::string> ids;
  for (std::size_t i = 1; i < accounts.size(); ++i) ids.push_back(accounts[i].id);
  conversation_ = client::create_conversation(http, accounts[0], "group", ids, &problem);
  if (conversation_.empty()) return false;
  last_.assign(options_.sockets, 0);
  std::promise<void> all_open;
  std::size_t open = 0;
  const auto opened = [&](std::string_view) {
    if (++open == options_.sockets + 1) all_open.set_value();
  };
  stage_.io().run([&] {
    publisher_ = client::session::make(stage_.io(), {.to = stage_.at(), .access_token = accounts[0].access_token, .echo = false},
                                       {.opened = opened});
    publisher_->start();
    for (std::size_t i = 0; i < options_.sockets; ++i) {
      client::session_events events;
      events.opened = opened;
      events.pushed = [this, i](std::string_view frame) { heard(i, frame); };
      const auto& a = accounts[1 + i % (accounts.size() - 1)];
      listeners_.push_back(client::session::make(stage_.io(), {.to = stage_.at(), .access_token = a.access_token}, std::move(events)));
      listeners_.back()->start();
    }
  });
  if (all_open.get_future().wait_for(std::chrono::seconds(120)) == std::future_status::ready) return true;
  problem = "not every socket opened";
  return false;
}

void room::publish() {
  while (publishing_ && in_flight_ < window_) {
    ++in_flight_;
    send('f' + std::to_string(made_++));
  }
}

// A refused send (a database that stalls on a busy machine) is sent again: the client_id keeps it one message.
void room::send(const std::string& client_id) {
  const auto params = R"({"conversation_id":")" + conversation_ + R"(","client_id":")" + client_id +
                      R"(","text":")" + std::string(options_.text_bytes, 'x') + "\"}";
  publisher_->call("messaging.send", params, [this, client_id](const client::call_reply& r) {
    if (r.ok) return;
    ++refused_;
    stage_.io().after(std::chrono::milliseconds(100), [this, client_id] { send(client_id); });
  });
}

void room::heard(std::size_t listener, std::string_view frame) {
  const auto seq = client::find_number(frame, "seq");
  if (!seq || frame.find("\"client_id\"") == std::string_view::npos) return;
  frame_bytes_ = frame.size();
  wrong_ += *seq != last_[listener] + 1;
  last_[listener] = *seq;
  ++delivered_;
  auto [at, fresh] = left_.try_emplace(*seq, listeners_.size());
  if (--at->second > 0) return;
  left_.erase(at);
  --in_flight_;
  publish();
  if (!publishing_ && in_flight_ == 0) quiet_.set_value();
}

double room::run(std::size_t window, report& out) {
  auto& io = stage_.io();
  quiet_ = {};
  auto quiet = quiet_.get_future();
  cpu_split before, after;
  std::uint64_t from = 0, to = 0, began = 0, ended = 0;
  const auto us = [](double s) { return std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6)); };
  io.post([&] {
    window_ = window;
    publishing_ = true;
    publish();
    io.after(us(options_.warm_up_seconds), [&] {
      before = stage_.cpu(), from = delivered_, began = now_us();
      io.after(us(options_.seconds), [&] {
        after = stage_.cpu(), to = delivered_, ended = now_us();
        publishing_ = false;
      });
    });
  });
  const auto patience = us(options_.warm_up_seconds + options_.seconds + 30);
  if (quiet.wait_for(patience) != std::future_status::ready) {
    out.broken("messages did not reach everybody");
    return 0;
  }
  const auto millions = static_cast<double>(std::max<std::uint64_t>(1, to - from)) / 1e6;
  const auto used = after - before;
  const auto name = "w" + std::to_string(window);
  out.number(name + "_deliveries_per_s", millions * 1e12 / static_cast<double>(ended - began), "pushes at the listeners, a second");
  out.number(name + "_cpu_server_s_per_million", used.server / millions, "CPU seconds of nova per million deliveries");
  out.number(name + "_cpu_client_s_per_million", used.client / millions, "CPU seconds of this process");
  out.number(name + "_refused", static_cast<double>(refused_), "sends answered with an error and sent again");
  if (wrong_ > 0) out.broken(std::to_string(wrong_) + " deliveries were wrong");
  return used.server / millions;
}

}  // namespace

void fan_out(const run_options& options, report& out) {
  if (!allow_files(2 * options.sockets + 500)) return out.broken("too few file descriptors");
  out.set("sockets", options.sockets);
  std::string problem;
  std::size_t frame_bytes = 0;
  double singly = 0;
  {
    stage s(options);
    if (!s.open(problem)) return out.broken("start: " + problem);
    room all(s, options);
    if (!all.set_up(problem)) return out.broken("setting up: " + problem);
    singly = all.run(1, out);
    out.goal("w8_cpu_s_per_million", all.run(8, out), 3, false);
    frame_bytes = all.frame_bytes();
  }
  if (options.reference_seconds <= 0) return;
  for (const std::size_t frames : {1u, 8u}) {
    bare_writing bare;
    if (!write_bare(options.sockets, frame_bytes, frames, options.reference_seconds, bare, problem))
      return out.broken("reference: " + problem);
    const auto name = "bare_" + std::to_string(frames) + "_a_write";
    out.number(name + "_deliveries_per_s", bare.deliveries_per_second, "by a bare epoll loop");
    out.number(name + "_cpu_s_per_million", bare.writer_cpu_per_million, "CPU seconds of the writer per million frames");
    if (frames == 1) out.goal("w1_cpu_beside_bare", singly / std::max(1e-9, bare.writer_cpu_per_million), 1.6, false);
  }
}

}  // namespace nova::bench
