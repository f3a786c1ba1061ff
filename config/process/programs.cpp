#include "config/process/programs.hpp"

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

}  // namespace nova::config
