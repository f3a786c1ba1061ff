// TLS of the edge, on OpenSSL: the certificate as connections use it, and one connection's session. A session reads and writes
// its socket without waiting. Used by client_socket, and by server, which loads the certificate.
#pragma once

#include "config/settings/gateway_tls_settings.hpp"
#include "protocols/core/error.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace nova::gateway {

/// Certificate, key and rules. Not changed any more: a renewed certificate is another context, and sessions keep their own.
class tls_context {
 public:
  /// Reads the files. The error says which one does not fit, in one sentence.
  static result<std::shared_ptr<const tls_context>> load(const config::gateway_tls_settings& s);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  ssl_ctx_st* native() const noexcept { return native_; }
  /// Unix time, seconds.
  double expires_at() const noexcept { return expires_at_; }

 private:
  explicit tls_context(ssl_ctx_st* native) : native_(native) {}
  ssl_ctx_st* native_;
  double expires_at_ = 0;
};

/// The outcome of one step of a session.
struct tls_step {
  enum class next { done, wait_read, wait_write, failed };
  next then = next::done;
  std::size_t bytes = 0;                 ///< that were read
  boost::system::error_code error = {};  ///< of a failed one; `eof` for an orderly end
};

class tls_session {
 public:
  /// Bytes of one record.
  static constexpr std::size_t record_bytes = 16 * 1024;

  /// `fd` does not block and outlives the session.
  tls_session(std::shared_ptr<const tls_context> context, int fd);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  tls_step handshake();
  tls_step read(void* to, std::size_t most);
  /// Takes bytes to be sent; only while nothing waits(). Not more than `record_bytes`.
  void take(std::string_view bytes) { waiting_ += bytes; }
  bool waits() const noexcept { return !waiting_.empty(); }
  /// Sends the taken bytes; done when no bytes wait.
  tls_step send();
  /// Tells the client that nothing follows.
  void end() noexcept;

 private:
  tls_step outcome(int returned);
  std::shared_ptr<const tls_context> context_;
  ssl_st* native_;
  std::string waiting_;  ///< OpenSSL may have begun to send it: neither changed nor dropped
  bool broken_ = false;
};

}  // namespace nova::gateway
