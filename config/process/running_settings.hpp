// The settings of a running process: read once at the start, and again after SIGHUP. Used by gateway/main.cpp.
#pragma once

#include "config/process/command_line.hpp"
#include "config/settings/settings.hpp"

namespace nova::config {

class running_settings {
 public:
  /// Reads the file, the values of `line`, and `env`. Errors are those of load_settings.
  static result<running_settings> read(const command_line& line, environment env);

  /// The settings in force. The reference stays valid; only live settings change.
  const settings& now() const noexcept { return now_; }

  /// Reads the sources again. Live settings of the log (level and form) take effect at once; the caller passes the gateway's live
  /// settings on. A log record names every other changed setting, which counts after a restart. A refused source
  /// changes nothing, and log records say why. Returns false then.
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
