#include "config/process/programs.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace nova::config {
namespace {

std::optional<std::string> if_runnable(std::string path) {
  if (::access(path.c_str(), X_OK) != 0) return std::nullopt;
  return path;
}

}  // namespace

std::optional<std::string> find_program(std::string_view name) {
  const char* path = ::secure_getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    if (auto found = if_runnable(std::string(rest.substr(0, colon)) + '/' + std::string(name)))
      return found;
    rest = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
  }
  return std::nullopt;
}

std::optional<std::string> find_nginx() {
  if (auto found = find_program("nginx")) return found;
  return if_runnable("/usr/sbin/nginx");
}

std::optional<std::string> find_beside(std::string_view name) {
  std::error_code ec;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
  if (ec) return std::nullopt;
  return if_runnable((self.parent_path() / name).string());
}

pid_t start_program(const std::vector<std::string>& arguments, std::span<const int> files) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const auto count = static_cast<int>(files.size());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  std::vector<int> copies;  // above the targets, so that none is overwritten before its turn
  copies.reserve(files.size());
  for (int n = 0; n < count; ++n) {
    const int from = files[static_cast<std::size_t>(n)];
    if (from < 0) {
      posix_spawn_file_actions_addopen(&actions, n, "/dev/null", O_RDWR, 0);
      continue;
    }
    copies.push_back(::fcntl(from, F_DUPFD_CLOEXEC, count));
    posix_spawn_file_actions_adddup2(&actions, copies.back(), n);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, count);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, argv[0], &actions, &how, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&how);
  for (const int fd : copies) ::close(fd);
  return failed == 0 ? pid : 0;
}

}  // namespace nova::config
