// The judge of a fan-out: what it lets pass and what it does not.
#include "bench/messaging/room_order.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using nova::bench::room_order;

namespace {

/// A room of two that messages 0 to 3 were sent to.
room_order with_four_sent() {
  room_order room(2);
  for (const std::uint64_t number : {0, 1, 2, 3}) room.sent(number);
  return room;
}

/// How many of them may arrive there in this order.
std::size_t good(room_order& room, std::size_t listener,
                 std::initializer_list<std::uint64_t> numbers) {
  std::size_t n = 0;
  for (const auto number : numbers) n += room.arrived(listener, number, 0);
  return n;
}

}  // namespace

TEST_CASE(
    "a refused message that comes again behind later ones is in order when everybody gets it "
    "there") {
  auto room = with_four_sent();
  CHECK(good(room, 0, {1, 2, 0, 3}) == 4);
  CHECK(good(room, 1, {1, 2, 0, 3}) == 4);
}

TEST_CASE("two listeners with two orders are seen") {
  auto room = with_four_sent();
  CHECK(good(room, 0, {0, 1, 2, 3}) == 4);
  CHECK(good(room, 1, {0, 2, 1, 3}) == 2);
}

TEST_CASE("one that comes twice, one that is missing and one that nobody sent are seen") {
  auto room = with_four_sent();
  CHECK(good(room, 0, {0, 1, 1, 2, 3}) == 4);
  CHECK(good(room, 1, {0, 2}) == 1);
  CHECK(good(room, 0, {7}) == 0);
}

TEST_CASE("a hole in the server's numbers is seen, and a server without numbers may have none") {
  auto room = with_four_sent();
  CHECK(room.arrived(0, 0, 11));
  CHECK(room.arrived(0, 1, 12));
  CHECK_FALSE(room.arrived(0, 2, 14));
  CHECK(room.arrived(1, 0, 0));
}
