#include "storage/blobs/content_hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace nova::storage {

content_hash::content_hash() : context_(EVP_MD_CTX_new()) { forget(); }
content_hash::~content_hash() { EVP_MD_CTX_free(context_); }

void content_hash::forget() {
  if (EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  bytes_ = 0;
}

void content_hash::add(std::string_view bytes) {
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
  bytes_ += static_cast<std::int64_t>(bytes.size());
}

std::string content_hash::hex() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  auto* copy = EVP_MD_CTX_new();
  EVP_MD_CTX_copy_ex(copy, context_);
  EVP_DigestFinal_ex(copy, digest.data(), &size);
  EVP_MD_CTX_free(copy);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

result<bool> is_named(const blobs::reader& content, std::string_view name, std::size_t piece_bytes,
                      const std::function<bool(std::size_t)>& paced) {
  content_hash hash;
  std::string piece(piece_bytes, '\0');
  for (;;) {
    const auto n = content.read(hash.bytes(), piece.data(), piece.size());
    if (n.has_error()) return n.error();
    hash.add({piece.data(), *n});
    if (!paced(*n)) return true;
    if (*n < piece.size()) return hash.hex() == name;
  }
}

}  // namespace nova::storage
