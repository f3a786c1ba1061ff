// What lies in Nova's data folder beside the server's own files: the lock, the node's name, the passwords. Used by
// embedded_postgres.cpp.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace nova::storage {

/// Holds `<data>/lock` exclusively while it lives; the kernel gives it back when the process ends, however it ends.
class folder_lock {
 public:
  folder_lock() = default;
  ~folder_lock() { release(); }
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;
  /// errc::conflict when another process has it.
  result<void> take(const std::filesystem::path& data);
  void release();

 private:
  int fd_ = -1;
};

/// Passwords by role name, in `<data>/postgres.secrets` (0600, one "role password" a line).
class secrets_file {
 public:
  result<void> load(const std::filesystem::path& data);
  /// The role's password; a new one (256 random bits) is made and durably written when there is none.
  result<std::string> of(const std::string& role);
  /// Empty when there is none yet.
  std::string known(const std::string& role) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, std::string> passwords_;
};

/// Writes beside the target, syncs, renames.
result<void> write_durably(const std::filesystem::path& path, const std::string& text);
/// Empty when it is not there.
std::string read_small_file(const std::filesystem::path& path);
/// 128 random bits and more, in hex.
std::string random_hex(std::size_t bytes);

}  // namespace nova::storage
