// A value that one thread replaces from time to time and many threads read, as a whole. Used for keys by gateway/tokens and
// actors/auth/token_signer. std::atomic<std::shared_ptr> is not used: in libstdc++ 12 its load ends with a relaxed store. So
// a store at the same time can change the pointer under the reader. ARM allows this, and TSan reports it.
#pragma once

#include <memory>
#include <mutex>

namespace nova {

template <class T>
class published {
 public:
  /// Null until the first store.
  std::shared_ptr<const T> load() const {
    std::lock_guard lock(mutex_);
    return value_;
  }
  /// Destroys the former value outside the lock.
  void store(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace nova
