// See runtime_scenarios.hpp.
#include "bench/runtime/event_domains.hpp"
#include "bench/runtime/runtime_scenarios.hpp"
#include "bench/support/goals.hpp"

#include <atomic>
#include <thread>

namespace nova::bench {

namespace {

using std::chrono::steady_clock;

constexpr int keys = 512;
constexpr double default_rate = 2000;
constexpr std::size_t most_waiting = 20'000;  ///< unanswered; a slower node then slows the rate
constexpr int intervals = 12;                 ///< of a run, for what must stay flat

/// Events at a fixed rate, each timed from its intended moment until its effect in the other domain is on disk.
class producer {
 public:
  explicit producer(test::domain_node& node) : node_(node) {}

  /// `rate` 0: `window` events are under way at all times.
  latencies run(double rate, double seconds, std::size_t window) {
    const auto began = steady_clock::now();
    const auto end = began + std::chrono::duration_cast<steady_clock::duration>(
                                 std::chrono::duration<double>(seconds));
    const auto most = rate > 0 ? most_waiting : window;
    for (std::uint64_t n = 0;; ++n) {
      auto due = steady_clock::now();
      if (rate > 0) {
        due = began + std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * n / rate));
        std::this_thread::sleep_until(due);
      }
      if (due >= end) break;
      while (waiting_ >= most) std::this_thread::yield();
      emit(due);
    }
    while (waiting_ != 0) std::this_thread::yield();
    std::lock_guard lock(mutex_);
    return std::exchange(times_, {});
  }
  std::uint64_t failed() const { return failed_; }

 private:
  void emit(steady_clock::time_point due) {
    ++waiting_;
    node_.post(
        emit_method(), key_message("key-" + std::to_string(made_++ % keys)),
        [this, due](const rpc::reply_result& r) {
          if (r.has_error()) ++failed_;
          {
            std::lock_guard lock(mutex_);
            times_.add_us(static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - due)
                    .count()));
          }
          --waiting_;
        });
  }

  test::domain_node& node_;
  std::mutex mutex_;
  latencies times_;
  std::uint64_t made_ = 0;
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::size_t> waiting_{0};
};

config::runtime_settings settings_of(const run_options& options) {
  config::runtime_settings s;
  // A soak drops its old events while it runs; the shortest times that the settings allow.
  if (options.seconds >= 600) {
    s.outbox_keep_s = s.outbox_unread_keep_s = 120;
    s.outbox_part_s = 60;
  }
  return s;
}

}  // namespace

void event_effect(const run_options& options, report& out) {
  auto node = make_event_node(settings_of(options));
  producer source(*node);
  source.run(options.tiny ? 200 : default_rate, options.warm_up_seconds, 0);
  const auto rate = options.rate > 0 ? options.rate : options.tiny ? 300 : default_rate;
  out.set("rate", rate);
  latencies all;
  std::vector<double> p99, disk;
  for (int i = 0; i < intervals; ++i) {
    auto part = source.run(rate, options.seconds / intervals, 0);
    p99.push_back(part.percentile_ms(99));
    disk.push_back(static_cast<double>(disk_bytes(*node, "alpha")) / 1e6);
    all.merge(part);
  }
  out.timing("call_until_effect", all);
  out.number("p99_first_ms", p99[1], "99th percentile of the second twelfth of the run, ms");
  out.number("p99_last_ms", p99.back(), "of the last twelfth");
  out.number("disk_middle_mb", disk[intervals / 2], "the source's database in the middle, MB");
  out.number("disk_last_mb", disk.back(), "and at the end");
  out.goal("effect_p99_ms", all.percentile_ms(99), goals::event_p99_ms, false);
  if (options.reference_seconds > 0) {
    const auto before = count_events(*node).told;
    const auto began = now_us();
    source.run(0, options.reference_seconds, 256);
    const auto seconds = static_cast<double>(now_us() - began) / 1e6;
    out.number("most_per_s", static_cast<double>(count_events(*node).told - before) / seconds,
               "events a second with 256 under way, each until its effect");
  }
  const auto seen = count_events(*node);
  out.set("events", seen.told);
  if (seen.taken != seen.told)
    out.broken(std::to_string(seen.told) + " events, " + std::to_string(seen.taken) + " effects");
  if (seen.wrong != 0) out.broken(std::to_string(seen.wrong) + " events out of order");
  if (source.failed() != 0) out.broken(std::to_string(source.failed()) + " calls failed");
}

}  // namespace nova::bench
