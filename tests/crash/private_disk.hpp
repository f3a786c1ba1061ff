// A small disk of its own for a data folder, so that it can be full: a tmpfs in a mount namespace that only this process and
// its children see. Used by the crash test.
#pragma once

#include <cstddef>
#include <string>

namespace nova::crash {

class private_disk {
 public:
  /// Moves the process into a mount namespace of its own. Before any thread starts. False with the reason: no disk can be had.
  static bool enter_namespace(std::string& why);

  private_disk() = default;
  ~private_disk();
  private_disk(const private_disk&) = delete;
  private_disk& operator=(const private_disk&) = delete;

  bool mount(std::size_t megabytes, std::string& why);
  const std::string& path() const noexcept { return path_; }
  /// Takes all that is free.
  bool fill(std::string& why);
  /// Gives it back.
  void relieve();

 private:
  std::string path_;
  bool mounted_ = false;
};

}  // namespace nova::crash
