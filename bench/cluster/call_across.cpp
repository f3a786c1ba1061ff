// The scenario `call-across`. See cluster_scenarios.hpp.
#include "bench/cluster/bare_links.hpp"
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/node_stage.hpp"

#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <algorithm>
#include <functional>

namespace nova::bench {

namespace {

constexpr int rounds = 2;  ///< each measures all, so that a change of the machine's load meets all
constexpr double asked_rate = 1'000;
constexpr std::size_t most_sockets = 16, lanes_of_a_socket = 4;
constexpr std::size_t text_bytes = 100;
constexpr auto open_within = std::chrono::seconds(20), answer_within = std::chrono::seconds(20);

struct figures {
  latencies paced;
  double calls = 0, seconds = 0, cpu = 0;  ///< flat out; CPU seconds of Nova

  double per_second() const { return calls / std::max(1e-9, seconds); }
};

/// Sockets that ask for their conversations: a query that the entity answers from memory.
class asking {
 public:
  explicit asking(stage& s) : stage_(s), io_(s.io()) {}
  ~asking() {
    io_.run([this] {
      calling_ = false;
      sockets_.clear();
    });
  }

  bool set_up(const std::vector<client::account>& accounts, std::string& problem) {
    client::http_client http(stage_.at());
    for (std::size_t i = 0; i + 1 < accounts.size(); i += 2) {
      const auto id =
          client::create_conversation(http, accounts[i], "direct", {accounts[i + 1].id}, &problem);
      if (id.empty()) return false;
      params_.push_back(R"({"conversation_id":)" + client::quoted(id) + "}");
      client::session_events e;
      e.opened = [this](std::string_view) { ++open_; };
      sockets_.push_back(client::session::make(
          io_, {.to = stage_.at(), .access_token = accounts[i].access_token, .echo = false},
          std::move(e)));
      sockets_.back()->start();
    }
    if (io_.wait([this] { return open_ == sockets_.size(); }, open_within)) return true;
    return problem = "not every socket opened", false;
  }

  /// `rate` 0: as many as a few lanes a socket make. False: an answer was wrong or did not come.
  bool run(double rate, double seconds, figures& f) {
    const auto cpu = stage_.cpu();
    const auto began = now_us();
    io_.run([&] {
      all_ = {};
      answers_ = wrong_ = 0;
      rate_ = rate;
      calling_ = true;
      next_due_us_ = static_cast<double>(now_us());
      if (rate > 0) pace();
      for (std::size_t i = 0; rate == 0 && i < sockets_.size() * lanes_of_a_socket; ++i)
        ask(i % sockets_.size(), now_us());
    });
    const auto end = began + static_cast<std::uint64_t>(seconds * 1e6);
    io_.wait([end] { return now_us() >= end; },
             std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000) + 1000));
    io_.run([this] { calling_ = false; });
    const auto took = static_cast<double>(now_us() - began) / 1e6;
    const auto used = stage_.cpu() - cpu;
    const bool answered = io_.wait([this] { return under_way_ == 0; }, answer_within);
    io_.run([&] {
      if (rate > 0) return f.paced.merge(all_);
      f.calls += static_cast<double>(answers_);
      f.seconds += took;
      f.cpu += used.server;
    });
    return answered && wrong_ == 0;
  }

 private:
  void ask(std::size_t socket, std::uint64_t due_us) {
    ++under_way_;
    sockets_[socket]->call("messaging.conversation", params_[socket],
                           [this, socket, due_us](const client::call_reply& r) {
                             --under_way_;
                             ++answers_;
                             wrong_ += !r.ok;
                             all_.add_us(now_us() - due_us);
                             if (calling_ && rate_ == 0) ask(socket, now_us());
                           });
  }

  void pace() {
    if (!calling_) return;
    for (const auto now = static_cast<double>(now_us()); next_due_us_ <= now;
         next_due_us_ += 1e6 / rate_)
      ask(turn_++ % sockets_.size(), static_cast<std::uint64_t>(next_due_us_));
    // Shorter than the distance of calls: what is late here is not late in Nova.
    io_.after(std::chrono::microseconds(100), [this] { pace(); });
  }

  stage& stage_;
  client::io_thread& io_;
  std::vector<std::string> params_;
  std::vector<std::shared_ptr<client::session>> sockets_;
  std::size_t open_ = 0, under_way_ = 0, turn_ = 0;
  std::uint64_t answers_ = 0, wrong_ = 0;
  latencies all_;
  double rate_ = 0, next_due_us_ = 0;
  bool calling_ = false;
};

bool measure(const run_options& options, node_stage& s, const std::vector<node_plan>& plan,
             std::vector<client::account>& accounts, figures& f, report& out) {
  std::string problem;
  const auto failed = [&](const std::string& what) {
    out.broken(what + problem);
    return false;
  };
  if (!s.start(plan, problem)) return failed("start: ");
  if (accounts.empty()) accounts = s.accounts(2 * std::min(options.sockets, most_sockets));
  if (accounts.empty()) return failed("accounts were refused");
  asking calls(s);
  if (!calls.set_up(accounts, problem)) return failed("setting up: ");
  figures warm;
  const auto rate = options.rate > 0 ? options.rate : asked_rate;
  if (!calls.run(rate, options.warm_up_seconds, warm) || !calls.run(rate, options.seconds, f) ||
      !calls.run(0, options.seconds, f))
    return failed("calls were refused or not answered");
  return true;
}

struct references {
  latencies tcp, basp;
  double tcp_per_s = 0, basp_per_s = 0, envelopes_per_s = 0;

  bool measure(double rate, double seconds, report& out) {
    std::string problem;
    latencies tcp_flat, basp_flat;
    double envelopes = 0;
    if (!ping_over_tcp(rate, seconds, text_bytes, tcp, problem) ||
        !ping_over_tcp(0, seconds, text_bytes, tcp_flat, problem) ||
        !request_over_basp(rate, seconds, text_bytes, 1, basp, problem) ||
        !request_over_basp(0, seconds, text_bytes, most_sockets * lanes_of_a_socket, basp_flat,
                           problem) ||
        (envelopes = envelopes_over_link(seconds, text_bytes, problem)) <= 0) {
      out.broken("reference: " + problem);
      return false;
    }
    tcp_per_s = std::max(tcp_per_s, static_cast<double>(tcp_flat.count()) / seconds);
    basp_per_s = std::max(basp_per_s, static_cast<double>(basp_flat.count()) / seconds);
    envelopes_per_s = std::max(envelopes_per_s, envelopes);
    return true;
  }
};

}  // namespace

void call_across(const run_options& options, report& out) {
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  auto front = domains_but({"messaging"});
  front.emplace_back("gateway");
  const std::vector<node_plan> one{{"", {}}}, two{{"front", front}, {"middle", {"messaging"}}};
  std::vector<client::account> accounts;
  figures local, across;
  references bare;
  const auto rate = options.rate > 0 ? options.rate : asked_rate;
  for (int round = 0; round < (options.tiny ? 1 : rounds); ++round) {
    if (!measure(options, s, one, accounts, local, out)) return;
    if (!measure(options, s, two, accounts, across, out)) return;
    if (options.reference_seconds > 0 && !bare.measure(rate, options.reference_seconds, out))
      return;
  }
  out.timing("local", local.paced);
  out.timing("across", across.paced);
  out.number("local_per_s", local.per_second(), "calls a second, flat out, in one process");
  out.number("across_per_s", across.per_second(), "calls a second, flat out, to another node");
  out.number("local_cpu_us", local.cpu * 1e6 / std::max(1.0, local.calls), "CPU of Nova a call");
  out.number("across_cpu_us", across.cpu * 1e6 / std::max(1.0, across.calls),
             "CPU of both nodes a call");
  out.goal("across_p99_ms", across.paced.percentile_ms(99), goals::call_across_p99_ms, false,
           "local p99 " + std::to_string(local.paced.percentile_ms(99)) + " ms; " +
               std::to_string(static_cast<int>(rate)) + " calls/s intended");
  if (options.reference_seconds <= 0) return;
  out.timing("bare_tcp", bare.tcp);
  out.timing("bare_basp", bare.basp);
  out.number("bare_tcp_per_s", bare.tcp_per_s, "round trips a second, one after the other");
  out.number("bare_basp_per_s", bare.basp_per_s, "requests a second between two CAF systems");
  out.goal("envelopes_per_s", bare.envelopes_per_s, goals::envelopes_per_s, true,
           "calls of 100 bytes over one link with TLS, both ends in this process");
}

}  // namespace nova::bench
