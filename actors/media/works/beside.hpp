// Work that goes on beside the caller's. Used by media_works, which has threads of their own and no actors.
#pragma once

#include <system_error>
#include <thread>
#include <vector>

namespace nova::media {

class beside {
 public:
  beside() = default;
  ~beside() { wait(); }
  beside(const beside&) = delete;
  beside& operator=(const beside&) = delete;

  /// On a thread of its own; without one, here and now.
  template <class Work>
  void run(const Work& work) {
    try {
      threads_.emplace_back(work);
    } catch (const std::system_error&) {
      work();
    }
  }
  /// Returns when all of it is done.
  void wait() {
    for (auto& t : threads_) t.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace nova::media
