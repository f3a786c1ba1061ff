// Keeps the kernel from saving up what the server leaves in the page cache. PostgreSQL makes a table longer by writing empty
// pages that it does not ask the kernel to write out; after 30 s that happens in one go, 60 to 120 MB beside 16,000 sends/s,
// and the commits of that moment wait 50 to 100 ms behind it. Used by embedded_postgres.cpp.
#pragma once

#include <cstddef>
#include <ctime>
#include <filesystem>
#include <utility>

namespace nova::storage {

class write_back {
 public:
  /// `databases`: the server's folder `base`.
  explicit write_back(std::filesystem::path databases) : databases_(std::move(databases)) {}

  /// Has the kernel begin to write out the files of tables and indexes that were written to since the last look; does not wait
  /// for it. How many. A hint: what cannot be opened is left out.
  std::size_t look();

 private:
  std::filesystem::path databases_;
  std::timespec last_{};  ///< by the clock that files are stamped with
};

}  // namespace nova::storage
