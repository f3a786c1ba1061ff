// See runtime_scenarios.hpp.
#include "bench/runtime/event_domains.hpp"
#include "bench/runtime/runtime_scenarios.hpp"
#include "bench/support/goals.hpp"

#include <atomic>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::uint64_t most = 10'000;
constexpr int others = 64;
constexpr double others_per_s = 200;

/// Calls of other entities at a fixed rate, counted from their intended times.
class side_calls {
 public:
  explicit side_calls(test::domain_node& node) : node_(node), thread_([this] { run(); }) {}
  ~side_calls() { stop(); }

  /// Ends the part under way and begins another one.
  latencies part() {
    std::lock_guard lock(mutex_);
    return std::exchange(times_, {});
  }
  std::uint64_t failed() const { return failed_; }
  void stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    while (waiting_ != 0) std::this_thread::yield();
  }

 private:
  void run() {
    auto due = std::chrono::steady_clock::now();
    for (int n = 0; !over_; ++n) {
      due += std::chrono::microseconds(static_cast<int>(1e6 / others_per_s));
      std::this_thread::sleep_until(due);
      ++waiting_;
      node_.post(ping_method(), key_message("other-" + std::to_string(n % others)),
                 [this, due](const rpc::reply_result& r) {
                   const auto took = std::chrono::steady_clock::now() - due;
                   if (r.has_error()) ++failed_;
                   {
                     std::lock_guard lock(mutex_);
                     times_.add_us(static_cast<std::uint64_t>(
                         std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
                   }
                   --waiting_;
                 });
    }
  }

  test::domain_node& node_;
  std::mutex mutex_;
  latencies times_;
  std::atomic<std::uint64_t> failed_{0}, waiting_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

void reminders(const run_options& options, report& out) {
  const std::uint64_t count = options.tiny ? 2000 : most;
  auto node = make_event_node({});
  out.set("reminders", count);
  const double quiet_s = options.tiny ? 1 : 4;
  set_reminders(*node, count, quiet_s + 2);
  node->restart();
  side_calls side(*node);
  while (count_reminders(*node).fired == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  auto quiet = side.part();
  const auto began = now_us();
  const auto limit = began + 60'000'000;
  while (count_reminders(*node).entities < static_cast<std::int64_t>(count) && now_us() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto seconds = static_cast<double>(now_us() - began) / 1e6;
  auto meanwhile = side.part();
  side.stop();
  const auto fired = count_reminders(*node);
  out.number("seconds", seconds, "until all reminders of one second had their effect");
  out.timing("others_quiet", quiet);
  out.timing("others_meanwhile", meanwhile);
  if (fired.entities != static_cast<std::int64_t>(count))
    out.broken(std::to_string(fired.entities) + " of " + std::to_string(count) + " came");
  if (fired.fired != fired.entities) out.broken("a reminder had its effect twice");
  if (side.failed() != 0) out.broken(std::to_string(side.failed()) + " other calls failed");
  out.goal("seconds_for_all", seconds, goals::reminders_s, false);
  out.goal("others_p99_beside_quiet",
           meanwhile.percentile_ms(99) / std::max(0.001, quiet.percentile_ms(99)),
           goals::reminders_beside_quiet, false,
           "quiet " + std::to_string(quiet.percentile_ms(99)) + " ms");
}

}  // namespace nova::bench
