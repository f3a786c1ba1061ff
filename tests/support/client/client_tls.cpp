// See client_tls.hpp.
#include "tests/support/client/client_tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace nova::client {

namespace {

SSL_CTX* shared_context() {
  static SSL_CTX* const context = [] {
    auto* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);
    return made;
  }();
  return context;
}

}  // namespace

struct client_tls::body {
  SSL* ssl = SSL_new(shared_context());
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  std::string waiting = {};  ///< plain text, until the handshake is over

  body() {
    SSL_set_bio(ssl, in, out);  // owns both
    SSL_set_connect_state(ssl);
  }
  ~body() { SSL_free(ssl); }

  bool fine(int result) const {
    const int error = SSL_get_error(ssl, result);
    return result > 0 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }
};

client_tls::client_tls() : body_(std::make_unique<body>()) {}
client_tls::~client_tls() = default;

bool client_tls::advance(std::string& wire) {
  auto& b = *body_;
  ERR_clear_error();
  bool fine = true;
  if (!SSL_is_init_finished(b.ssl)) fine = b.fine(SSL_do_handshake(b.ssl));
  if (fine && SSL_is_init_finished(b.ssl) && !b.waiting.empty()) {
    // A buffer in memory takes everything.
    fine = SSL_write(b.ssl, b.waiting.data(), static_cast<int>(b.waiting.size())) > 0;
    b.waiting.clear();
  }
  std::array<char, 16 * 1024> some;
  for (int n; (n = BIO_read(b.out, some.data(), static_cast<int>(some.size()))) > 0;)
    wire.append(some.data(), static_cast<std::size_t>(n));
  return fine;
}

bool client_tls::send(std::string_view plain, std::string& wire) {
  body_->waiting.append(plain);
  return advance(wire);
}

bool client_tls::receive(std::string_view cipher, std::string& plain, std::string& wire) {
  auto& b = *body_;
  BIO_write(b.in, cipher.data(), static_cast<int>(cipher.size()));
  if (!advance(wire)) return false;
  if (!SSL_is_init_finished(b.ssl)) return true;
  std::array<char, 16 * 1024> some;
  for (;;) {
    const int n = SSL_read(b.ssl, some.data(), static_cast<int>(some.size()));
    if (n <= 0) return b.fine(n);
    plain.append(some.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace nova::client
