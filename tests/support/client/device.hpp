// A session for tests that read as sentences: calls block until the answer, pushes are kept until they are asked for.
#pragma once

#include "tests/support/client/account.hpp"
#include "tests/support/client/session.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::client {

struct call_result {
  bool ok = false;
  bool lost = false;        ///< the socket went, or no answer came within 15 s
  boost::json::value body;  ///< result, or the error object

  std::string code() const;  ///< error.data.code
  std::int64_t number(std::string_view name) const;
  std::string text(std::string_view name) const;
};

class device {
 public:
  using wait = std::chrono::milliseconds;

  device(io_thread& io, session_options options);
  ~device();

  /// Connects and opens; false when that failed or took longer than 10 s.
  bool open();
  /// The answer to session.open.
  boost::json::value opened() const;
  std::string resume_token() const;

  call_result call(std::string_view method, std::string_view params);
  /// All at once, pipelined; the answers in the order of the calls.
  std::vector<call_result> call_all(std::string_view method,
                                    const std::vector<std::string>& params);

  /// The params of the oldest push of this method that `fits`, which is taken out. Empty after `within`, and when the
  /// connection is gone.
  using predicate = std::function<bool(const boost::json::object&)>;
  std::optional<boost::json::object> push(std::string_view method, const predicate& fits = {},
                                          wait within = std::chrono::seconds(15));
  /// Whether such a push is here already (it is taken out): for what must not have come, once something later has.
  bool has_push(std::string_view method, const predicate& fits = {});
  /// The next push whatever it is: {"method", "params"}.
  std::optional<boost::json::object> any_push(wait within = std::chrono::seconds(15));

  /// Close code once the connection is gone (0: cut); -1 when it stays for `within`.
  int closed(wait within = std::chrono::seconds(10));
  int http_status() const;
  /// Why it is gone: the close frame's reason, the error of session.open, or the system's words.
  std::string reason() const;
  void close(int code = 1000);
  /// The connection is cut as by a network; nothing reconnects.
  void drop();
  session& raw() { return *session_; }

 private:
  io_thread& io_;
  std::shared_ptr<session> session_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<boost::json::object> pushes_;
  boost::json::value opened_;
  bool open_ = false, gone_ = false;
  int close_code_ = -1, http_status_ = 0;
  std::string reason_;
};

}  // namespace nova::client
