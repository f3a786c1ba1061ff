// Makes the kernel write the server's pages early. PostgreSQL extends a table by empty pages and does not ask the kernel to
// write them out. After 30 s the kernel writes them all at once: 60 to 120 MB beside 16,000 sends/s. Commits of that moment wait
// 50 to 100 ms longer. Used by embedded_postgres.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <utility>

namespace nova::storage {

class write_back {
 public:
  /// `databases`: the server's folder `base`.
  explicit write_back(std::filesystem::path databases) : databases_(std::move(databases)) {}

  /// Asks the kernel to begin writing the files of tables and indexes that changed since the last look. Does not wait for the
  /// writes. Returns the number of those files. Files that cannot be opened are left out.
  std::size_t look();

 private:
  std::filesystem::path databases_;
  std::timespec last_{};  ///< by the clock of the files' time stamps
};

/// Bytes that the kernel holds and has not written out, of all processes; the most there is when `meminfo` does not say.
std::uint64_t unwritten_bytes(const std::filesystem::path& meminfo = "/proc/meminfo");

}  // namespace nova::storage
