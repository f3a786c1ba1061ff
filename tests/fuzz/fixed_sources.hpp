// Time that stands still and randomness that counts: what a target does depends on its input only. Used by the stages.
#pragma once

#include "protocols/core/ids.hpp"

namespace nova::fuzz {

class fixed_clock final : public wall_clock {
 public:
  static constexpr unix_ms time = 1'800'000'000'000;
  unix_ms now() const override { return time; }
};

class counting_random final : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 1;
};

/// The nth account, conversation or session of every stage.
inline uuid known_id(char kind, unsigned n) {
  uuid id{};
  id.data[0] = 0x01;
  id.data[1] = 0x93;
  id.data[6] = 0x70;
  id.data[8] = 0x80;
  id.data[14] = static_cast<std::uint8_t>(kind);
  id.data[15] = static_cast<std::uint8_t>(n);
  return id;
}

}  // namespace nova::fuzz
