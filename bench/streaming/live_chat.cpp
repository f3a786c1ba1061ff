// The scenario `live-chat`. See streaming_scenarios.hpp.
#include "bench/streaming/streaming_scenarios.hpp"
#include "bench/streaming/viewers.hpp"
#include "bench/support/goals.hpp"

#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <future>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< of viewers, unless --members asks for more
constexpr std::size_t joining_lanes = 4;
constexpr auto open_within = std::chrono::seconds(60), quiet_within = std::chrono::seconds(30);

std::chrono::microseconds us(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

/// Writers, and viewers who read only. Messages are sent on the io_thread; the viewers' thread takes them.
class chat_crowd {
 public:
  chat_crowd(stage& s, std::string conversation, const std::vector<client::account>& writers)
      : stage_(s),
        conversation_(std::move(conversation)),
        viewers_(s.at(), [this](std::size_t i, std::string_view f) { pushed(i, f); }) {
    for (const auto& a : writers) {
      client::session_events e;
      e.opened = [this](std::string_view) {
        if (++in_ == writing_.size()) all_open_.set_value();
      };
      e.closed = [this](int, int, std::string_view) { ++lost_; };
      writing_.push_back(client::session::make(
          s.io(), {.to = s.at(), .access_token = a.access_token, .echo = false}, std::move(e)));
    }
  }
  ~chat_crowd() {
    stage_.io().run([this] {
      alive_.reset();
      writing_.clear();
    });
  }
  chat_crowd(const chat_crowd&) = delete;
  chat_crowd& operator=(const chat_crowd&) = delete;

  bool open(const std::vector<client::account>& accounts, std::size_t sockets) {
    for (std::size_t i = 0; i < sockets; ++i)
      if (!viewers_.add(accounts[i % accounts.size()].access_token)) return false;
    last_seq_.assign(sockets, -1);
    auto all = all_open_.get_future();
    for (const auto& w : writing_) w->start();
    return all.wait_for(open_within) == std::future_status::ready;
  }

  /// Sends at fixed times for so long.
  void run(double rate, double warm_up_s, double seconds, std::size_t text_bytes, report& out) {
    interval_us_ = static_cast<std::uint64_t>(1e6 / rate);
    text_.assign(text_bytes, 'x');
    counted_from_ = static_cast<std::size_t>(warm_up_s * rate);
    count_ = counted_from_ + std::max<std::size_t>(1, static_cast<std::size_t>(seconds * rate));
    auto quiet = quiet_.get_future();
    cpu_split before;
    began_ = now_us();
    viewers_.begin();
    stage_.io().post([this] { send_next(); });
    stage_.io().after(us(warm_up_s), [&] { before = stage_.cpu(); });
    const bool over =
        quiet.wait_for(us(warm_up_s + seconds) + quiet_within) == std::future_status::ready;
    const auto after = stage_.cpu();
    cpu_split used;
    stage_.io().run([&] { used = after - before; });
    if (!over) {
      out.broken(fmt::format("{} of {} deliveries came", delivered_.load(), expected()));
      stopped_ = true;  // what is still to come is not counted
    }
    if (lost_ + viewers_.closed() > 0)
      out.broken(fmt::format("{} sockets were closed", lost_ + viewers_.closed()));
    if (refused_ * 10 > count_)
      out.broken(fmt::format("{} messages were refused", refused_.load()));
    if (wrong_ > 0)
      out.broken(fmt::format("{} deliveries were lost, double or out of order", wrong_.load()));
    if (over) tell(used, seconds, out);
  }

 private:
  std::uint64_t expected() const { return (sent_ - refused_) * last_seq_.size(); }
  std::uint64_t due(std::size_t number) const { return began_ + interval_us_ * number; }

  /// Due times do not wait for answers.
  void send_next() {
    const std::size_t number = sent_;
    if (number >= count_) return;
    ++sent_;
    writing_[number % writing_.size()]->call(
        "messaging.send",
        fmt::format(R"({{"conversation_id":"{}","client_id":"live-{}","text":"{}"}})",
                    conversation_, number, text_),
        [this](const client::call_reply& r) {
          if (r.ok) return;
          ++refused_;
          look_whether_over();
        });
    const auto next = due(number + 1), now = now_us();
    stage_.io().after(std::chrono::microseconds(next > now ? next - now : 0),
                      [this, alive = std::weak_ptr<int>(alive_)] {
                        if (!alive.expired()) send_next();
                      });
  }

  void pushed(std::size_t viewer, std::string_view frame) {
    const auto id = client::find_string(frame, "client_id");
    const auto seq = client::find_number(frame, "seq");
    if (!seq || !id.starts_with("live-") || stopped_) return;
    std::size_t number = count_;
    std::from_chars(id.data() + 5, id.data() + id.size(), number);
    auto& last = last_seq_[viewer];
    if (number >= sent_ || (last >= 0 && *seq != last + 1)) ++wrong_;
    last = *seq;
    ++delivered_;
    const auto now = now_us();
    if (number < count_ && number >= counted_from_) took_.add_us(now - due(number));
    look_whether_over();
  }

  void look_whether_over() {
    if (sent_ == count_ && delivered_ >= expected() && !over_.exchange(true)) quiet_.set_value();
  }

  void tell(const cpu_split& used, double seconds, report& out) {
    const auto millions = std::max(1.0, static_cast<double>(took_.count())) / 1e6;
    out.number("deliveries_per_s", static_cast<double>(took_.count()) / seconds,
               "pushes at the viewers, a second of the sending");
    out.number("refused", static_cast<double>(refused_), "messages answered with an error");
    out.number("cpu_server_s_per_million", used.server / millions,
               "CPU seconds of the server per million deliveries");
    out.number("cpu_client_s_per_million", used.client / millions, "of this process");
    out.number("cpu_postgres_s_per_million", used.postgres / millions, "of its PostgreSQL");
    out.timing("way", took_);
    out.goal("way_p99_ms", took_.percentile_ms(99), goals::chat_way_p99_ms, false,
             fmt::format("{} viewers", last_seq_.size()));
  }

  stage& stage_;
  const std::string conversation_;
  std::vector<std::shared_ptr<client::session>> writing_;
  std::promise<void> all_open_, quiet_;
  std::size_t in_ = 0;
  std::string text_;
  std::uint64_t interval_us_ = 0, began_ = 0;
  std::size_t counted_from_ = 0, count_ = 0;
  std::atomic<std::size_t> sent_{0}, refused_{0}, lost_{0};
  std::atomic<std::uint64_t> delivered_{0}, wrong_{0};
  std::atomic<bool> over_{false}, stopped_{false};
  std::vector<std::int64_t> last_seq_;  ///< by viewer; of the viewers' thread
  latencies took_;                      ///< of the viewers' thread until `over_`
  std::shared_ptr<int> alive_ =
      std::make_shared<int>(0);  ///< for a timer that outlasts this object
  viewer_sockets viewers_;
};

/// Each account joins the chat, over a few connections at once.
bool join(const client::endpoint& to, const std::string& conversation,
          const std::vector<client::account>& accounts) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> good{true};
  std::vector<std::thread> lanes;
  for (std::size_t i = 0; i < joining_lanes; ++i)
    lanes.emplace_back([&] {
      client::http_client http(to);
      for (auto n = next++; good && n < accounts.size(); n = next++)
        if (http.post("/v1/conversations/" + conversation + "/join", "", accounts[n].access_token)
                .status != 204)
          good = false;
    });
  for (auto& l : lanes) l.join();
  return good;
}

}  // namespace

void live_chat(const run_options& options, report& out) {
  if (!allow_files(options.sockets + 500)) return out.broken("too few file descriptors");
  stage s(options);
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  const std::size_t writers = options.tiny ? 2 : 50;
  const auto viewers =
      std::min(options.sockets, options.members > 0 ? options.members : most_accounts);
  auto accounts = s.accounts(writers + viewers);
  if (accounts.empty()) return out.broken("accounts were refused");
  client::http_client http(s.at());
  const auto made = http.post("/v1/streams", R"({"title":"Live","visibility":"public"})",
                              accounts.front().access_token);
  if (made.status != 201) return out.broken("a stream was answered " + std::to_string(made.status));
  const auto chat = std::string(made.json().at("conversation_id").as_string());
  if (!join(s.at(), chat, {accounts.begin() + 1, accounts.end()}))
    return out.broken("an account did not join the chat");
  out.set("viewers", options.sockets);
  out.set("accounts", viewers);
  const auto first_viewer = accounts.begin() + static_cast<std::ptrdiff_t>(writers);
  chat_crowd crowd(s, chat, {accounts.begin(), first_viewer});
  if (!crowd.open({first_viewer, accounts.end()}, options.sockets))
    return out.broken("not every socket came in");
  crowd.run(options.rate > 0 ? options.rate : 50, options.warm_up_seconds, options.seconds,
            options.text_bytes, out);
}

}  // namespace nova::bench
