// See private_disk.hpp.
#include "tests/crash/private_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace nova::crash {

namespace fs = std::filesystem;

namespace {

bool failed(std::string& why, const char* what) {
  why = std::string(what) + ": " + std::generic_category().message(errno);
  return false;
}

void write_text(const char* path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

bool private_disk::enter_namespace(std::string& why) {
  const auto user = geteuid();
  const auto group = getegid();
  if (unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return failed(why, "unshare");
  if (user != 0) {  // the same user inside, or files would be nobody's
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
    write_text("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ||
         failed(why, "mount --make-private");
}

bool private_disk::mount(std::size_t megabytes, std::string& why) {
  auto pattern = (fs::temp_directory_path() / "nova-disk-XXXXXX").string();
  if (!mkdtemp(pattern.data())) return failed(why, "mkdtemp");
  path_ = pattern;
  const auto size = "mode=755,size=" + std::to_string(megabytes) + "m";
  mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, size.c_str()) == 0;
  return mounted_ || failed(why, "mount tmpfs");
}

private_disk::~private_disk() {
  if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  std::error_code ignored;
  if (!path_.empty()) fs::remove(path_, ignored);
}

bool private_disk::fill(std::string& why) {
  const int file =
      open((path_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return failed(why, "ballast");
  static const std::string block(1u << 20, 'x');
  std::size_t size = block.size();
  while (size != 0) {  // down to the last page
    const auto n = write(file, block.data(), size);
    if (n < 0 && errno != ENOSPC) break;
    if (n <= 0) size /= 2;
  }
  close(file);
  struct statvfs now {};
  return (statvfs(path_.c_str(), &now) == 0 && now.f_bavail == 0) ||
         failed(why, "the disk is not full");
}

void private_disk::relieve() { unlink((path_ + "/ballast").c_str()); }

}  // namespace nova::crash
