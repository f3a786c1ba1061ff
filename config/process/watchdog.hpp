// Ends the process when an ordered stop takes longer than its budget. Leases are released first, so a slow stop does not delay
// other nodes. Used by gateway/main.cpp.
#pragma once

#include "config/process/command_line.hpp"

#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>

namespace nova::config {

class watchdog {
 public:
  explicit watchdog(std::chrono::milliseconds budget)
      : thread_([this, budget] {
          if (done_.get_future().wait_for(budget) == std::future_status::ready) return;
          std::cerr << "nova: the stop took too long and was cut off\n";
          std::quick_exit(exit_failed);
        }) {}
  ~watchdog() {
    done_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> done_;
  std::thread thread_;
};

}  // namespace nova::config
