// The scenario `live-chat`. See streaming_scenarios.hpp.
#include "bench/streaming/streaming_scenarios.hpp"
#include "bench/support/goals.hpp"

#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::size_t most_accounts = 200;  ///< of viewers, unless --members asks for more
constexpr std::size_t opening_at_once = 200, joining_lanes = 4;
constexpr auto open_within = std::chrono::seconds(300), quiet_within = std::chrono::seconds(30);

std::chrono::microseconds us(double seconds) {
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

/// All sockets of a chat. All but run() and open() happens on the io_thread.
class chat_crowd {
 public:
  chat_crowd(stage& s, std::string conversation, std::vector<client::account> writers,
             std::vector<client::account> viewers, std::size_t sockets)
      : stage_(s),
        conversation_(std::move(conversation)),
        writers_(std::move(writers)),
        viewers_(std::move(viewers)),
        sockets_(sockets),
        last_seq_(sockets, -1) {}
  ~chat_crowd() {
    stage_.io().run([this] {
      alive_.reset();
      opened_.clear();
      writing_.clear();
    });
  }
  chat_crowd(const chat_crowd&) = delete;
  chat_crowd& operator=(const chat_crowd&) = delete;

  bool open() {
    auto all = all_open_.get_future();
    stage_.io().post([this] { let_in(); });
    return all.wait_for(open_within) == std::future_status::ready && ended_.empty();
  }

  /// Sends at fixed times for so long. False: not everything arrived, or not once and in order.
  bool run(double rate, double warm_up_s, double seconds, std::size_t text_bytes, report& out) {
    interval_ = us(1 / rate);
    text_.assign(text_bytes, 'x');
    counted_from_ = static_cast<std::size_t>(warm_up_s * rate);
    count_ = counted_from_ + std::max<std::size_t>(1, static_cast<std::size_t>(seconds * rate));
    auto quiet = quiet_.get_future();
    cpu_split before;
    stage_.io().run([&] {
      began_ = now_us();
      send_next();
    });
    stage_.io().after(us(warm_up_s), [&] { before = stage_.cpu(); });
    const bool over =
        quiet.wait_for(us(warm_up_s + seconds) + quiet_within) == std::future_status::ready;
    const auto used = stage_.cpu() - before;
    stage_.io().run([&] {
      if (!over) out.broken(fmt::format("{} of {} deliveries came", delivered_, expected()));
      if (!ended_.empty()) out.broken("a socket ended: " + ended_);
      if (wrong_ > 0)
        out.broken(fmt::format("{} deliveries were lost, double or out of order", wrong_));
      tell(used, seconds, out);
    });
    return out.sound();
  }

 private:
  std::uint64_t expected() const { return (sent_.size() - refused_) * sockets_; }

  std::shared_ptr<client::session> make(const client::account& a, client::session_events e) {
    e.closed = [this](int, int, std::string_view why) {
      if (ended_.empty()) ended_ = why.empty() ? "without a reason" : std::string(why);
    };
    auto s = client::session::make(
        stage_.io(), {.to = stage_.at(), .access_token = a.access_token, .echo = false},
        std::move(e));
    s->start();
    return s;
  }

  void let_in() {
    while (writing_.size() < writers_.size())
      writing_.push_back(
          make(writers_[writing_.size()], {.opened = [this](std::string_view) { came_in(); }}));
    while (opened_.size() < sockets_ &&
           opened_.size() + writing_.size() - in_ < opening_at_once + writing_.size()) {
      const auto i = opened_.size();
      opened_.push_back(make(viewers_[i % viewers_.size()],
                             {.opened = [this](std::string_view) { came_in(); },
                              .pushed = [this, i](std::string_view f) { pushed(i, f); }}));
    }
  }

  void came_in() {
    if (++in_ == sockets_ + writers_.size()) all_open_.set_value();
    let_in();
  }

  /// Due times do not wait for answers.
  void send_next() {
    const auto number = sent_.size();
    if (number >= count_) return;
    sent_.push_back(began_ + static_cast<std::uint64_t>(interval_.count()) * number);
    writing_[number % writing_.size()]->call(
        "messaging.send",
        fmt::format(R"({{"conversation_id":"{}","client_id":"live-{}","text":"{}"}})",
                    conversation_, number, text_),
        [this](const client::call_reply& r) {
          if (r.ok) return;
          ++refused_;
          look_whether_over();
        });
    const auto due = began_ + static_cast<std::uint64_t>(interval_.count()) * (number + 1);
    const auto now = now_us();
    stage_.io().after(std::chrono::microseconds(due > now ? due - now : 0),
                      [this, alive = std::weak_ptr<int>(alive_)] {
                        if (!alive.expired()) send_next();
                      });
  }

  void pushed(std::size_t viewer, std::string_view frame) {
    const auto id = client::find_string(frame, "client_id");
    const auto seq = client::find_number(frame, "seq");
    if (!seq || !id.starts_with("live-")) return;
    std::size_t number = 0;
    std::from_chars(id.data() + 5, id.data() + id.size(), number);
    auto& last = last_seq_[viewer];
    if (number >= sent_.size() || (last >= 0 && *seq != last + 1)) ++wrong_;
    last = *seq;
    ++delivered_;
    if (number < sent_.size() && number >= counted_from_) took_.add_us(now_us() - sent_[number]);
    look_whether_over();
  }

  void look_whether_over() {
    if (sent_.size() == count_ && delivered_ >= expected() && !std::exchange(over_, true))
      quiet_.set_value();
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
             fmt::format("{} viewers", sockets_));
  }

  stage& stage_;
  const std::string conversation_;
  const std::vector<client::account> writers_, viewers_;
  const std::size_t sockets_;
  std::vector<std::shared_ptr<client::session>> opened_, writing_;
  std::promise<void> all_open_, quiet_;
  std::size_t in_ = 0;
  std::string ended_, text_;
  std::chrono::microseconds interval_{};
  std::size_t counted_from_ = 0, count_ = 0;
  std::uint64_t began_ = 0, delivered_ = 0, refused_ = 0, wrong_ = 0;
  std::vector<std::uint64_t> sent_;     ///< due times
  std::vector<std::int64_t> last_seq_;  ///< by viewer
  latencies took_;
  bool over_ = false;
  std::shared_ptr<int> alive_ =
      std::make_shared<int>(0);  ///< for a timer that outlasts this object
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
  chat_crowd crowd(s, chat, {accounts.begin(), first_viewer}, {first_viewer, accounts.end()},
                   options.sockets);
  if (!crowd.open()) return out.broken("not every socket came in");
  crowd.run(options.rate > 0 ? options.rate : 50, options.warm_up_seconds, options.seconds,
            options.text_bytes, out);
}

}  // namespace nova::bench
