// Runs a program on untrusted bytes: input from a file, output bounded, ended when its time is over. Called by the works, on their
// threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::media {

struct process_limits {
  std::chrono::milliseconds time;
  std::size_t output_bytes;
  const std::atomic<bool>* stop = nullptr;  ///< set: the program is ended soon
  /// Takes the output piece by piece instead of process_end; false ends the program. Empty: none.
  std::function<bool(std::string_view)> take = {};
};

struct process_end {
  enum reason : std::uint8_t {
    never_begun,  ///< as when memory is short
    late,         ///< its time was over, as on a busy machine
    struck,       ///< by a signal, or by the limit of its output
    exited,
  };
  reason how = never_begun;
  int status = -1;     ///< of `exited`
  std::string output;  ///< of standard output
};

/// `input`: becomes standard input; the caller keeps it. The program gets no other descriptor, and its messages are dropped.
process_end run_process(const std::vector<std::string>& arguments, int input,
                        const process_limits& limits);

}  // namespace nova::media
