// A value that one thread replaces now and then and many read, as a whole. Used for keys by gateway/tokens and
// actors/auth/token_signer. Not std::atomic<std::shared_ptr>: libstdc++ 12 ends a load of it with a relaxed store, so that
// a store at the same time can change the pointer under the reader (it can on ARM; TSan reports it).
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
  /// What was there before ends outside the lock.
  void store(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_.swap(value);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace nova
