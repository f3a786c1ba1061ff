// The scenario `durable-send`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/nova_chat.hpp"
#include "bench/messaging/pair_traffic.hpp"
#include "bench/rivals/rival_chat.hpp"
#include "bench/support/bare_insert.hpp"
#include "bench/support/goals.hpp"

#include <algorithm>
#include <cmath>

namespace nova::bench {

namespace {

constexpr std::size_t no_window =
    1000;  ///< open loop: unanswered sends of a socket before it waits

/// The bare insert, on a PostgreSQL of its own: measured between the parts of a run.
class insert_reference {
 public:
  explicit insert_reference(const run_options& options) : options_(options) {}

  bool open(report& out) {
    std::string problem;
    if (options_.reference_seconds <= 0 || bare_.open(problem)) return true;
    out.broken("reference: " + problem);
    return false;
  }

  /// Rows a second in transactions of 100 on one connection; 0 without a reference.
  double measure(report& out, const std::string& moment) {
    if (options_.reference_seconds <= 0) return 0;
    double share_of = 0;
    for (const auto& [rows, connections] :
         {std::pair<std::size_t, std::size_t>{100, 1}, {500, 1}, {16, 4}}) {
      if (options_.all && connections > 1) continue;
      bare_figures f;
      std::string problem;
      if (!bare_.run(rows, connections, options_.reference_seconds, options_.text_bytes, f,
                     problem)) {
        out.broken("reference: " + problem);
        return 0;
      }
      const auto name = "bare_" + std::to_string(rows) + "x" + std::to_string(connections) + moment;
      out.number(name + "_rows_per_s", f.rows_per_second,
                 "bare insert, rows a transaction x connections");
      out.number(name + "_cpu_s_per_1000", f.postgres_cpu_per_1000,
                 "CPU seconds of PostgreSQL per 1,000 rows");
      if (rows == 100) share_of = f.rows_per_second;
    }
    return share_of;
  }

 private:
  const run_options& options_;
  bare_postgres bare_;
};

traffic_shape shape_of(const run_options& options) {
  traffic_shape shape;
  shape.window = options.window;
  shape.rate = options.rate;
  shape.warm_up_seconds = options.warm_up_seconds;
  shape.seconds = options.seconds;
  shape.text_bytes = options.text_bytes;
  return shape;
}

void compare(report& out, const traffic_result& r, std::size_t sockets, std::size_t window,
             double before, double after) {
  if (window >= 16)
    out.goal("cpu_server_s_per_1000", r.server_cpu_per_1000, goals::send_cpu_s_per_1000(sockets),
             false);
  const auto bare = (before + after) / 2;
  if (bare <= 0) return;
  const auto share = r.acked_per_second / bare;
  const auto beside = "bare insert " + std::to_string(std::llround(bare)) + " rows/s";
  if (window >= 16)
    out.goal("share_of_bare_insert", share, goals::share_of_bare_insert(sockets), true, beside);
  else out.number("share_of_bare_insert", share, "beside " + beside);
}

/// One number of sockets, one window.
void run_one(const run_options& options, chat_server& server, insert_reference& bare, report& out) {
  const double before = bare.measure(out, "_before");
  pair_traffic all(server);
  std::string problem;
  if (!all.set_up(options.sockets, problem)) return out.broken("setting up: " + problem);
  if (!server.settle()) return out.broken("no checkpoint");
  const auto r = all.run(shape_of(options), out);
  compare(out, r, options.sockets, options.window, before, bare.measure(out, "_after"));
}

/// All numbers of sockets and windows, and each number of sockets at half of its maximum; references between them.
void run_matrix(const run_options& options, chat_server& server, insert_reference& bare,
                report& out) {
  double before = bare.measure(out, "_at_first");
  std::vector<std::size_t> steps{std::min<std::size_t>(64, options.sockets)};
  if (options.sockets > steps[0]) steps.push_back(options.sockets);
  for (const auto sockets : steps) {
    pair_traffic all(server);
    std::string problem;
    if (!all.set_up(sockets, problem)) return out.broken("setting up: " + problem);
    auto shape = shape_of(options);
    double most = 0;
    for (const std::size_t window : {1u, 16u}) {
      const auto title = std::to_string(sockets) + " sockets, window " + std::to_string(window);
      out.section(title);
      shape.window = window;
      shape.rate = 0;
      if (!server.settle()) return out.broken("no checkpoint");
      auto r = all.run(shape, out);
      most = std::max(most, r.acked_per_second);
      if (window == 1 && sockets == steps[0])
        out.goal("answer_p99_ms", r.answer.percentile_ms(99), goals::window_1_p99_ms, false);
      const double after = bare.measure(out, "_after");
      compare(out, r, sockets, window, before, after);
      before = after;
    }
    out.section(std::to_string(sockets) + " sockets, half rate");
    shape.window = no_window;
    shape.rate = std::max(1.0, most / 2);
    out.number("intended_per_s", shape.rate, "sends a second, open loop, half of the maximum");
    if (!server.settle()) return out.broken("no checkpoint");
    auto r = all.run(shape, out);
    out.goal("answer_p99_ms", r.answer.percentile_ms(99), goals::half_rate_p99_ms, false,
             std::to_string(std::llround(shape.rate)) + " sends/s intended");
  }
  out.section("");
}

void run(const run_options& options, chat_server& server, insert_reference& bare, report& out) {
  describe(server, out);
  if (options.all) run_matrix(options, server, bare, out);
  else run_one(options, server, bare, out);
}

}  // namespace

void durable_send(const run_options& given, report& out) {
  auto options = given;
  if (options.all && !options.tiny) options.sockets = 1000;
  if (!options.all) {
    out.set("sockets", options.sockets);
    out.set("window", options.window);
    out.set("rate", options.rate);
  }
  if (!allow_files(options.sockets * 2 + 500)) return out.broken("too few file descriptors");
  insert_reference bare(options);
  if (!bare.open(out)) return;
  std::string problem;
  if (!options.against.empty()) {
    client::io_thread io;
    const auto rival = make_rival(options, io, problem);
    if (!rival) return out.broken(problem);
    return run(options, *rival, bare, out);
  }
  stage s(options);
  if (!s.open(problem)) return out.broken("start: " + problem);
  nova_chat nova(s);
  run(options, nova, bare, out);
}

}  // namespace nova::bench
