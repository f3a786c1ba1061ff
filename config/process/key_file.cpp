#include "config/process/key_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace nova::config {

namespace {

error problem(const std::filesystem::path& file, std::string what) {
  return {errc::invalid_request, "key file " + file.string() + ": " + std::move(what)};
}

struct descriptor {
  int fd;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

result<std::string> read_key(const std::filesystem::path& file, int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return problem(file, std::generic_category().message(errno));
  if ((about.st_mode & 077) != 0) return problem(file, "others can read it: chmod 600");
  std::string key(key_bytes + 1, '\0');
  auto got = ::read(fd, key.data(), key.size());
  if (got != static_cast<ssize_t>(key_bytes)) return problem(file, "it does not hold 32 bytes");
  key.resize(key_bytes);
  return key;
}

// Written beside and linked, so that a crash leaves no half key, and of several processes that share the folder one makes the key.
result<std::string> create_key(const std::filesystem::path& file) {
  std::string key(key_bytes, '\0');
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key_bytes))
    return problem(file, "the kernel gave no random bytes");
  auto part = file;
  part += "." + std::to_string(::getpid()) + ".part";
  {
    descriptor out{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (out.fd < 0 || ::write(out.fd, key.data(), key.size()) != static_cast<ssize_t>(key_bytes) ||
        ::fsync(out.fd) != 0)
      return problem(file, std::generic_category().message(errno));
  }
  const int linked = ::link(part.c_str(), file.c_str());
  const int failed = errno;
  ::unlink(part.c_str());
  if (linked != 0 && failed == EEXIST) {
    descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    return read_key(file, in.fd);
  }
  if (linked != 0) return problem(file, std::generic_category().message(failed));
  descriptor folder{::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0 || ::fsync(folder.fd) != 0)
    return problem(file, std::generic_category().message(errno));
  return key;
}

}  // namespace

result<std::string> load_or_create_key(const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::create_directories(file.parent_path(), failed))
    std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, failed);
  descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (in.fd >= 0) return read_key(file, in.fd);
  if (errno != ENOENT) return problem(file, std::generic_category().message(errno));
  return create_key(file);
}

result<void> write_private_file(const std::filesystem::path& file, std::string_view text) {
  descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (out.fd < 0 ||
      ::write(out.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(out.fd) != 0)
    return make_error(errc::invalid_request, "cannot write " + file.string() + ": " +
                                                 std::generic_category().message(errno));
  return {};
}

}  // namespace nova::config
