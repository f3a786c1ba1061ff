// The settings of a running process: read once at the start, and again when SIGHUP comes. Used by gateway/main.cpp.
#pragma once

#include "config/process/command_line.hpp"
#include "config/settings/settings.hpp"

namespace nova::config {

class running_settings {
 public:
  /// From the file and the values of `line`, and `env`. The error is load_settings'.
  static result<running_settings> read(const command_line& line, environment env);

  /// In force. The reference stays valid and unchanged but for the live settings.
  const settings& now() const noexcept { return now_; }

  /// Reads the sources again. Live settings take effect at once here: level and form of the log; the caller passes the
  /// gateway's on. Any other changed setting is named in a record and counts after a restart. A source that is refused
  /// changes nothing, and records say why. Returns false then.
  bool read_again();

 private:
  running_settings(const command_line& line, environment env, settings first)
      : file_(line.file),
        values_(line.values),
        environment_(std::move(env)),
        now_(std::move(first)) {}

  std::filesystem::path file_;
  assignments values_;
  environment environment_;
  settings now_;
};

}  // namespace nova::config
