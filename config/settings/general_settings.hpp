// What concerns the whole process rather than one layer. Filled by load_settings; read by gateway/main.cpp and doctor.
#pragma once

#include <cstdint>
#include <string>

namespace nova::config {

struct general_settings {
  /// Folder of everything that Nova keeps: embedded PostgreSQL, keys, blobs. Created when absent; relative to the working
  /// directory.
  std::string data_dir = ".data";
  /// trace, debug, info, warn, error.
  std::string log_level = "info";
  /// Records waiting for stderr, 64–1,048,576; beyond it the oldest are dropped and counted.
  std::uint32_t log_queue_records = 8'192;
  /// Milliseconds from SIGTERM to the end of the process, 1,000–60,000; parts that are late are cut off.
  std::uint32_t stop_budget_ms = 8'000;
};

}  // namespace nova::config
