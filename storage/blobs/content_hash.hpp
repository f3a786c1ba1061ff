// SHA-256 of bytes that come in their order. Used by file_store and s3_store: the hash is a blob's name.
#pragma once

#include "protocols/core/blobs.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace nova::storage {

class content_hash {
 public:
  content_hash();
  ~content_hash();
  content_hash(const content_hash&) = delete;
  content_hash& operator=(const content_hash&) = delete;

  void add(std::string_view bytes);
  /// Begins anew.
  void forget();
  /// Bytes that were added.
  std::int64_t bytes() const noexcept { return bytes_; }
  /// 64 hex digits. More bytes may follow.
  std::string hex() const;

 private:
  evp_md_ctx_st* context_;
  std::int64_t bytes_ = 0;
};

/// Reads all of `content` in pieces and compares its hash with `name`. `paced` as for store::intact.
result<bool> is_named(const blobs::reader& content, std::string_view name, std::size_t piece_bytes,
                      const std::function<bool(std::size_t)>& paced);

}  // namespace nova::storage
