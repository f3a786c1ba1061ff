// What the tests of config/ share: a folder of their own, and a log that is read back.
#pragma once

#include "protocols/core/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace nova {

/// A folder that goes with the test.
struct scratch {
  std::filesystem::path folder;
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "nova_config_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
  }
  ~scratch() { std::filesystem::remove_all(folder); }
  std::filesystem::path write(const std::string& name, const std::string& text,
                              mode_t mode = 0600) const {
    const auto path = folder / name;
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
};

/// What `work` logs in a session of its own.
template <class Work>
std::string written(std::string_view level, Work work) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  {
    log::session s(level, 1'024, ends[1]);
    work(s);
  }
  ::close(ends[1]);
  std::string out;
  char block[4096];
  for (ssize_t n; (n = ::read(ends[0], block, sizeof block)) > 0;)
    out.append(block, static_cast<std::size_t>(n));
  ::close(ends[0]);
  return out;
}

}  // namespace nova
