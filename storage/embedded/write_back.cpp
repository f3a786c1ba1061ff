// See write_back.hpp.
#include "storage/embedded/write_back.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace nova::storage {
namespace fs = std::filesystem;

namespace {

/// The system's own databases and tables have smaller numbers (PostgreSQL's FirstNormalObjectId).
constexpr unsigned first_of_users = 16384;

/// "16391", "16391.1" (the second GB) and "16391_fsm", not "1259" nor "pg_filenode.map".
bool is_users(const fs::path& path) {
  const auto name = path.filename().string();
  unsigned number = 0;
  return std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc() &&
         number >= first_of_users;
}

bool operator<(const std::timespec& a, const std::timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

bool begin_writing(const fs::path& file, const std::timespec& since) {
  struct stat state {};
  if (::stat(file.c_str(), &state) != 0 || state.st_mtim < since) return false;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool begun = ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0;
  ::close(fd);
  return begun;
}

}  // namespace

std::size_t write_back::look() {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  std::size_t begun = 0;
  std::error_code ignored;
  for (fs::directory_iterator database(databases_, ignored), end; database != end;
       database.increment(ignored)) {
    if (!is_users(database->path())) continue;
    for (fs::directory_iterator file(database->path(), ignored); file != end;
         file.increment(ignored))
      if (is_users(file->path())) begun += begin_writing(file->path(), last_);
  }
  last_ = now;
  return begun;
}

std::uint64_t unwritten_bytes(const fs::path& meminfo) {
  constexpr std::uint64_t kib = 1024;
  std::ifstream file(meminfo);
  for (std::string name, rest; file >> name; std::getline(file, rest)) {
    std::uint64_t amount = 0;
    if (name == "Dirty:" && file >> amount) return amount * kib;
  }
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace nova::storage
