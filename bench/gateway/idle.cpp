// See gateway_scenarios.hpp.
#include "bench/gateway/gateway_scenarios.hpp"
#include "bench/support/goals.hpp"

#include "tests/support/client/session.hpp"

#include <algorithm>
#include <future>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< each registration costs a password hash
constexpr std::size_t opening_at_once = 200;
constexpr auto open_within = std::chrono::seconds(120);

/// Opens sockets, never more than `opening_at_once` unanswered.
class crowd_of_sockets {
 public:
  crowd_of_sockets(stage& s, std::vector<client::account> accounts, std::size_t count)
      : stage_(s), accounts_(std::move(accounts)), wanted_(count) {}
  ~crowd_of_sockets() {
    stage_.io().run([this] { sockets_.clear(); });
  }

  bool open() {
    auto all = all_open_.get_future();
    stage_.io().post([this] { more(); });
    return all.wait_for(open_within) == std::future_status::ready;
  }
  std::size_t lost() {
    std::size_t n = 0;
    stage_.io().run([&] { n = lost_; });
    return n;
  }

 private:
  void more() {
    while (sockets_.size() < wanted_ && sockets_.size() - open_ < opening_at_once) {
      const auto& a = accounts_[sockets_.size() % accounts_.size()];
      client::session_events events;
      events.opened = [this](std::string_view) {
        if (++open_ == wanted_) all_open_.set_value();
        more();
      };
      events.closed = [this](int, int, std::string_view) { ++lost_; };
      sockets_.push_back(client::session::make(
          stage_.io(), {.to = stage_.at(), .access_token = a.access_token}, std::move(events)));
      sockets_.back()->start();
    }
  }

  stage& stage_;
  std::vector<client::account> accounts_;
  std::size_t wanted_, open_ = 0, lost_ = 0;
  std::vector<std::shared_ptr<client::session>> sockets_;
  std::promise<void> all_open_;
};

void rest(stage& s, double seconds) {
  std::promise<void> over;
  s.io().after(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)),
               [&] { over.set_value(); });
  over.get_future().get();
}

}  // namespace

void idle(const run_options& options, report& out) {
  if (!allow_files(options.sockets + 500)) return out.broken("too few file descriptors");
  stage s(options);
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  const auto accounts = s.accounts(std::min(options.sockets, most_accounts));
  if (accounts.empty()) return out.broken("accounts were refused");
  {
    // What the first sockets make the server keep for good is not theirs.
    crowd_of_sockets first(s, accounts, std::min<std::size_t>(options.sockets, 200));
    if (!first.open()) return out.broken("not every socket opened");
  }
  rest(s, options.warm_up_seconds);
  const auto before = s.server_anonymous();
  const auto start = now_us();
  crowd_of_sockets all(s, accounts, options.sockets);
  if (!all.open()) return out.broken("not every socket opened");
  const auto took = static_cast<double>(now_us() - start) / 1e6;
  rest(s, options.seconds);
  const auto after = s.server_anonymous();
  const auto cpu = s.cpu();
  rest(s, 1);
  const auto used = s.cpu() - cpu;
  out.number("opened_per_s", static_cast<double>(options.sockets) / took,
             "authenticated sockets a second");
  out.number("server_anonymous_mib", static_cast<double>(after) / 1048576,
             "of which " + std::to_string(before / 1048576) + " before");
  out.number("cpu_server_idle_share", used.server, "CPU seconds a second with all sockets idle");
  if (after == 0) return out.broken("the memory of a server that runs already cannot be read");
  out.goal("kb_per_socket",
           static_cast<double>(after - std::min(after, before)) / 1000 /
               static_cast<double>(options.sockets),
           goals::idle_kb_per_socket, false);
  if (all.lost() > 0) out.broken(std::to_string(all.lost()) + " sockets were closed");
}

}  // namespace nova::bench
