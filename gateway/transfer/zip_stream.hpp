// A ZIP file that is made while it is sent: files as they lie in the blob store and in a spool, not compressed. Its length is known
// before; the checksums are found on the way, so it is read from its front to its end. Used by export_download.
#pragma once

#include "protocols/core/blobs.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nova::gateway {

struct zip_entry {
  std::string name;  ///< with folders, UTF-8, at most 65,000 bytes
  std::int64_t size = 0;
  std::optional<std::uint32_t>
      crc;  ///< CRC-32, if it is known before; then readers from the front need no directory
  /// Called when the file's turn has come, on the thread that reads.
  std::function<result<std::shared_ptr<const blobs::reader>>()> open;
};

/// One reader at a time. An entry that is gone or shorter ends the reading with an error.
class zip_stream final : public blobs::reader {
 public:
  /// `wide`: with the fields for large files in any case.
  explicit zip_stream(std::vector<zip_entry> entries, bool wide = false);

  std::int64_t size() const override { return size_; }
  /// Errors besides those of entries: internal (not the offset where the last read ended).
  result<std::size_t> read(std::int64_t offset, char* to, std::size_t bytes) const override;

 private:
  std::string head_of(const zip_entry& e) const;
  std::string foot_of(const zip_entry& e, std::uint32_t crc) const;
  std::string row_of(const zip_entry& e, std::uint32_t crc, std::int64_t at) const;
  std::string end_of_file(std::int64_t rows_at, std::int64_t rows_size) const;
  /// Lays the next bytes ready. False: there are none.
  result<bool> go_on() const;

  const std::vector<zip_entry> entries_;
  bool wide_;
  std::int64_t size_ = 0, rows_at_ = 0;

  mutable std::mutex mutex_;
  mutable std::string ready_;  ///< bytes of the format itself
  mutable std::size_t taken_ = 0;
  mutable std::int64_t at_ = 0;
  mutable std::size_t entry_ = 0;  ///< the entry that is read, or comes next
  mutable std::shared_ptr<const blobs::reader> file_;
  mutable std::int64_t file_at_ = 0;
  mutable std::uint32_t crc_ = 0;
  mutable std::string rows_;  ///< of the directory
  mutable bool ended_ = false;
};

}  // namespace nova::gateway
