// The scenario `fanout`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/nova_chat.hpp"
#include "bench/messaging/room_traffic.hpp"
#include "bench/rivals/rival_chat.hpp"
#include "bench/support/bare_writer.hpp"
#include "bench/support/goals.hpp"

#include <algorithm>
#include <cstdio>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts =
    200;  ///< unless asked for: each costs a password hash; further sockets share them
constexpr std::size_t frame_header = 4;  ///< of a WebSocket frame of 126 to 65,535 bytes

std::string two_digits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", x);
  return text;
}

/// The bare writer beside one kind of traffic, in several short runs between Nova's: the machine changes its pace.
struct bare_reference {
  bare_shape shape = {};
  bare_writing sum = {};
  int runs = 0;

  bool write(report& out) {
    bare_writing made;
    std::string problem;
    if (!write_bare(shape, made, problem)) {
      out.broken("reference: " + problem);
      return false;
    }
    sum.deliveries_per_second += made.deliveries_per_second;
    sum.writer_cpu_per_million += made.writer_cpu_per_million;
    ++runs;
    return true;
  }
  double cpu_per_million() const { return runs > 0 ? sum.writer_cpu_per_million / runs : 0; }
  double deliveries_per_second() const { return runs > 0 ? sum.deliveries_per_second / runs : 0; }
};

struct bare_references {
  bare_reference one, one_at_same_rate, eight;

  bool write(report& out) {
    return one.shape.seconds <= 0 ||
           (one.write(out) && one_at_same_rate.write(out) && eight.write(out));
  }
};

/// `made`: by Nova, with frames of `frame_bytes`.
bare_references beside(const room_figures& made, std::size_t sockets, std::size_t frame_bytes,
                       double seconds) {
  const bare_shape one{.sockets = sockets, .frame_bytes = frame_bytes, .seconds = seconds / 2};
  bare_references b{{one}, {one}, {one}};
  b.one_at_same_rate.shape.turns_per_second =
      made.deliveries_per_second / static_cast<double>(sockets);
  b.eight.shape.frames = 8;
  return b;
}

/// One room, with 1 and 8 messages under way, and the bare writer between and behind.
bool run_room(const run_options& options, std::size_t sockets, chat_server& server, report& out) {
  const auto title = std::to_string(sockets) + " sockets, ";
  const auto one_in_flight = title + "1 in flight", eight_in_flight = title + "8 in flight";
  room_traffic room(server);
  std::string problem;
  if (!room.set_up(sockets, options.members > 0 ? options.members : most_accounts, problem)) {
    out.broken("setting up: " + problem);
    return false;
  }
  room_shape shape{1, options.warm_up_seconds, options.seconds, options.text_bytes};
  out.section(one_in_flight);
  const auto one = room.run(shape, out);
  auto bare = beside(one, sockets, room.push_bytes() + frame_header, options.reference_seconds);
  if (!out.sound() || !bare.write(out)) return false;
  out.section(eight_in_flight);
  shape.window = 8;
  const auto eight = room.run(shape, out);
  if (!out.sound() || !bare.write(out)) return false;

  out.section(one_in_flight);
  if (bare.one.runs > 0) {
    const auto cpu = bare.one.cpu_per_million(), paced = bare.one_at_same_rate.cpu_per_million();
    out.number("bare_deliveries_per_s", bare.one.deliveries_per_second(),
               "by a bare epoll loop, 1 a write");
    out.number("bare_cpu_s_per_million", cpu, "CPU seconds of the writer per million frames");
    out.number("bare_at_this_rate_cpu_s_per_million", paced,
               "the same, with as many turns a second as Nova made");
    out.number("cpu_beside_bare_at_this_rate", one.server_cpu_per_million / paced,
               "the server's by that of the bare writer");
    out.goal("cpu_beside_bare", one.server_cpu_per_million / cpu, goals::fan_out_beside_bare, false,
             "bare epoll " + two_digits(cpu) + " CPU-s per million");
  }
  out.section(eight_in_flight);
  if (bare.eight.runs > 0) {
    out.number("bare_deliveries_per_s", bare.eight.deliveries_per_second(),
               "by a bare epoll loop, 8 a write");
    out.number("bare_cpu_s_per_million", bare.eight.cpu_per_million(),
               "CPU seconds of the writer per million frames");
  }
  out.goal(
      "cpu_s_per_million", eight.server_cpu_per_million, goals::fan_out_cpu_s_per_million, false,
      bare.eight.runs > 0 ? "bare epoll, 8 a write: " + two_digits(bare.eight.cpu_per_million())
                          : "");
  out.section("");
  return true;
}

void run(const run_options& options, chat_server& server, report& out) {
  describe(server, out);
  if (options.all && !options.tiny && !run_room(options, 1000, server, out)) return;
  run_room(options, options.all && !options.tiny ? 10'000 : options.sockets, server, out);
}

}  // namespace

void fan_out(const run_options& options, report& out) {
  if (!allow_files((options.all ? 10'000 : options.sockets) + 500))
    return out.broken("too few file descriptors");
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
