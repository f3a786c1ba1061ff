// See runtime_scenarios.hpp.
#include "bench/runtime/runtime_scenarios.hpp"

#include "bench/runtime/ask_domain.hpp"
#include "bench/runtime/bare_request.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <thread>

namespace nova::bench {

namespace {

constexpr int rounds =
    3;  ///< each measures everything once, so that a change of the machine's load meets all alike

class no_sockets final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

struct share_of_time {
  std::uint64_t operations = 0;
  double seconds = 0, cpu = 0;

  double per_second() const { return static_cast<double>(operations) / std::max(1e-9, seconds); }
  double cpu_us() const {
    return cpu * 1e6 / static_cast<double>(std::max<std::uint64_t>(1, operations));
  }

  /// Adds what `work` did: it returns its number of operations.
  void measure(const std::function<std::uint64_t()>& work) {
    const auto began = now_us();
    const auto cpu_before = own_cpu();
    operations += work();
    cpu += own_cpu() - cpu_before;
    seconds += static_cast<double>(now_us() - began) / 1e6;
  }
};

/// One caller of one counter: its next call goes out when the last was answered.
struct lane {
  runtime::node& node;
  const rpc::method& method;
  std::string key;
  std::atomic<bool>& calling;
  std::latch& over;
  std::uint64_t answers = 0, wrong = 0;
  std::int64_t sum = 0;

  void next() {
    if (!calling.load(std::memory_order_relaxed)) return over.count_down();
    rpc::call c;
    c.method = &method;
    c.caller.kind = rpc::caller_kind::user;
    c.request = request_for(key);
    c.reply = [this](rpc::reply_result r) {
      ++answers;
      const auto step = static_cast<std::int64_t>(&method == &add_method() ? 1 : asks_each);
      if (r.has_error() || (sum != 0 && sum_of(**r) != sum + step)) ++wrong;
      if (r.has_value()) sum = sum_of(**r);
      next();
    };
    node.call(std::move(c));
  }
};

std::uint64_t run_calls(runtime::node& node, const rpc::method& method, std::size_t lanes,
                        double seconds, std::uint64_t& wrong) {
  std::atomic<bool> calling{true};
  std::latch over(static_cast<std::ptrdiff_t>(lanes));
  std::vector<std::unique_ptr<lane>> all;
  for (std::size_t i = 0; i < lanes; ++i) {
    const auto key = "00000000-0000-7000-8000-" + std::to_string(100'000'000'000 + i);
    all.push_back(std::make_unique<lane>(lane{node, method, key, calling, over}));
  }
  for (auto& l : all) l->next();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  calling = false;
  over.wait();
  std::uint64_t answers = 0;
  for (const auto& l : all) answers += l->answers, wrong += l->wrong;
  return answers;
}

void print(const std::string& name, const share_of_time& t, const std::string& note, report& out) {
  out.number(name + "_per_s", t.per_second(), note + " a second");
  out.number(name + "_cpu_us", t.cpu_us(), "CPU microseconds each, all threads");
}

}  // namespace

void ask(const run_options& options, report& out) {
  no_sockets sink;
  runtime::node node(runtime::node_options{}, sink);
  node.add(make_ask_domain(), make_unwritten_database());
  node.start();
  while (!node.ready()) std::this_thread::yield();
  const auto lanes = options.sockets;
  out.set("lanes", lanes);
  std::uint64_t wrong = 0;
  bare_caf stock, on_ours(node);
  stock.run(lanes, options.warm_up_seconds / 2);
  run_calls(node, relay_method(), lanes, options.warm_up_seconds / 2, wrong);
  share_of_time bare, bare_on_ours, command, asked;
  const auto each = options.seconds / rounds;
  for (int round = 0; round < rounds; ++round) {
    bare.measure([&] { return stock.run(lanes, each); });
    bare_on_ours.measure([&] { return on_ours.run(lanes, each); });
    command.measure([&] { return run_calls(node, add_method(), lanes, each, wrong); });
    asked.measure(
        [&] { return run_calls(node, relay_method(), lanes, each, wrong) * (asks_each + 1); });
  }
  print("bare_request", bare, "requests between two plain CAF actors on CAF's own scheduler", out);
  print("bare_request_on_ours", bare_on_ours, "the same on the node's scheduler", out);
  print("command", command, "commands of an entity that write nothing", out);
  print("local_ask", asked,
        "asks of an entity to another one (and the calls that cause them, one in 31)", out);
  if (wrong > 0) out.broken(std::to_string(wrong) + " answers were refused, lost or doubled");
  const auto beside =
      "bare CAF " + std::to_string(static_cast<std::uint64_t>(bare.per_second())) + " requests/s";
  out.goal("command_beside_bare", command.per_second() / std::max(1.0, bare.per_second()), 0.5,
           true, beside);
  out.goal("ask_beside_bare", asked.per_second() / std::max(1.0, bare.per_second()), 0.5, true,
           beside);
  if (!node.stop(std::chrono::seconds(10))) out.broken("the node did not stop in time");
}

}  // namespace nova::bench
