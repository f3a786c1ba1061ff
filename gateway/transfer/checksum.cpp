#include "gateway/transfer/checksum.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>

namespace nova::gateway {

std::optional<std::string> read_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(size);
  return out;
}

void checksum::free_context::operator()(evp_md_ctx_st* c) const { EVP_MD_CTX_free(c); }

std::optional<checksum> checksum::read(std::string_view field) {
  const auto blank = field.find(' ');
  if (blank == field.npos) return std::nullopt;
  const auto name = field.substr(0, blank);
  const auto* kind = name == "sha1" ? EVP_sha1() : name == "sha256" ? EVP_sha256() : nullptr;
  return make(kind, read_base64(field.substr(blank + 1)));
}

std::optional<checksum> checksum::of_blob(std::string_view name) {
  std::string stated(name.size() / 2, '\0');
  std::size_t size = 0;
  if (sodium_hex2bin(reinterpret_cast<unsigned char*>(stated.data()), stated.size(), name.data(),
                     name.size(), nullptr, &size, nullptr) != 0)
    return std::nullopt;
  return make(EVP_sha256(), std::move(stated));
}

std::optional<checksum> checksum::make(const evp_md_st* kind, std::optional<std::string> stated) {
  if (kind == nullptr || !stated || stated->size() != static_cast<std::size_t>(EVP_MD_size(kind)))
    return std::nullopt;
  std::unique_ptr<evp_md_ctx_st, free_context> context(EVP_MD_CTX_new());
  if (EVP_DigestInit_ex(context.get(), kind, nullptr) != 1) return std::nullopt;
  return checksum(std::move(context), std::move(*stated));
}

void checksum::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

bool checksum::agrees() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  std::unique_ptr<evp_md_ctx_st, free_context> copy(EVP_MD_CTX_new());
  EVP_MD_CTX_copy_ex(copy.get(), context_.get());
  EVP_DigestFinal_ex(copy.get(), digest.data(), &size);
  return stated_ == std::string_view(reinterpret_cast<const char*>(digest.data()), size);
}

}  // namespace nova::gateway
