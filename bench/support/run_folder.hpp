// A folder of one run for files beside the server's, for example those that a reference serves; removed with its content.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace nova::bench {

class run_folder {
 public:
  /// `scenario`: a part of its name. Throws std::filesystem::filesystem_error.
  explicit run_folder(const std::string& scenario)
      : path_(std::filesystem::temp_directory_path() /
              ("nova-" + scenario + '-' + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~run_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  run_folder(const run_folder&) = delete;
  run_folder& operator=(const run_folder&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  const std::string path_;
};

}  // namespace nova::bench
