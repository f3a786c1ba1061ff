// A reader's record of its source shard's dead letters: the keys with letters, and the next try of
// the oldest letter of each key. Safety events and other events of one key are separate groups;
// neither group waits for the other. Used by reader.
#pragma once

#include "actors/runtime/kernel/seat.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nova::runtime {

/// The values of the table's column `status`.
inline constexpr std::string_view letter_dead = "dead";
inline constexpr std::string_view letter_waiting = "waiting";

class letter_book {
 public:
  struct group {
    std::string key;
    bool safety = false;
  };
  struct state {
    steady_time due{};
    std::int64_t letters = 0;
    std::uint32_t inserting = 0;  ///< letters whose insert is not committed yet
    std::uint64_t version = 0;    ///< changes with each letter that is put aside
  };

  bool empty() const noexcept { return groups_[0].empty() && groups_[1].empty(); }
  bool holds(const std::string& key, bool safety) const { return groups_[safety].contains(key); }
  state* find(const group& g) {
    auto i = groups_[g.safety].find(g.key);
    return i != groups_[g.safety].end() ? &i->second : nullptr;
  }
  /// The group's state; made on first use with `due`.
  state& at(const group& g, steady_time due) {
    return groups_[g.safety].try_emplace(g.key, state{due}).first->second;
  }
  void erase(const group& g) { groups_[g.safety].erase(g.key); }
  void clear() {
    for (auto& of : groups_) of.clear();
  }
  std::int64_t letters() const {
    std::int64_t sum = 0;
    for (const auto& of : groups_)
      for (const auto& [key, s] : of) sum += s.letters;
    return sum;
  }
  /// The group whose oldest letter is due first.
  std::optional<std::pair<group, steady_time>> next() const {
    std::optional<std::pair<group, steady_time>> first;
    for (const bool safety : {true, false})
      for (const auto& [key, s] : groups_[safety])
        if (!first || s.due < first->second) first = {group{key, safety}, s.due};
    return first;
  }

 private:
  std::array<std::unordered_map<std::string, state>, 2> groups_;  // by safety
};

}  // namespace nova::runtime
