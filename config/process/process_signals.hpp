// SIGINT, SIGTERM and SIGHUP as values. Only the main thread receives them, in wait_for(). Made by gateway/main.cpp before any
// other thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>

namespace nova::config {

class process_signals {
 public:
  process_signals() {
    sigemptyset(&set_);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// Returns the signal that came within the time; 0: none. Of several waiting signals SIGHUP comes first.
  int wait_for(std::chrono::milliseconds time) {
    timespec t{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return std::max(0, sigtimedwait(&set_, nullptr, &t));
  }

 private:
  sigset_t set_;
};

}  // namespace nova::config
