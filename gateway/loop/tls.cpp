#include "gateway/loop/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <boost/asio/error.hpp>

#include <cerrno>
#include <ctime>

namespace nova::gateway {
namespace {

constexpr const char* old_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; 1.3 has its own
constexpr long ticket_life_s = 7200;

error refused(std::string what) {
  const auto code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (reason != nullptr) (what += ": ") += reason;
  ERR_clear_error();
  return make_error(errc::invalid_request, std::move(what));
}

/// The one protocol that is spoken here; a client that offers others only is refused (RFC 7301).
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes,
                    const unsigned char* offered, unsigned offered_bytes, void*) {
  static constexpr unsigned char spoken[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, spoken, sizeof(spoken) - 1, offered,
                            offered_bytes) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void set_rules(SSL_CTX* ctx, const config::gateway_tls_settings& s) {
  SSL_CTX_set_min_proto_version(ctx, s.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(ctx, old_ciphers);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);  // sessions resume by tickets
  SSL_CTX_set_timeout(ctx, ticket_life_s);
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
}

double expiry_of(SSL_CTX* ctx) {
  std::tm end{};
  const auto* certificate = SSL_CTX_get0_certificate(ctx);
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return 0;
  return static_cast<double>(::timegm(&end));
}

}  // namespace

result<std::shared_ptr<const tls_context>> tls_context::load(
    const config::gateway_tls_settings& s) {
  struct stat facts {};
  if (s.key.empty() || s.certificate.empty())
    return make_error(errc::invalid_request,
                      "gateway.tls: certificate and key are set both or not at all");
  if (::stat(s.key.c_str(), &facts) == 0 && (facts.st_mode & S_IRWXO) != 0)
    return make_error(errc::invalid_request,
                      "gateway.tls.key: others can read " + s.key + "; `chmod 600` it");
  ERR_clear_error();
  auto* ctx = SSL_CTX_new(TLS_server_method());
  if (ctx == nullptr) return refused("OpenSSL cannot be set up");
  std::shared_ptr<tls_context> made(new tls_context(ctx));
  set_rules(ctx, s);
  if (SSL_CTX_use_certificate_chain_file(ctx, s.certificate.c_str()) != 1)
    return refused("gateway.tls.certificate: " + s.certificate + " is no certificate chain in PEM");
  if (SSL_CTX_use_PrivateKey_file(ctx, s.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return refused("gateway.tls.key: " + s.key + " is no key in PEM of " + s.certificate);
  made->expires_at_ = expiry_of(ctx);
  return std::shared_ptr<const tls_context>(std::move(made));
}

tls_context::~tls_context() { SSL_CTX_free(native_); }

tls_session::tls_session(std::shared_ptr<const tls_context> context, int fd)
    : context_(std::move(context)), native_(SSL_new(context_->native())) {
  broken_ = native_ == nullptr || SSL_set_fd(native_, fd) != 1;
}

tls_session::~tls_session() { SSL_free(native_); }

tls_step tls_session::outcome(int returned) {
  const int saved = errno;
  switch (SSL_get_error(native_, returned)) {
    case SSL_ERROR_WANT_READ: return {tls_step::next::wait_read};
    case SSL_ERROR_WANT_WRITE: return {tls_step::next::wait_write};
    case SSL_ERROR_ZERO_RETURN: return {tls_step::next::failed, 0, boost::asio::error::eof};
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      if (saved == 0) return {tls_step::next::failed, 0, boost::asio::error::eof};
      return {tls_step::next::failed, 0, {saved, boost::system::system_category()}};
    default:
      broken_ = true;
      return {tls_step::next::failed, 0, boost::asio::error::connection_aborted};
  }
}

tls_step tls_session::handshake() {
  if (broken_) return {tls_step::next::failed, 0, boost::asio::error::no_memory};
  ERR_clear_error();
  errno = 0;
  const int returned = SSL_accept(native_);
  return returned == 1 ? tls_step{} : outcome(returned);
}

tls_step tls_session::read(void* to, std::size_t most) {
  if (broken_) return {tls_step::next::failed, 0, boost::asio::error::connection_aborted};
  ERR_clear_error();
  errno = 0;
  tls_step step;
  const int returned = SSL_read_ex(native_, to, most, &step.bytes);
  return returned == 1 ? step : outcome(returned);
}

tls_step tls_session::send() {
  constexpr std::size_t kept_bytes = 2048;
  if (broken_) return {tls_step::next::failed, 0, boost::asio::error::connection_aborted};
  if (waiting_.empty()) return {};
  ERR_clear_error();
  errno = 0;
  std::size_t sent = 0;
  const int returned = SSL_write_ex(native_, waiting_.data(), waiting_.size(), &sent);
  if (returned != 1) return outcome(returned);
  waiting_.clear();
  if (waiting_.capacity() > kept_bytes) waiting_ = {};
  return {};
}

void tls_session::end() noexcept {
  if (broken_ || waits()) return;
  ERR_clear_error();
  SSL_shutdown(native_);
  ERR_clear_error();
}

}  // namespace nova::gateway
