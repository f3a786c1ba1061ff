// Runs a program on untrusted bytes: input from a file, output bounded, ended when its time is over. Called by the works, on their
// threads.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace nova::media {

struct process_limits {
  std::chrono::milliseconds time;
  std::size_t output_bytes;
  const std::atomic<bool>* stop = nullptr;  ///< set: the program is ended soon
};

struct process_end {
  int status = -1;     ///< of exit; -1: ended by a signal, by a limit, or never begun
  std::string output;  ///< of standard output
};

/// `input`: becomes standard input; the caller keeps it. The program gets no other descriptor, and its messages are dropped.
process_end run_process(const std::vector<std::string>& arguments, int input,
                        const process_limits& limits);

/// The path of a program on PATH; empty: it is not installed.
std::optional<std::string> find_program(const std::string& name);

}  // namespace nova::media
