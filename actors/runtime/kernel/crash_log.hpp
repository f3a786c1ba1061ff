// Records crashes with the message that caused them, and refuses messages that caused too many
// (poison). Thread-safe. Used by shards, readers and supervisors.
#pragma once

#include "actors/runtime/kernel/seat.hpp"
#include "protocols/core/ids.hpp"
#include "protocols/core/method.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

struct crash_report {
  steady_time at;
  std::string actor;    ///< "messaging.conversation/0192…" or the seat's name
  std::string message;  ///< method or event, and its request id or seq; never the body
  std::string reason;
  std::uint32_t times = 1;  ///< number of crashes by this message
};

class crash_log {
 public:
  static constexpr std::size_t max_reports = 100;
  static constexpr std::size_t max_suspects = 1000;

  explicit crash_log(std::uint32_t poison_after) : poison_after_(poison_after) {}

  /// Identifies a message by its receiver, its number and its bytes.
  static std::uint64_t fingerprint(std::uint32_t number, std::string_view key,
                                   const rpc::message& body);

  /// Keeps and logs the report, and counts the message. `fingerprint` 0: a crash without a message to count.
  void record(crash_report report, std::uint64_t fingerprint);
  /// True when the message ended its handler poison_after times. Costs almost nothing before the first
  /// crash.
  bool poisonous(std::uint32_t number, std::string_view key, const rpc::message& body) const;
  bool suspicious() const noexcept { return suspects_count_.load(std::memory_order_relaxed) != 0; }
  std::vector<crash_report> reports() const;

 private:
  const std::uint32_t poison_after_;
  mutable std::mutex mutex_;
  std::atomic<std::size_t> suspects_count_{0};
  std::unordered_map<std::uint64_t, std::uint32_t> suspects_;
  std::deque<std::uint64_t> order_;
  std::deque<crash_report> reports_;
};

}  // namespace nova::runtime
