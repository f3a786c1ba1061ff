#include "storage/blobs/files.hpp"

#include "protocols/core/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace nova::storage {
namespace {

std::atomic<std::uint64_t> flushes{0};

}  // namespace

file::~file() {
  if (fd_ >= 0) ::close(fd_);
}

error disk_error(std::string_view step) {
  const auto reason = std::generic_category().message(errno);
  log::error("blobs.failed", {{"step", step}, {"reason", reason}});
  return make_error(errc::unavailable, "The store of media cannot be used.", 1000);
}

result<void> write_all(const file& f, std::int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(f.fd(), bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return disk_error("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
  return {};
}

result<std::size_t> read_some(const file& f, std::int64_t offset, char* to, std::size_t bytes) {
  std::size_t got = 0;
  while (got < bytes) {
    const auto n = ::pread(f.fd(), to + got, bytes - got, offset + static_cast<std::int64_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("read");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return got;
}

result<void> flush_file(const file& f) {
  ++flushes;
  return ::fdatasync(f.fd()) == 0 ? result<void>() : disk_error("fdatasync");
}

result<void> flush_folder(const std::string& folder) {
  const file f(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ++flushes;
  return f && ::fsync(f.fd()) == 0 ? result<void>() : disk_error("fsync");
}

std::uint64_t flushes_so_far() noexcept { return flushes; }

result<void> make_folder(const std::string& folder) {
  if (::access(folder.c_str(), F_OK) == 0) return {};
  const auto above = folder.substr(0, folder.rfind('/'));
  const bool fresh = ::mkdir(above.c_str(), 0700) == 0;
  if (!fresh && errno != EEXIST) return disk_error("mkdir");
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return disk_error("mkdir");
  if (fresh)
    if (auto done = flush_folder(above.substr(0, above.rfind('/'))); !done) return done;
  return flush_folder(above);
}

}  // namespace nova::storage
