// The deadlines of one shard: a hashed wheel driven by the node's one tick, so no call needs a
// timer of its own. Setting and removing are O(1). Used by shard.
#pragma once

#include <boost/intrusive/list.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

namespace nova::runtime {

/// An object with a deadline; its destructor removes it from the wheel.
struct timed
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  std::chrono::steady_clock::time_point due{};
};

class wheel {
 public:
  using time = std::chrono::steady_clock::time_point;

  explicit wheel(std::chrono::milliseconds tick) : tick_(tick) {}

  void set(timed& t, time due) {
    t.unlink();
    t.due = due;
    // Never into a slot that the hand has passed in this round.
    auto p = position(due) + 1;
    if (p <= hand_) p = hand_ + 1;
    slots_[p % size].push_back(t);
    mark(p % size);
  }

  /// Calls f(timed&) for each due object, after taking the object out.
  template <class F>
  void expire(time now, F&& f) {
    const auto end = position(now);
    if (end <= hand_) return;
    if (end - hand_ > size) hand_ = end - size;
    list ripe;
    while (hand_ < end) {
      auto& slot = slots_[++hand_ % size];
      for (auto i = slot.begin(); i != slot.end();) {
        auto& t = *i++;
        if (t.due > now) continue;
        t.unlink();
        ripe.push_back(t);
      }
      if (slot.empty()) clear(hand_ % size);
    }
    while (!ripe.empty()) {
      auto& t = ripe.front();
      t.unlink();
      f(t);
    }
  }

  /// The time of the next call of expire; empty when nothing is set.
  std::optional<time> next() {
    for (auto p = hand_ + 1; p <= hand_ + size;) {
      const auto slot = p % size;
      const auto ahead = bits_[slot / 64] >> (slot % 64);
      if (ahead == 0) {
        p += 64 - slot % 64;
        continue;
      }
      p += static_cast<std::uint64_t>(std::countr_zero(ahead));
      if (!slots_[p % size].empty()) return time(tick_ * p);
      clear(p % size);
    }
    return {};
  }

 private:
  static constexpr std::uint64_t size = 512;
  using list = boost::intrusive::list<timed, boost::intrusive::constant_time_size<false>>;

  std::uint64_t position(time t) const {
    return static_cast<std::uint64_t>(t.time_since_epoch() / tick_);
  }
  void mark(std::uint64_t slot) { bits_[slot / 64] |= 1ull << (slot % 64); }
  void clear(std::uint64_t slot) { bits_[slot / 64] &= ~(1ull << (slot % 64)); }

  std::chrono::steady_clock::duration tick_;
  std::uint64_t hand_ = 0;
  std::array<list, size> slots_;
  std::array<std::uint64_t, size / 64> bits_{};
};

}  // namespace nova::runtime
