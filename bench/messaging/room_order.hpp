// One order for a whole room: every listener gets the same messages, each once, in the same order. The order may differ from
// the order of sending, because a refused send is sent again behind later ones. Called by room_traffic.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace nova::bench {

class room_order {
 public:
  explicit room_order(std::size_t listeners = 0) : at_(listeners) {}

  /// Message `number` may arrive from now on. Each number is used once.
  void sent(std::uint64_t number) { to_come_.insert(number); }

  /// Whether `listener` may get this message now. If others got a message at this place, it must be the same. Else it must be a
  /// message that was sent and not seen yet. `seq` is the server's number, 0 if it has none; it must grow by one.
  bool arrived(std::size_t listener, std::uint64_t number, std::int64_t seq) {
    auto& at = at_[listener];
    const bool follows = seq == 0 || at.seq == 0 || seq == at.seq + 1;
    at.seq = seq;
    const auto place = at.place++;
    if (place < order_.size()) return order_[place] == number && follows;
    order_.push_back(number);
    return to_come_.erase(number) == 1 && follows;
  }

 private:
  struct position {
    std::size_t place = 0;
    std::int64_t seq = 0;
  };
  std::vector<position> at_;
  std::vector<std::uint64_t> order_;
  std::unordered_set<std::uint64_t> to_come_;
};

}  // namespace nova::bench
