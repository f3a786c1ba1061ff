#include "config/process/cluster_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <functional>
#include <memory>

namespace nova::config {

namespace {

namespace fs = std::filesystem;

constexpr int authority_days = 3650;
constexpr long day_s = 86'400;
constexpr long before_s = 300;  // clocks of machines differ

template <auto Free>
struct with_free {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, with_free<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, with_free<X509_free>>;
using list_ptr = std::unique_ptr<X509_CRL, with_free<X509_CRL_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, with_free<ASN1_TIME_free>>;
using file_ptr = std::unique_ptr<std::FILE, with_free<std::fclose>>;

error problem(const fs::path& file, const std::string& why) {
  return make_error(errc::invalid_request, file.string() + ": " + why);
}

bool add_extension(X509* to, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, to, nullptr, nullptr, 0);
  auto* made = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
  if (made == nullptr) return false;
  const bool added = X509_add_ext(to, made, -1) == 1;
  X509_EXTENSION_free(made);
  return added;
}

certificate_ptr begin(const std::string& name, EVP_PKEY* key, int days) {
  certificate_ptr c(X509_new());
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(c.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(c.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(c.get()), std::min(0L, days * day_s * 2) - before_s);
  X509_gmtime_adj(X509_getm_notAfter(c.get()), days * day_s);
  X509_set_pubkey(c.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  return c;
}

bool finish(X509* c, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(c, X509_get_subject_name(issuer));
  return X509_sign(c, issuer_key, EVP_sha256()) > 0;
}

result<void> write(const fs::path& file, mode_t mode,
                   const std::function<bool(std::FILE*)>& content) {
  auto part = file;
  part += ".part";
  const auto before = ::umask(0777 & ~mode);
  file_ptr out(std::fopen(part.c_str(), "w"));
  ::umask(before);
  if (!out || !content(out.get())) return problem(part, "cannot be written");
  out.reset();
  std::error_code ec;
  fs::rename(part, file, ec);
  if (ec) return problem(file, ec.message());
  return {};
}

result<void> write_pair(const fs::path& stem, X509* certificate, EVP_PKEY* key) {
  auto named = [&](const char* suffix) { return fs::path(stem.string() + suffix); };
  auto wrote = write(named(".key"), 0600, [&](std::FILE* f) {
    return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  });
  if (!wrote) return wrote;
  return write(named(".pem"), 0644,
               [&](std::FILE* f) { return PEM_write_X509(f, certificate) == 1; });
}

struct authority {
  certificate_ptr certificate;
  key_ptr key;
};

result<authority> authority_in(const fs::path& folder) {
  const auto file = folder / "ca.pem", key_file = folder / "ca.key";
  if (fs::exists(file)) {
    file_ptr in(std::fopen(file.c_str(), "r")), key_in(std::fopen(key_file.c_str(), "r"));
    if (!in || !key_in) return problem(key_file, "the authority's key cannot be read");
    authority a{certificate_ptr(PEM_read_X509(in.get(), nullptr, nullptr, nullptr)),
                key_ptr(PEM_read_PrivateKey(key_in.get(), nullptr, nullptr, nullptr))};
    if (!a.certificate || !a.key) return problem(file, "certificate or key cannot be read");
    return a;
  }
  authority a;
  a.key.reset(EVP_EC_gen("P-256"));
  a.certificate = begin("nova cluster authority", a.key.get(), authority_days);
  auto* c = a.certificate.get();
  if (!add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(c, c, NID_subject_key_identifier, "hash") || !finish(c, c, a.key.get()))
    return problem(file, "cannot be made");
  if (auto wrote = write_pair(folder / "ca", c, a.key.get()); !wrote) return wrote.error();
  return a;
}

certificate_ptr certificate_in(const fs::path& file) {
  file_ptr in(std::fopen(file.c_str(), "r"));
  return certificate_ptr(in ? PEM_read_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
}

bool add_revoked(X509_CRL* list, const ASN1_INTEGER* serial, const ASN1_TIME* since) {
  X509_REVOKED* known = nullptr;
  auto* wanted = const_cast<ASN1_INTEGER*>(serial);
  if (X509_CRL_get0_by_serial(list, &known, wanted) != 0) return true;
  auto* entry = X509_REVOKED_new();
  const bool added = entry != nullptr && X509_REVOKED_set_serialNumber(entry, wanted) == 1 &&
                     X509_REVOKED_set_revocationDate(entry, const_cast<ASN1_TIME*>(since)) == 1 &&
                     X509_CRL_add0_revoked(list, entry) == 1;
  if (!added) X509_REVOKED_free(entry);
  return added;
}

/// Adds them to the list that is in the folder.
result<void> revoke(const certificate_order& order, const authority& signer) {
  const auto file = order.folder / "crl.pem";
  list_ptr before, list(X509_CRL_new());
  if (file_ptr in(std::fopen(file.c_str(), "r")); in) {
    before.reset(PEM_read_X509_CRL(in.get(), nullptr, nullptr, nullptr));
    if (!before) return problem(file, "is no list of revoked certificates in PEM");
  }
  auto* issuer = signer.certificate.get();
  time_ptr now(X509_gmtime_adj(nullptr, -before_s)),
      end(X509_gmtime_adj(nullptr, authority_days * day_s));
  bool made = X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer)) == 1 &&
              X509_CRL_set1_lastUpdate(list.get(), now.get()) == 1 &&
              X509_CRL_set1_nextUpdate(list.get(), end.get()) == 1;
  auto* entries = before ? X509_CRL_get_REVOKED(before.get()) : nullptr;
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const auto* entry = sk_X509_REVOKED_value(entries, i);
    made = made && add_revoked(list.get(), X509_REVOKED_get0_serialNumber(entry),
                               X509_REVOKED_get0_revocationDate(entry));
  }
  for (const auto& node : order.revoked) {
    const auto certificate = certificate_in(order.folder / (node + ".pem"));
    if (!certificate) return problem(order.folder / (node + ".pem"), "is no certificate in PEM");
    made = made && add_revoked(list.get(), X509_get0_serialNumber(certificate.get()), now.get());
  }
  made = made && X509_CRL_sort(list.get()) == 1 &&
         X509_CRL_sign(list.get(), signer.key.get(), EVP_sha256()) > 0;
  if (!made) return problem(file, "cannot be made");
  return write(file, 0644, [&](std::FILE* f) { return PEM_write_X509_CRL(f, list.get()) == 1; });
}

bool fit_for_name(const std::string& node) {
  return !node.empty() && node.size() <= 63 && std::ranges::all_of(node, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

result<void> make_certificates(const certificate_order& order) {
  std::error_code ec;
  fs::create_directories(order.folder, ec);
  if (ec) return problem(order.folder, ec.message());
  auto signer = authority_in(order.folder);
  if (!signer) return signer.error();
  if (!order.revoked.empty())
    if (auto wrote = revoke(order, *signer); !wrote) return wrote;
  for (const auto& node : order.nodes) {
    if (!fit_for_name(node) || node == "ca")
      return make_error(errc::invalid_request, '"' + node + "\" is no name for a node");
    key_ptr key(EVP_EC_gen("P-256"));
    auto c = begin(node, key.get(), order.days);
    auto* issuer = order.self_signed ? c.get() : signer->certificate.get();
    auto* issuer_key = order.self_signed ? key.get() : signer->key.get();
    const std::string names = order.node_uri ? "URI:nova:node:" + node : "DNS:" + node;
    const bool made = add_extension(c.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                      add_extension(c.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
                      add_extension(c.get(), issuer, NID_ext_key_usage, order.uses) &&
                      add_extension(c.get(), issuer, NID_subject_alt_name, names) &&
                      finish(c.get(), issuer, issuer_key);
    if (!made) return problem(order.folder / node, "cannot be made");
    if (auto wrote = write_pair(order.folder / node, c.get(), key.get()); !wrote) return wrote;
  }
  return {};
}

}  // namespace nova::config
