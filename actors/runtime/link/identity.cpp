#include "actors/runtime/link/identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <string_view>

namespace nova::link {

namespace ssl = boost::asio::ssl;

namespace {

constexpr std::string_view uri_prefix = "nova:node:";

error refused(const std::string& setting, const std::string& file, const std::string& why) {
  ERR_clear_error();
  return make_error(errc::invalid_request, setting + ": " + file + ' ' + why);
}

bool add_crl(SSL_CTX* ctx, const std::string& file) {
  auto* store = SSL_CTX_get_cert_store(ctx);
  auto* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) < 1)
    return false;
  return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1;
}

}  // namespace

result<identity> load_identity(const config::cluster_settings& s) {
  if (s.certificate.empty() && s.key.empty() && s.ca.empty()) return identity();
  if (s.certificate.empty() || s.key.empty() || s.ca.empty())
    return make_error(errc::invalid_request,
                      "cluster: certificate, key and ca are set all or not at all");
  struct stat facts {};
  if (::stat(s.key.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refused("cluster.key", s.key, "can be read by others; chmod 600 it");
  auto made = std::make_shared<ssl::context>(ssl::context::tls);
  auto* ctx = made->native_handle();
  SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  made->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  boost::system::error_code ec;
  if (made->load_verify_file(s.ca, ec); ec)
    return refused("cluster.ca", s.ca, "is no certificate in PEM");
  if (made->use_certificate_chain_file(s.certificate, ec); ec)
    return refused("cluster.certificate", s.certificate, "is no certificate chain in PEM");
  if (made->use_private_key_file(s.key, ssl::context::pem, ec); ec)
    return refused("cluster.key", s.key, "is no key in PEM of " + s.certificate);
  if (!s.crl.empty() && !add_crl(ctx, s.crl))
    return refused("cluster.crl", s.crl, "is no list of revoked certificates in PEM");
  return made;
}

std::string node_named_by(const SSL* session) {
  auto* certificate = SSL_get0_peer_certificate(session);
  if (certificate == nullptr) return {};
  // Either node may dial: a certificate for one end of TLS alone is no node's.
  for (const int use : {X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER})
    if (X509_check_purpose(certificate, use, 0) != 1) return {};
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return {};
  std::string found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const auto* text = name->d.uniformResourceIdentifier;
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (uri.starts_with(uri_prefix)) found = uri.substr(uri_prefix.size());
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace nova::link
