// SIGINT and SIGTERM as values: they come to the main thread only, when it asks. Made by gateway/main.cpp before any thread.
#pragma once

#include <chrono>
#include <csignal>

namespace nova::config {

class stop_signals {
 public:
  stop_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// True when one came within the time.
  bool wait_for(std::chrono::milliseconds time) {
    timespec t{time.count() / 1000, time.count() % 1000 * 1'000'000};
    return sigtimedwait(&set_, nullptr, &t) > 0;
  }

 private:
  sigset_t set_;
};

}  // namespace nova::config
