// The deadlines of a shard, beside a list that is searched through: no deadline is told early, none is forgotten, and a shard is
// woken for the first tick in which one can be due.
#include "actors/runtime/entities/wheel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

using namespace nova::runtime;
using namespace std::chrono_literals;

namespace {

constexpr auto tick = 10ms;
constexpr std::uint64_t round = 512;  ///< ticks, after which a slot is used again

struct alarm_clock : timed {};

std::uint64_t ticks(wheel::time t) {
  return static_cast<std::uint64_t>(t.time_since_epoch() / wheel::time::duration(tick));
}

/// Wheel and list do the same; `hand` is the last tick that was looked at.
struct world {
  wheel deadlines{tick};
  std::vector<std::unique_ptr<alarm_clock>> set;
  std::uint64_t hand = 0;
  wheel::time now{};

  void add(wheel::time due) {
    set.push_back(std::make_unique<alarm_clock>());
    deadlines.set(*set.back(), due);
    slot_of.push_back(std::max(ticks(due) + 1, hand + 1));
  }
  void remove(std::size_t i) {
    set.erase(set.begin() + static_cast<std::ptrdiff_t>(i));
    slot_of.erase(slot_of.begin() + static_cast<std::ptrdiff_t>(i));
  }
  /// The first tick from now on whose slot holds a deadline, of this round or of a later one.
  std::optional<wheel::time> expected() const {
    std::optional<std::uint64_t> first;
    for (const auto slot : slot_of) {
      const auto ahead = (slot - hand - 1) % round + hand + 1;
      first = std::min(first.value_or(ahead), ahead);
    }
    if (!first) return {};
    return wheel::time(wheel::time::duration(tick) * static_cast<std::int64_t>(*first));
  }
  void pass(wheel::time::duration d) {
    now += d;
    std::vector<const timed*> told;
    deadlines.expire(now, [&](timed& t) { told.push_back(&t); });
    hand = std::max(hand, ticks(now));
    for (std::size_t i = set.size(); i-- > 0;) {
      const bool due = slot_of[i] <= hand && set[i]->due <= now;
      CHECK((std::find(told.begin(), told.end(), set[i].get()) != told.end()) == due);
      if (due) remove(i);
      else if (slot_of[i] <= hand) FAIL("a deadline was passed over");
    }
  }

  std::vector<std::uint64_t> slot_of;
};

}  // namespace

TEST_CASE("deadlines of a shard are told once, in time, and the next look is never too late") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    world w;
    w.pass(std::chrono::milliseconds(random() % 100'000));
    CHECK(!w.deadlines.next());
    for (int step = 0; step < 400; ++step) {
      switch (random() % 4) {
        case 0:
        case 1:  // mostly within a round (5.12 s), some far beyond, some in the past
          w.add(w.now +
                std::chrono::milliseconds(
                    static_cast<std::int64_t>(random() % (step % 8 ? 5'000 : 60'000)) - 50));
          break;
        case 2:
          if (!w.set.empty()) w.remove(random() % w.set.size());
          break;
        default: w.pass(std::chrono::milliseconds(random() % (step % 16 ? 400 : 9'000)));
      }
      REQUIRE(w.deadlines.next() == w.expected());
    }
    w.pass(120s);
    CHECK(w.set.empty());
    CHECK(!w.deadlines.next());
  }
}
