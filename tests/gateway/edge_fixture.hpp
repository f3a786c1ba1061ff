// A server on a free port of the loopback with a bus that the test plays, and clients that send
// exact bytes. For the gateway's tests over real sockets.
#pragma once

#include "gateway/server.hpp"
#include "protocols/core/jwt.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::test {

/// Wall time that a test moves.
class movable_clock final : public wall_clock {
 public:
  unix_ms now() const override { return system_wall_clock().now() + ahead_ms; }
  std::atomic<unix_ms> ahead_ms{0};
};

/// Plays the runtime. Calls are answered by `on(name)` handlers, else with an empty reply;
/// attachments at once.
class fake_bus final : public rpc::bus {
 public:
  using handler = std::function<void(rpc::call&)>;  ///< answers by c.reply, now or later

  void call(rpc::call c) override;
  void attach(rpc::attachment a, std::function<void(result<void>)> attached) override;
  void detach(rpc::connection_id connection, const uuid& account) override;
  bool ready() const override { return ready_; }
  void collect_metrics(metric_samples& out) const override {
    out.add(metric::nova_calls_under_way, 1);
  }

  void on(std::string rpc_or_name, handler h);
  /// Holds the answers of attach() back until release_attachments().
  void hold_attachments();
  void release_attachments();
  /// The nth attachment so far (waits for it).
  rpc::attachment attachment(std::size_t n = 0);
  std::size_t attached();                      ///< attachments so far
  std::size_t detached(std::size_t at_least);  ///< waits
  /// Requests of a method in the order they came; waits until there are `at_least`.
  std::vector<rpc::call> calls(const std::string& name, std::size_t at_least);

  std::atomic<bool> ready_{true};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, handler> handlers_;
  std::map<std::string, std::vector<rpc::call>> seen_;
  std::vector<rpc::attachment> attachments_;
  std::vector<std::function<void(result<void>)>> held_;
  bool holding_ = false;
  std::size_t detached_ = 0;
};

struct http_reply {
  int status = 0;                             ///< 0: the connection ended without one
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
};

/// One TCP connection that sends what it is told. Every wait ends after 5 s with a failure of the
/// test.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, std::string_view source = "127.0.0.1",
                      int receive_buffer = 0);
  ~raw_client();
  raw_client(raw_client&& other) noexcept;
  bool send(std::string_view bytes);
  /// The next HTTP answer; `head`: it has no body.
  http_reply read_reply(bool head = false);
  /// True when the server ends the connection (within 5 s) without sending more.
  bool ended();
  /// Reads exactly n bytes; empty when the connection ends before.
  std::optional<std::string> read(std::size_t n);
  /// What has come or comes within `ms`, at most 64 KiB.
  std::string read_some(int ms);

 private:
  bool fill();
  int fd_ = -1;
  std::string buffer_;
};

struct ws_message {
  int opcode = 0;  ///< 0: the connection ended
  std::string data;
  int close_code() const {
    return opcode == 8 && data.size() >= 2 ? (data[0] & 0xff) << 8 | (data[1] & 0xff) : 0;
  }
};

/// A WebSocket client by hand, so that it can also break the rules.
class ws_client {
 public:
  ws_client(std::uint16_t port, std::string fields = "Sec-WebSocket-Protocol: nova.v1.json\r\n",
            int receive_buffer = 0);
  const http_reply& answer() const { return answer_; }
  bool open() const { return answer_.status == 101; }
  void send_frame(int opcode, std::string_view data, bool fin = true, bool masked = true);
  void send(std::string_view text) { send_frame(1, text); }
  /// The next frame; pings are answered.
  ws_message read();
  /// Frames until the close; its code, or 0 when the connection ended without one.
  int read_close_code();
  raw_client& raw() { return raw_; }

 private:
  raw_client raw_;
  http_reply answer_;
};

/// Server, bus and keys together.
class edge {
 public:
  /// `prepare`: handlers that must be there before the server asks its first question.
  explicit edge(std::function<void(config::gateway_settings&)> change = {},
                std::function<void(fake_bus&)> prepare = {});
  ~edge();
  std::string token(const uuid& account, const uuid& session, std::int64_t ttl_s = 900) const;
  std::string token() const { return token(account, session); }
  std::string bearer() const { return "Authorization: Bearer " + token() + "\r\n"; }
  http_reply get(const std::string& target, const std::string& fields = {});
  http_reply send(const std::string& verb, const std::string& target, const std::string& fields,
                  const std::string& body);
  ws_client socket(const std::string& fields = {}) {
    return ws_client(port, "Sec-WebSocket-Protocol: nova.v1.json\r\n" + fields);
  }
  /// A socket whose session is open; `params` replaces session.open's.
  ws_client opened(std::string params = {});
  std::uint64_t metric(const std::string& name);

  movable_clock clock;
  fake_bus bus;
  signing_key key;
  uuid account, session;
  std::unique_ptr<gateway::server> server;
  std::uint16_t port = 0;
};

/// Calls `session.open` text.
std::string open_call(const std::string& token, const std::string& more = {});

}  // namespace nova::test
