// A file descriptor with an owner, and reads and writes that end only when all is done. Used by file_store.
#pragma once

#include "protocols/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nova::storage {

using unix_time_point = std::chrono::system_clock::time_point;

class file {
 public:
  explicit file(int fd) noexcept : fd_(fd) {}
  file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file();
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// `unavailable`, with the reason of errno in the log only.
error disk_error(std::string_view step);

result<void> write_all(const file& f, std::int64_t offset, std::string_view bytes);
/// Fewer bytes than asked for: the end of the file.
result<std::size_t> read_some(const file& f, std::int64_t offset, char* to, std::size_t bytes);
/// The bytes survive a crash of the machine.
result<void> flush_file(const file& f);
/// Names in the folder survive a crash of the machine.
result<void> flush_folder(const std::string& folder);
/// Makes a folder and the one above it, and flushes what it has made.
result<void> make_folder(const std::string& folder);
/// Of files and folders, by this process. Each of them waits for the disk, even if nothing is to be written; a test counts them.
std::uint64_t flushes_so_far() noexcept;

}  // namespace nova::storage
