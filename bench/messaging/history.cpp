// The scenario `history`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/support/bare_insert.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <algorithm>
#include <future>
#include <random>

namespace nova::bench {

namespace {

constexpr std::size_t conversations = 16;
constexpr std::size_t messages_each = 600;
constexpr std::size_t page = 50;
constexpr double asked_rate = 500;

/// Reads pages at random places of its conversations over a few sockets.
class reading {
 public:
  reading(stage& s, const run_options& options) : stage_(s), options_(options) {}
  ~reading() {
    stage_.io().run([this] { sockets_.clear(); });
  }

  bool set_up(std::string& problem);
  /// `rate` 0: as fast as the window allows. The pages a second that were read.
  double run(double rate, const std::string& name, report& out);
  double p99_ms() { return all_.percentile_ms(99); }

 private:
  bool fill(const std::string& conversation, client::session& writer);
  void ask(std::size_t socket, std::uint64_t intended_us);
  void pace();

  stage& stage_;
  run_options options_;
  std::vector<std::shared_ptr<client::session>> sockets_;
  std::vector<std::string> conversations_;
  std::vector<std::size_t> in_flight_;
  std::mt19937_64 random_{7};
  latencies all_;
  std::uint64_t read_ = 0, wrong_ = 0;
  double rate_ = 0, next_due_us_ = 0;
  bool asking_ = false;
};

bool reading::fill(const std::string& conversation, client::session& writer) {
  std::promise<bool> done;
  std::size_t left = messages_each;
  bool fine = true;
  stage_.io().post([&] {
    for (std::size_t i = 0; i < messages_each; ++i)
      writer.call("messaging.send",
                  R"({"conversation_id":")" + conversation + R"(","client_id":"h)" +
                      std::to_string(i) + R"(","text":")" + std::string(options_.text_bytes, 'x') +
                      "\"}",
                  [&](const client::call_reply& r) {
                    fine &= r.ok;
                    if (--left == 0) done.set_value(fine);
                  });
  });
  return done.get_future().get();
}

bool reading::set_up(std::string& problem) {
  const auto accounts = stage_.accounts(2 * conversations);
  if (accounts.empty()) {
    problem = "accounts were refused";
    return false;
  }
  client::http_client http(stage_.at());
  for (std::size_t i = 0; i < conversations; ++i) {
    std::promise<void> open;
    client::session_events events;
    events.opened = [&](std::string_view) { open.set_value(); };
    sockets_.push_back(client::session::make(stage_.io(),
                                             {.to = stage_.at(),
                                              .access_token = accounts[2 * i].access_token,
                                              .echo = false,
                                              .window = 64},
                                             std::move(events)));
    sockets_.back()->start();
    if (open.get_future().wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      problem = "a socket did not open";
      return false;
    }
    conversations_.push_back(client::create_conversation(http, accounts[2 * i], "direct",
                                                         {accounts[2 * i + 1].id}, &problem));
    if (conversations_.back().empty()) return false;
    if (!fill(conversations_.back(), *sockets_.back())) {
      problem = "sends were refused";
      return false;
    }
  }
  in_flight_.assign(conversations, 0);
  return true;
}

void reading::ask(std::size_t socket, std::uint64_t intended_us) {
  ++in_flight_[socket];
  const auto before = page + 1 + random_() % (messages_each - page);
  const auto params = R"({"conversation_id":")" + conversations_[socket] + R"(","limit":)" +
                      std::to_string(page) + R"(,"before_seq":)" + std::to_string(before) + "}";
  sockets_[socket]->call("messaging.history", params,
                         [this, socket, intended_us, before](const client::call_reply& r) {
                           --in_flight_[socket];
                           ++read_;
                           wrong_ += !r.ok || client::find_number(r.body, "seq") !=
                                                  static_cast<std::int64_t>(before - page);
                           all_.add_us(now_us() - intended_us);
                           if (asking_ && rate_ == 0) ask(socket, now_us());
                         });
}

void reading::pace() {
  if (!asking_) return;
  for (const auto now = static_cast<double>(now_us()); next_due_us_ <= now;
       next_due_us_ += 1e6 / rate_)
    ask(random_() % sockets_.size(), static_cast<std::uint64_t>(next_due_us_));
  stage_.io().after(std::chrono::milliseconds(1), [this] { pace(); });
}

double reading::run(double rate, const std::string& name, report& out) {
  std::promise<void> over;
  auto& io = stage_.io();
  all_ = {};
  read_ = wrong_ = 0;
  rate_ = rate;
  const auto before = stage_.cpu();
  const auto began = now_us();
  io.post([&] {
    asking_ = true;
    next_due_us_ = static_cast<double>(now_us());
    if (rate > 0) pace();
    for (std::size_t s = 0; rate == 0 && s < sockets_.size(); ++s)
      for (std::size_t w = 0; w < std::min<std::size_t>(options_.window, 4); ++w) ask(s, now_us());
    io.after(std::chrono::microseconds(static_cast<std::int64_t>(options_.seconds * 1e6)), [&] {
      asking_ = false;
      over.set_value();
    });
  });
  over.get_future().get();
  const auto seconds = static_cast<double>(now_us() - began) / 1e6;
  const auto used = stage_.cpu() - before;
  std::promise<void> idle;
  std::function<void()> look = [&] {
    if (std::all_of(in_flight_.begin(), in_flight_.end(), [](auto n) { return n == 0; }))
      return idle.set_value();
    io.after(std::chrono::milliseconds(2), look);
  };
  io.post(look);
  idle.get_future().get();
  const auto pages = static_cast<double>(std::max<std::uint64_t>(1, read_));
  out.number(name + "_per_s", pages / seconds, "pages of 50 a second");
  out.timing(name, all_);
  out.number(name + "_cpu_server_s_per_1000", used.server * 1000 / pages,
             "CPU seconds of nova per 1,000 pages");
  out.number(name + "_cpu_postgres_s_per_1000", used.postgres * 1000 / pages,
             "CPU seconds of its PostgreSQL");
  if (wrong_ > 0) out.broken(std::to_string(wrong_) + " pages were not what was asked for");
  return pages / seconds;
}

}  // namespace

void history(const run_options& options, report& out) {
  bare_postgres bare;
  std::string problem;
  double reference = 0;
  if (options.reference_seconds > 0) {
    if (!bare.open(problem) ||
        !bare.run_select(conversations, messages_each, page, options.reference_seconds,
                         options.text_bytes, reference, problem))
      return out.broken("reference: " + problem);
    out.number("bare_select_per_s", reference, "pages a second by one bare SELECT after the other");
  }
  stage s(options);
  if (!s.open(problem)) return out.broken("start: " + problem);
  reading all(s, options);
  if (!all.set_up(problem)) return out.broken("setting up: " + problem);
  const auto rate = options.rate > 0 ? options.rate : asked_rate;
  all.run(rate, "open_loop", out);
  out.goal("open_loop_p99_ms", all.p99_ms(), 5, false,
           std::to_string(static_cast<int>(rate)) + " pages/s intended");
  const auto most = all.run(0, "closed_loop", out);
  if (reference > 0)
    out.goal("share_of_bare_select", most / reference, 0.40, true,
             "bare SELECT " + std::to_string(static_cast<int>(reference)) + " pages/s");
}

}  // namespace nova::bench
