// The scenario `herd`. See cluster_scenarios.hpp.
#include "bench/cluster/cluster_scenarios.hpp"
#include "bench/support/goals.hpp"
#include "bench/support/node_stage.hpp"

#include "tests/support/client/session.hpp"

#include <algorithm>
#include <sstream>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< each costs a password hash; the sockets share them
constexpr std::size_t full_herd = 5'000, opening_at_once = 200;
constexpr auto open_within = std::chrono::seconds(180), back_within = std::chrono::seconds(180);

/// Sockets over TLS at the first gateway, which come back to the second one when it is gone.
class herd_of_sockets {
 public:
  herd_of_sockets(node_stage& s, std::vector<client::account> accounts, std::size_t count)
      : stage_(s), io_(s.io()), accounts_(std::move(accounts)), herd_(count) {}
  ~herd_of_sockets() {
    io_.run([this] {
      wanted_ = false;
      herd_.clear();
    });
  }

  bool open() {
    io_.run([this] { more(); });
    return io_.wait([this] { return open_ == herd_.size(); }, open_within);
  }

  /// From now on sockets that open are counted as back.
  void begin() {
    io_.run([this] {
      began_ = now_us();
      back_ = 0;
    });
  }
  bool await_back() {
    return io_.wait([this] { return open_ == herd_.size() && back_ >= herd_.size(); }, back_within);
  }
  std::size_t open_now() {
    std::size_t out = 0;
    io_.run([&] { out = open_; });
    return out;
  }
  latencies times() {
    latencies out;
    io_.run([&] { out = times_; });
    return out;
  }
  std::uint64_t tries() {
    std::uint64_t out = 0;
    io_.run([&] { out = lost_; });
    return out;
  }

 private:
  struct animal {
    std::shared_ptr<client::session> socket;
    bool open = false;
  };

  void more() {
    while (wanted_ && made_ < herd_.size() && made_ - open_ < opening_at_once) {
      auto& a = herd_[made_];
      const auto& who = accounts_[made_ % accounts_.size()];
      client::session_events e;
      e.opened = [this, &a](std::string_view) { opened(a); };
      e.closed = [this, &a](int, int, std::string_view) {
        open_ -= std::exchange(a.open, false);
        lost_ += began_ != 0;
      };
      a.socket = client::session::make(io_,
                                       {.to = stage_.at(0),
                                        .access_token = who.access_token,
                                        .echo = false,
                                        .reconnect = true,
                                        .others = {stage_.at(1)},
                                        .tls = true},
                                       std::move(e));
      a.socket->start();
      ++made_;
    }
  }

  void opened(animal& a) {
    a.open = true;
    ++open_;
    if (began_ == 0) return more();
    ++back_;
    times_.add_us(now_us() - began_);
  }

  node_stage& stage_;
  client::io_thread& io_;
  const std::vector<client::account> accounts_;
  std::vector<animal> herd_;
  std::size_t made_ = 0, open_ = 0, back_ = 0;
  std::uint64_t began_ = 0, lost_ = 0;
  latencies times_;
  bool wanted_ = true;
};

/// Executions of auth's own statements so far. Those that it makes by the clock do not count.
std::uint64_t queries_of_auth(const node_stage& s) {
  std::istringstream lines(s.page("back", "/metrics"));
  std::uint64_t sum = 0;
  constexpr std::string_view family = "nova_storage_statements_total{";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(family) && line.find("query=\"auth.") != line.npos &&
        line.find("query=\"auth.prune_") == line.npos)
      sum += static_cast<std::uint64_t>(std::stod(line.substr(line.rfind(' '))));
  return sum;
}

}  // namespace

void herd(const run_options& options, report& out) {
  const auto sockets = options.all ? full_herd : options.sockets;
  if (!allow_files(2 * sockets + 500)) return out.broken("too few file descriptors");
  node_stage s(without_sign_in_limits(options));
  std::string problem;
  // Registered without TLS: what is measured are sockets.
  if (!s.open(problem) || !s.start({{"", {}}}, problem)) return out.broken("start: " + problem);
  const auto accounts = s.accounts(std::min(sockets, most_accounts));
  if (accounts.empty()) return out.broken("accounts were refused");
  if (!s.start(
          {{"back", domains_but({})}, {"front", {"gateway"}, true}, {"side", {"gateway"}, true}},
          problem))
    return out.broken("start: " + problem);
  herd_of_sockets all(s, accounts, sockets);
  const auto opening = now_us();
  if (!all.open()) return out.broken("not every socket opened\n" + s.logs());
  out.set("sockets", sockets);
  out.number("opened_per_s",
             static_cast<double>(sockets) * 1e6 / static_cast<double>(now_us() - opening),
             "sockets a second over TLS, before");
  const auto queries = queries_of_auth(s);
  const auto cpu = s.cpu_of("side");
  all.begin();
  s.node("front").kill();
  if (!all.await_back())
    return out.broken("only " + std::to_string(all.open_now()) + " sockets came back\n" + s.logs());
  auto times = all.times();
  out.timing("back", times);
  out.number("cpu_of_gateway_ms", (s.cpu_of("side") - cpu) * 1000 / static_cast<double>(sockets),
             "CPU of the other gateway for a socket that came back");
  out.number("tries", static_cast<double>(all.tries()), "connections lost or refused on the way");
  out.goal("all_back_s", times.percentile_ms(100) / 1000, goals::herd_back_s, false);
  out.goal("queries_to_auth", static_cast<double>(queries_of_auth(s) - queries),
           goals::herd_auth_queries, false);
}

}  // namespace nova::bench
