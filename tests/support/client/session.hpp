// A WebSocket session in nova.v1.json: opens, calls with a window, hands over pushes, resumes after a loss. Everything
// runs on its io_thread; only `make`, `start`, `stop` may be called from elsewhere. Used by flow tests, the crash test
// and the bench.
#pragma once

#include "tests/support/client/http.hpp"
#include "tests/support/client/io_thread.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nova::client {

struct session_options {
  endpoint to = {};
  std::string access_token = {};
  std::string resume_token = {};  ///< of an earlier session: the first open resumes it
  std::string seen = {};  ///< JSON object for that resume; session_events::seen goes before it
  bool echo = true;
  bool bearer_header = false;  ///< the token goes with the handshake, session.open carries none
  bool reconnect =
      false;  ///< after any loss except 4401 and 4409, with back-off from 20 ms to 500 ms
  /// Other gateways: after each loss the next one is tried, in turn with `to`.
  std::vector<endpoint> others = {};
  /// A connection that is not made, or that hears nothing, for so long is lost. It pings meanwhile. 0: it waits without an end.
  std::chrono::milliseconds patience{0};
  bool tls = false;
  bool raw = false;  ///< no session.open, every frame goes to `pushed`; send with send_frame
  std::string subprotocol = "nova.v1.json";
  std::string target = "/v1/ws";  ///< of the upgrade request
  std::string origin = {};
  int receive_buffer_bytes =
      0;  ///< the kernel's, of a client that is to be slow soon; 0: the kernel decides
  std::size_t window =
      0;  ///< unanswered calls on the wire; further ones wait in memory. 0: no limit
};

struct call_reply {
  bool lost =
      false;  ///< the connection went before the answer: it may or may not have been carried out
  bool ok = false;
  std::string_view body = {};  ///< JSON of `result` or of `error`; valid during the callback

  /// error.data.code ("not_found"), or empty.
  std::string code() const;
};
using reply_fn = std::function<void(const call_reply&)>;

struct session_events {
  std::function<void(std::string_view result)> opened = {};
  std::function<void(std::string_view frame)> pushed = {};
  /// `code`: of the close frame, or 0. `http_status` is set when the upgrade was refused.
  std::function<void(int code, int http_status, std::string_view reason)> closed = {};
  /// Text of a JSON object {conversation_id: {"seq":…,"rev":…}} for a resume; empty: the member is left out.
  std::function<std::string()> seen = {};
  /// A fresh access token before each attempt; empty function: the options' one.
  std::function<std::string()> token = {};
};

class session : public std::enable_shared_from_this<session> {
 public:
  static std::shared_ptr<session> make(io_thread& io, session_options options,
                                       session_events events);
  ~session();

  void start();
  /// Ends for good: no reconnect, calls that wait are answered `lost`. `code` 0 cuts the TCP connection instead.
  void stop(int code = 1000);

  /// `params` is JSON text. Calls made before `opened` wait for it.
  void call(std::string_view method, std::string_view params, reply_fn done);
  /// A frame as it is (for malformed input and for raw sessions).
  void send_frame(std::string frame, bool binary = false);
  /// Cuts the connection as a lost network would; reconnects if so asked.
  void drop();
  /// Stops reading from the socket (a slow consumer) until start_reading or the next connection.
  void stop_reading();
  void start_reading();
  /// The next connection goes there; the present one stays until it is lost or dropped.
  void move_to(endpoint to);

  bool is_open() const noexcept;
  /// The server of the present connection, or of the next one.
  const endpoint& to() const noexcept;
  std::size_t unanswered() const noexcept;
  const std::string& resume_token() const noexcept;

 private:
  struct body;
  session(io_thread& io, session_options options, session_events events);
  std::unique_ptr<body> body_;
};

}  // namespace nova::client
