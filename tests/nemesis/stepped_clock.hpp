// The wall clock of one node of the test bed, which can step while the node runs. A library that is preloaded into the node
// (preloaded_clock.cpp) reads the step from a file that both have in memory. Used by bed.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace nova::nemesis {

/// The file.
struct clock_page {
  std::atomic<std::int64_t> step_s;    ///< ahead of the machine's clock; negative: behind it
  std::atomic<std::uint64_t> answers;  ///< times that the node was told a stepped time
};
/// The environment variable with its path.
inline constexpr const char* clock_variable = "NOVA_BED_CLOCK";

class stepped_clock {
 public:
  /// Makes the file. Without memory for it steps have no effect and `told()` stays 0.
  explicit stepped_clock(std::string file);
  ~stepped_clock();
  stepped_clock(const stepped_clock&) = delete;
  stepped_clock& operator=(const stepped_clock&) = delete;

  const std::string& file() const noexcept { return file_; }
  /// Where the library is that the node must preload.
  static std::string library();

  void step(std::int64_t seconds);
  /// Stepped times that the node was told so far.
  std::uint64_t told() const;

 private:
  const std::string file_;
  clock_page* page_ = nullptr;
};

}  // namespace nova::nemesis
