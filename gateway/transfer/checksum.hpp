// The checksum that a client states for the bytes of one request (tus: sha1, sha256). Used by part_writer on file threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace nova::gateway {

inline constexpr std::string_view checksum_algorithms = "sha1,sha256";

class checksum {
 public:
  /// `ALGORITHM BASE64`, as Upload-Checksum has it. Empty: not of this form, or another algorithm.
  static std::optional<checksum> read(std::string_view field);

  /// Of the bytes of a blob. Empty: the name is no SHA-256 in hex.
  static std::optional<checksum> of_blob(std::string_view name);

  void add(std::string_view bytes);
  /// The bytes so far have the stated checksum.
  bool agrees() const;

 private:
  struct free_context {
    void operator()(evp_md_ctx_st* c) const;
  };
  static std::optional<checksum> make(const evp_md_st* kind, std::optional<std::string> stated);
  checksum(std::unique_ptr<evp_md_ctx_st, free_context> context, std::string stated)
      : context_(std::move(context)), stated_(std::move(stated)) {}
  std::unique_ptr<evp_md_ctx_st, free_context> context_;
  std::string stated_;  ///< raw bytes
};

/// Base64 with padding (RFC 4648 §4).
std::optional<std::string> read_base64(std::string_view text);

}  // namespace nova::gateway
