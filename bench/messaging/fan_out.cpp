// The scenario `fanout`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/nova_chat.hpp"
#include "bench/messaging/room_traffic.hpp"
#include "bench/rivals/rival_chat.hpp"
#include "bench/support/bare_writer.hpp"

#include <algorithm>
#include <cstdio>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< unless asked for: each costs a password hash; further sockets share them
constexpr double beside_bare = 1.6;         ///< CPU a delivery, one frame a write
constexpr double eight_cpu_s_per_million = 3;
constexpr std::size_t frame_header = 4;     ///< of a WebSocket frame of 126 to 65,535 bytes

std::string two_digits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", x);
  return text;
}

/// One room, with 1 and 8 messages under way, and the bare writer beside it.
bool run_room(const run_options& options, std::size_t sockets, chat_server& server, report& out) {
  const auto title = std::to_string(sockets) + " sockets, ";
  double one = 0, eight = 0;
  std::size_t frame_bytes = 0;
  {
    room_traffic room(server);
    std::string problem;
    if (!room.set_up(sockets, options.members > 0 ? options.members : most_accounts, problem)) {
      out.broken("setting up: " + problem);
      return false;
    }
    room_shape shape{1, options.warm_up_seconds, options.seconds, options.text_bytes};
    out.section(title + "1 in flight");
    one = room.run(shape, out);
    out.section(title + "8 in flight");
    shape.window = 8;
    if (out.sound()) eight = room.run(shape, out);
    frame_bytes = room.push_bytes() + frame_header;
  }
  double bare_cpu[2] = {};
  for (const std::size_t frames : {1u, 8u}) {
    if (options.reference_seconds <= 0) break;
    bare_writing bare;
    std::string problem;
    if (!write_bare(sockets, frame_bytes, frames, options.reference_seconds, bare, problem)) {
      out.broken("reference: " + problem);
      return false;
    }
    out.section(title + std::to_string(frames) + " in flight");
    out.number("bare_deliveries_per_s", bare.deliveries_per_second, "by a bare epoll loop, " + std::to_string(frames) + " a write");
    out.number("bare_cpu_s_per_million", bare.writer_cpu_per_million, "CPU seconds of the writer per million frames");
    bare_cpu[frames > 1] = bare.writer_cpu_per_million;
  }
  out.section(title + "1 in flight");
  if (bare_cpu[0] > 0)
    out.goal("cpu_beside_bare", one / bare_cpu[0], beside_bare, false,
             "bare epoll " + two_digits(bare_cpu[0]) + " CPU-s per million");
  out.section(title + "8 in flight");
  out.goal("cpu_s_per_million", eight, eight_cpu_s_per_million, false,
           bare_cpu[1] > 0 ? "bare epoll, 8 a write: " + two_digits(bare_cpu[1]) : "");
  out.section("");
  return out.sound();
}

void run(const run_options& options, chat_server& server, report& out) {
  describe(server, out);
  if (options.all && !options.tiny && !run_room(options, 1000, server, out)) return;
  run_room(options, options.all && !options.tiny ? 10'000 : options.sockets, server, out);
}

}  // namespace

void fan_out(const run_options& options, report& out) {
  if (!allow_files((options.all ? 10'000 : options.sockets) + 500)) return out.broken("too few file descriptors");
  std::string problem;
  if (!options.against.empty()) {
    client::io_thread io;
    const auto rival = make_rival(options, io, problem);
    if (!rival) return out.broken(problem);
    return run(options, *rival, out);
  }
  stage s(options);
  if (!s.open(problem)) return out.broken("start: " + problem);
  nova_chat nova(s);
  run(options, nova, out);
}

}  // namespace nova::bench
