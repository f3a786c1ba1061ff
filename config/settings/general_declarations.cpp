// Rows of config/settings/general_settings.hpp. Called by declarations().
#include "config/settings/declare.hpp"

namespace nova::config {

std::vector<declaration> general_declarations() {
  return {
      SETTING(general, data_dir, text(1, 4096),
              "Folder of everything that Nova keeps; created when absent."),
      SETTING(general, log_level, one_of({"trace", "debug", "info", "warn", "error"}),
              "Least severe record that is written to stderr."),
      SETTING(general, log_queue_records, between(64, 1 << 20),
              "Records that may wait for stderr; beyond it the oldest are dropped and counted."),
      SETTING(general, stop_budget_ms, between(1'000, 60'000),
              "Milliseconds from SIGTERM to the end of the process."),
  };
}

}  // namespace nova::config
