#include "storage/embedded/data_folder.hpp"

#include "storage/embedded/embedded_postgres.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace nova::storage {
namespace fs = std::filesystem;

namespace {

error failed(const std::string& what, const fs::path& path) {
  const int fault = errno;
  return {errc::unavailable, what + " " + path.string() + ": " +
                                 std::generic_category().message(fault) +
                                 (fault == ENOSPC || fault == EDQUOT ? disk_full_remedy : "")};
}

std::string first_word(const fs::path& file) {
  std::string word;
  std::istringstream(read_small_file(file)) >> word;
  return word;
}

}  // namespace

result<void> folder_lock::take(const fs::path& data) {
  std::error_code ignored;
  fs::create_directories(data, ignored);
  auto path = data / "lock";
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot open", path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    auto holder = read_small_file(path);
    ::close(fd);
    return make_error(errc::conflict, "data folder " + data.string() +
                                          " is in use by another nova (process " +
                                          holder.substr(0, holder.find('\n')) +
                                          "): stop it or choose another folder");
  }
  auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    ::close(fd);
    return failed("cannot write", path);
  }
  fd_ = fd;
  return {};
}

void folder_lock::release() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string read_small_file(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0'), out;
  for (std::size_t at = 0; at < bytes;) {
    auto n = ::getrandom(raw.data() + at, bytes - at, 0);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  static constexpr char hex[] = "0123456789abcdef";
  for (unsigned char b : raw) (out += hex[b >> 4]) += hex[b & 15];
  return out;
}

result<void> write_durably(const fs::path& path, const std::string& text) {
  auto beside = path;
  beside += ".new";
  int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot write", beside);
  bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                 ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(beside.c_str(), path.c_str()) != 0) return failed("cannot write", path);
  int folder = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

result<void> secrets_file::load(const fs::path& data) {
  path_ = data / "postgres.secrets";
  passwords_.clear();
  struct stat info {};
  if (::stat(path_.c_str(), &info) == 0 && (info.st_mode & 077) != 0)
    return make_error(errc::invalid_request,
                      path_.string() + " is readable by others: chmod 600 it");
  std::istringstream lines(read_small_file(path_));
  for (std::string role, password; lines >> role >> password;) passwords_[role] = password;
  return {};
}

std::string secrets_file::known(const std::string& role) const {
  const auto at = passwords_.find(role);
  return at == passwords_.end() ? std::string() : at->second;
}

result<std::string> secrets_file::of(const std::string& role) {
  auto& password = passwords_[role];
  if (!password.empty()) return password;
  password = random_hex(32);
  std::string text;
  for (const auto& [name, secret] : passwords_) text += name + " " + secret + "\n";
  if (auto done = write_durably(path_, text); !done) return done.error();
  return password;
}

result<std::string> node_name(const fs::path& data) {
  std::error_code ignored;
  fs::create_directories(data, ignored);
  struct stat info {};
  if (::stat(data.c_str(), &info) != 0) return failed("cannot read", data);
  const auto place = "inode-" + std::to_string(info.st_ino) + "@" + first_word("/etc/machine-id");
  auto path = data / "node";
  std::istringstream kept(read_small_file(path));
  std::string name, made_at;
  kept >> name >> made_at;
  if (!name.empty() && made_at == place) return name;
  if (name.empty() || !made_at.empty()) name = "node-" + random_hex(8);
  if (auto done = write_durably(path, name + "\n" + place + "\n"); !done) return done.error();
  return name;
}

}  // namespace nova::storage
