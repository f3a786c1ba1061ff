// Reads that wait for a connection. Accounts take turns: many reads of one do not delay a read of another. Used by read_pool.cpp on
// the storage thread; pure.
#pragma once

#include "storage/database/database.hpp"

#include <chrono>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace nova::storage {

struct waiting_read {
  statement what;
  read_callback done;
  std::chrono::steady_clock::time_point since;
  std::string
      account;  ///< account of the reader, from the query's account_param; empty: no account and no limit
};

class read_queue {
 public:
  struct limits {
    std::size_t under_way = 1;  ///< of one account at once
    std::size_t waiting = 32;   ///< of one account
  };
  explicit read_queue(limits per_account) : per_account_(per_account) {}

  /// False when its account has too many waiting reads; then `r` is unchanged.
  bool push(waiting_read& r);
  /// The next in turn whose account may have one more under way; finished() must follow.
  std::optional<waiting_read> pop();
  void finished(const std::string& account);
  /// Removes and returns the reads that began to wait earlier than `before`.
  std::vector<waiting_read> expired(std::chrono::steady_clock::time_point before);
  std::vector<waiting_read> clear();
  std::size_t size() const noexcept { return size_; }
  bool ready() const noexcept { return !turn_.empty(); }

 private:
  struct account {
    std::deque<waiting_read> waiting;
    std::size_t under_way = 0;
    bool in_turn = false;
  };
  std::size_t most_under_way(const std::string& name) const {
    return name.empty() ? std::numeric_limits<std::size_t>::max() : per_account_.under_way;
  }
  void line_up(const std::string& name, account& a);

  const limits per_account_;
  std::unordered_map<std::string, account> accounts_;
  std::deque<std::string> turn_;  ///< accounts that may start one more read
  std::size_t size_ = 0;
};

}  // namespace nova::storage
