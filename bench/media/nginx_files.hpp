// nginx that serves the files of a folder, as the reference of downloads. Used by the scenario `download`.
#pragma once

#include "tests/support/client/http.hpp"

#include <sys/types.h>

#include <string>

namespace nova::bench {

class nginx_files {
 public:
  nginx_files() = default;
  ~nginx_files();
  nginx_files(const nginx_files&) = delete;
  nginx_files& operator=(const nginx_files&) = delete;

  static bool installed();
  /// Starts it with so many worker processes and waits until it takes connections. Its configuration is written into the folder. False:
  /// `problem` says why.
  bool open(const std::string& folder, unsigned workers, std::string& problem);
  client::endpoint at() const { return {port_}; }
  /// CPU seconds of all its processes so far.
  double cpu() const;

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace nova::bench
