// Nova's own files in its data folder: the lock, the node's name, the passwords. Used by
// embedded_postgres.cpp.
#pragma once

#include "protocols/core/error.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace nova::storage {

/// Holds `<data>/lock` exclusively during its life. The kernel frees the lock when the process ends for any reason.
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
  /// The role's password. If there is none, a new one (256 random bits) is made and durably written.
  result<std::string> of(const std::string& role);
  /// Empty when there is none yet.
  std::string known(const std::string& role) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, std::string> passwords_;
};

/// Follows the cause in a refusal.
inline constexpr const char* disk_full_remedy = ": the disk is full, free some space";

/// Writes a new file beside the target, syncs it and renames it to the target.
result<void> write_durably(const std::filesystem::path& path, const std::string& text);
/// Empty when there is no such file.
std::string read_small_file(const std::filesystem::path& path);
/// `bytes` random bytes, in hex.
std::string random_hex(std::size_t bytes);

}  // namespace nova::storage
