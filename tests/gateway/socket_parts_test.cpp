// The three parts of a WebSocket without a network: its outbox, its closing handshake, its liveness.
#include "gateway/websocket/closing_handshake.hpp"
#include "gateway/websocket/liveness.hpp"
#include "gateway/websocket/socket_outbox.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace nova;
using namespace nova::gateway;

namespace {

using next = socket_outbox::next;
using phase = closing_handshake::phase;

frame text_of(std::size_t bytes) { return make_frame(opcode::text, std::string(bytes, 'x')); }

config::gateway_settings small() {
  config::gateway_settings s;
  s.max_queued_bytes = 1000;
  s.max_queued_frames = 4;
  return s;
}

std::size_t all_of(std::span<const std::string_view> pieces) {
  std::size_t n = 0;
  for (auto piece : pieces) n += piece.size();
  return n;
}

}  // namespace

TEST_CASE("an outbox asks for one flush: at once for answers, with the next round for pushes") {
  socket_outbox box(small());
  CHECK(box.add(text_of(1), socket_outbox::kind::push) == next::round);
  CHECK(box.add(text_of(1), socket_outbox::kind::push) == next::nothing);
  CHECK(box.add(text_of(1), socket_outbox::kind::answer) == next::soon);
  CHECK(box.add(text_of(1), socket_outbox::kind::answer) == next::nothing);
  auto done = box.flush([](auto pieces) { return std::optional(all_of(pieces)); });
  CHECK(done.frames == 4);
  CHECK(done.writes == 1);
  CHECK(done.bytes == 12);
  CHECK(box.empty());
  CHECK(box.wake() == next::soon);
}

TEST_CASE("a full socket is not flushed until it is writable, a broken one fails") {
  socket_outbox box(small());
  box.add(text_of(10), socket_outbox::kind::answer);
  bool once = false;
  auto half = box.flush(
      [&](auto) { return std::optional<std::size_t>(std::exchange(once, true) ? 0 : 5); });
  CHECK(half.frames == 0);
  CHECK(half.bytes == 5);
  CHECK(box.blocked());
  CHECK(box.add(text_of(1), socket_outbox::kind::answer) == next::nothing);
  CHECK(box.flush([](auto pieces) { return std::optional(all_of(pieces)); }).writes == 0);
  box.writable();
  CHECK(box.flush([](auto) -> std::optional<std::size_t> { return std::nullopt; }).failed);
  CHECK(box.flush([](auto pieces) { return std::optional(all_of(pieces)); }).frames == 2);
}

TEST_CASE(
    "an outbox is too slow by bytes of pushes, by frames, and by sixteen times the bytes of "
    "answers") {
  socket_outbox pushed(small());
  CHECK(pushed.add(text_of(900), socket_outbox::kind::push) == next::round);
  CHECK(pushed.add(text_of(900), socket_outbox::kind::push) == next::too_slow);
  socket_outbox many(small());
  for (int i = 0; i < 4; ++i)
    CHECK(many.add(text_of(1), socket_outbox::kind::answer) != next::too_slow);
  CHECK(many.add(text_of(1), socket_outbox::kind::answer) == next::too_slow);
  socket_outbox answers(small());
  CHECK(answers.add(text_of(8000), socket_outbox::kind::answer) == next::soon);
  CHECK(answers.holds_reading());
  CHECK(answers.add(text_of(7900), socket_outbox::kind::answer) == next::nothing);
  CHECK(answers.add(text_of(200), socket_outbox::kind::answer) == next::too_slow);
}

TEST_CASE("the close frame of a slow socket takes the place of all that was not begun") {
  socket_outbox box(small());
  box.add(text_of(500), socket_outbox::kind::push);
  box.add(text_of(400), socket_outbox::kind::push);
  CHECK(box.add_last(make_close_frame(4008, "slow"), true) == next::soon);
  auto done = box.flush([](auto pieces) { return std::optional(all_of(pieces)); });
  CHECK(done.frames == 1);
  CHECK(done.bytes == 8);
}

TEST_CASE("a closing handshake that we begin ends when the client answers and all is written") {
  closing_handshake c;
  CHECK(c.upgrading());
  CHECK_FALSE(c.reads());
  c.upgraded();
  CHECK(c.reads());
  CHECK(c.written() == closing_handshake::next::read);
  auto end = time_point{} + std::chrono::seconds(2);
  CHECK(c.begin(phase::ours, end));
  CHECK_FALSE(c.begin(phase::theirs, end + std::chrono::seconds(2)));
  CHECK(c.deadline() == end);
  CHECK(c.reads());  // for the client's close frame
  CHECK(c.written() == closing_handshake::next::read);
  c.read_ended(true);
  CHECK_FALSE(c.reads());
  CHECK(c.written() == closing_handshake::next::close);
  CHECK(c.close());
  CHECK_FALSE(c.close());
  CHECK(c.written() == closing_handshake::next::nothing);
}

TEST_CASE("in every other ending the client's bytes are dropped until TCP ends") {
  for (bool ours : {true, false}) {
    closing_handshake c;
    c.upgraded();
    c.begin(ours ? phase::ours : phase::theirs, {});
    c.read_ended(!ours);
    CHECK(c.written() == closing_handshake::next::drop);
    c.drop();
    CHECK(c.written() == closing_handshake::next::nothing);
    c.read_ended(true);
    CHECK(c.now() == phase::dropping);
  }
}

TEST_CASE("a silent client is pinged twice and then gone; any sign of life starts anew") {
  config::gateway_settings s;
  s.ping_interval_ms = 100;
  auto at = [](int ms) {
    return time_point{} + std::chrono::hours(1) + std::chrono::milliseconds(ms);
  };
  liveness l(s, at(0));
  CHECK(l.check(at(99)) == liveness::due::nothing);
  CHECK(l.check(at(100)) == liveness::due::ping);
  l.heard(at(150));
  CHECK(l.check(at(200)) == liveness::due::nothing);
  CHECK(l.deadline() == at(250));
  CHECK(l.check(at(250)) == liveness::due::ping);
  CHECK(l.check(at(350)) == liveness::due::ping);
  CHECK(l.check(at(450)) == liveness::due::gone);
}
