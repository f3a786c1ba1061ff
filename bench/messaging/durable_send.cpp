// See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/support/bare_insert.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <algorithm>
#include <charconv>
#include <future>
#include <memory>
#include <optional>

namespace nova::bench {

namespace {

constexpr auto drain_limit = std::chrono::seconds(20);

/// A sender and a receiver in their direct conversation.
struct pair_of_sockets {
  std::shared_ptr<client::session> sender, receiver;
  std::string conversation, params_begin;
  std::uint64_t made = 0, answered = 0, refused = 0, delivered = 0, out_of_order = 0;
  std::int64_t last_seq = 0;
  std::vector<std::uint64_t> intended;  ///< by number of the message, microseconds
  double next_due_us = 0;               ///< open loop
};

class sending {
 public:
  sending(stage& s, const run_options& options) : stage_(s), options_(options) {}
  ~sending() { stage_.io().run([this] { pairs_.clear(); }); }

  bool set_up(std::string& problem);
  void run(report& out);
  /// What is on disk at the end, asked over HTTP.
  void verify(report& out);
  double acked_per_second() const { return acked_per_second_; }

 private:
  void add_pair(const client::account& from, const client::account& to, std::string conversation);
  void send(pair_of_sockets& p, std::uint64_t intended_us);
  void answered(pair_of_sockets& p, std::uint64_t number, const client::call_reply& r);
  void pushed(pair_of_sockets& p, std::string_view frame);
  void pace();
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds within);
  void measure(report& out, const cpu_split& used, double seconds);

  stage& stage_;
  run_options options_;
  std::vector<client::account> accounts_;
  std::vector<std::unique_ptr<pair_of_sockets>> pairs_;
  latencies answer_, delivery_;
  std::uint64_t acked_ = 0, delivered_ = 0;
  bool sending_ = false, measuring_ = false;
  double acked_per_second_ = 0;
};

void sending::add_pair(const client::account& from, const client::account& to, std::string conversation) {
  auto p = std::make_unique<pair_of_sockets>();
  auto* raw = p.get();
  p->conversation = std::move(conversation);
  p->params_begin = R"({"conversation_id":")" + p->conversation + R"(","text":")" +
                    std::string(options_.text_bytes, 'x') + R"(","client_id":")";
  p->sender = client::session::make(stage_.io(), {.to = stage_.at(), .access_token = from.access_token, .echo = false}, {});
  client::session_events events;
  events.pushed = [this, raw](std::string_view frame) { pushed(*raw, frame); };
  p->receiver = client::session::make(stage_.io(), {.to = stage_.at(), .access_token = to.access_token}, std::move(events));
  p->sender->start();
  p->receiver->start();
  pairs_.push_back(std::move(p));
}

bool sending::set_up(std::string& problem) {
  accounts_ = stage_.accounts(options_.sockets * 2);
  if (accounts_.empty()) {
    problem = "accounts were refused";
    return false;
  }
  client::http_client http(stage_.at());
  for (std::size_t i = 0; i < options_.sockets; ++i) {
    const auto &from = accounts_[2 * i], &to = accounts_[2 * i + 1];
    auto id = client::create_conversation(http, from, "direct", {to.id}, &problem);
    if (id.empty()) return false;
    const auto summary = http.get("/v1/conversations/" + id, from.access_token);
    add_pair(from, to, id);
    pairs_.back()->last_seq = client::find_number(summary.body, "last_seq").value_or(0);
    pairs_.back()->made = static_cast<std::uint64_t>(pairs_.back()->last_seq);  // client_ids of an earlier run stay apart
    pairs_.back()->answered = pairs_.back()->delivered = pairs_.back()->made;
    pairs_.back()->intended.resize(pairs_.back()->made);
  }
  const bool open = wait([this] {
    return std::all_of(pairs_.begin(), pairs_.end(), [](const auto& p) { return p->sender->is_open() && p->receiver->is_open(); });
  }, std::chrono::seconds(30));
  if (!open) problem = "not every socket opened";
  return open;
}

bool sending::wait(const std::function<bool()>& condition, std::chrono::milliseconds within) {
  std::promise<bool> done;
  const auto deadline = std::chrono::steady_clock::now() + within;
  std::function<void()> look = [&] {
    const bool held = condition();
    if (held || std::chrono::steady_clock::now() >= deadline) return done.set_value(held);
    stage_.io().after(std::chrono::milliseconds(5), look);
  };
  stage_.io().post(look);
  return done.get_future().get();
}

void sending::send(pair_of_sockets& p, std::uint64_t intended_us) {
  const auto number = p.made++;
  p.intended.push_back(intended_us);
  std::string params;
  params.reserve(p.params_begin.size() + 24);
  params = p.params_begin;
  params += std::to_string(number);
  params += "\"}";
  p.sender->call("messaging.send", params, [this, &p, number](const client::call_reply& r) { answered(p, number, r); });
}

void sending::answered(pair_of_sockets& p, std::uint64_t number, const client::call_reply& r) {
  ++p.answered;
  if (!r.ok) {
    ++p.refused;
    return;
  }
  if (measuring_) {
    ++acked_;
    answer_.add_us(now_us() - p.intended[number]);
  }
  if (sending_ && options_.rate == 0) send(p, now_us());
}

void sending::pushed(pair_of_sockets& p, std::string_view frame) {
  const auto seq = client::find_number(frame, "seq");
  const auto id = client::find_string(frame, "client_id");
  if (!seq || id.empty()) return;
  std::uint64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  p.out_of_order += *seq != p.last_seq + 1 || number >= p.intended.size();
  p.last_seq = *seq;
  ++p.delivered;
  if (!measuring_ || number >= p.intended.size()) return;
  ++delivered_;
  delivery_.add_us(now_us() - p.intended[number]);
}

/// Open loop: what is due is sent when the window allows it, and timed from when it was due.
void sending::pace() {
  if (!sending_) return;
  const auto now = static_cast<double>(now_us());
  const double interval = 1e6 * static_cast<double>(pairs_.size()) / options_.rate;
  for (auto& p : pairs_)
    while (p->next_due_us <= now && p->made - p->answered < options_.window) {
      send(*p, static_cast<std::uint64_t>(p->next_due_us));
      p->next_due_us += interval;
    }
  stage_.io().after(std::chrono::milliseconds(1), [this] { pace(); });
}

void sending::run(report& out) {
  using std::chrono::duration;
  cpu_split before, after;
  std::chrono::steady_clock::time_point began, ended;
  std::promise<void> over;
  auto& io = stage_.io();
  const auto us = [](double s) { return std::chrono::microseconds(static_cast<std::int64_t>(s * 1e6)); };
  io.post([&] {
    sending_ = true;
    const auto now = static_cast<double>(now_us());
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      auto& p = *pairs_[i];
      p.next_due_us = options_.rate > 0 ? now + 1e6 * static_cast<double>(i) / options_.rate : 0;
      for (std::size_t w = 0; options_.rate == 0 && w < options_.window; ++w) send(p, now_us());
    }
    if (options_.rate > 0) pace();
    io.after(us(options_.warm_up_seconds), [&] {
      measuring_ = true;
      before = stage_.cpu();
      began = std::chrono::steady_clock::now();
      io.after(us(options_.seconds), [&] {
        measuring_ = sending_ = false;
        after = stage_.cpu();
        ended = std::chrono::steady_clock::now();
        over.set_value();
      });
    });
  });
  over.get_future().get();
  const bool drained = wait([this] {
    return std::all_of(pairs_.begin(), pairs_.end(), [](const auto& p) {
      return p->answered == p->made && p->delivered + p->refused >= p->made;
    });
  }, drain_limit);
  if (!drained) out.broken("not everything was answered and delivered");
  measure(out, after - before, duration<double>(ended - began).count());
}

void sending::measure(report& out, const cpu_split& used, double seconds) {
  const auto acked = static_cast<double>(std::max<std::uint64_t>(1, acked_));
  acked_per_second_ = static_cast<double>(acked_) / seconds;
  out.number("acked_per_s", acked_per_second_, "sends answered after the commit, a second");
  out.number("delivered_per_s", static_cast<double>(delivered_) / seconds, "pushes at the receivers, a second");
  out.timing("answer", answer_);
  out.timing("delivery", delivery_);
  out.number("cpu_client_s_per_1000", used.client * 1000 / acked, "CPU seconds of this process per 1,000 sends");
  out.number("cpu_server_s_per_1000", used.server * 1000 / acked, "CPU seconds of nova");
  out.number("cpu_postgres_s_per_1000", used.postgres * 1000 / acked, "CPU seconds of its PostgreSQL");
  out.number("server_rss_mib", static_cast<double>(stage_.server_rss()) / 1048576, "resident memory of nova");
  std::uint64_t refused = 0, out_of_order = 0;
  for (const auto& p : pairs_) refused += p->refused, out_of_order += p->out_of_order;
  out.number("refused", static_cast<double>(refused), "sends answered with an error");
  if (out_of_order > 0) out.broken(std::to_string(out_of_order) + " deliveries out of order, double or with a hole before");
}

void sending::verify(report& out) {
  client::http_client http(stage_.at());
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const auto reply = http.get("/v1/conversations/" + pairs_[i]->conversation, accounts_[2 * i].access_token);
    const auto on_disk = client::find_number(reply.body, "last_seq").value_or(-1);
    const auto acked = static_cast<std::int64_t>(pairs_[i]->answered - pairs_[i]->refused);
    // A send that was refused may have been committed: more than answered is no loss.
    if (on_disk < acked || (pairs_[i]->refused == 0 && on_disk != acked) || pairs_[i]->last_seq != on_disk) ++wrong;
  }
  if (wrong > 0) out.broken(std::to_string(wrong) + " conversations do not hold what was answered");
}

double reference(const run_options& options, report& out, bare_postgres& bare, const std::string& moment) {
  std::string problem;
  double best = 0;
  for (const auto& [rows, connections] : {std::pair<std::size_t, std::size_t>{100, 1}, {500, 1}, {16, 4}}) {
    bare_figures f;
    if (!bare.run(rows, connections, options.reference_seconds, options.text_bytes, f, problem)) {
      out.broken("reference: " + problem);
      return 0;
    }
    const auto name = "bare_" + std::to_string(rows) + "x" + std::to_string(connections) + moment;
    out.number(name + "_rows_per_s", f.rows_per_second, "bare insert, rows a transaction x connections");
    out.number(name + "_cpu_s_per_1000", f.postgres_cpu_per_1000, "CPU seconds of PostgreSQL per 1,000 rows");
    if (rows == 100) best = f.rows_per_second;
  }
  return best;
}

}  // namespace

void durable_send(const run_options& options, report& out) {
  out.set("sockets", options.sockets);
  out.set("window", options.window);
  out.set("rate", options.rate);
  allow_files(options.sockets * 2 + 200);
  bare_postgres bare;
  std::string problem;
  const bool with_reference = options.reference_seconds > 0;
  if (with_reference && !bare.open(problem)) return out.broken("reference: " + problem);
  const double before = with_reference ? reference(options, out, bare, "_before") : 0;

  stage s(options);
  if (!s.open(problem)) return out.broken("start: " + problem);
  double acked = 0;
  {
    sending all(s, options);
    if (!all.set_up(problem)) return out.broken("setting up: " + problem);
    all.run(out);
    all.verify(out);
    acked = all.acked_per_second();
  }
  if (!with_reference) return;
  const double after = reference(options, out, bare, "_after");
  out.goal("share_of_bare_insert", acked / std::max(1.0, (before + after) / 2), 0.25, true);
}

}  // namespace nova::bench
