// The scenario `growth`. See messaging_scenarios.hpp.
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/seeding.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <algorithm>
#include <cstdio>
#include <future>

namespace nova::bench {

namespace {

constexpr std::size_t senders = 16;
constexpr std::size_t in_use = 1000;  ///< conversations that are sent to, evenly spread among all
constexpr double asked_rate =
    4000;  ///< sends a second, open loop: batches of like size at every step
constexpr std::uint32_t directs = 10;  ///< series of seeded ids; groups take the following ones
constexpr double most_growth = 1.3;

/// Senders on one socket each; every conversation belongs to one of them, everybody else is offline.
class traffic {
 public:
  traffic(stage& s, const run_options& options)
      : stage_(s), rate_(options.rate > 0 ? options.rate : asked_rate), options_(options) {}
  ~traffic() {
    stage_.io().run([this] { sockets_.clear(); });
  }

  bool open(std::string& problem);
  std::vector<uuid> accounts() const { return ids_; }
  /// Sends in turn to `conversations` (number n is owned by accounts()[n % size]): once each to wake them, then for the
  /// measured time. CPU seconds of server and PostgreSQL per 1,000 sends.
  double run(const std::string& name, const std::vector<uuid>& conversations, report& out);
  /// One send to each, all of them cold.
  void run_cold(const std::string& name, const std::vector<uuid>& conversations, report& out);

 private:
  struct tally {
    std::uint64_t sent = 0, answered = 0, refused = 0;
    latencies took;
  };
  void send(const uuid& conversation, std::size_t sender, std::uint64_t intended_us);
  void pace();
  cpu_split send_for(const std::vector<uuid>& conversations, std::uint64_t most, double seconds);
  double write(const std::string& name, const cpu_split& used, report& out);

  stage& stage_;
  double rate_;
  run_options options_;
  std::vector<uuid> ids_;
  std::vector<std::shared_ptr<client::session>> sockets_;
  const std::vector<uuid>* to_ = nullptr;
  tally now_;
  std::uint64_t next_ = 0, most_ = 0, client_id_ = 0;
  double due_us_ = 0;
  bool sending_ = false;
};

bool traffic::open(std::string& problem) {
  const auto accounts = stage_.accounts(senders);
  if (accounts.empty()) return problem = "accounts were refused", false;
  std::promise<void> all_open;
  std::size_t open = 0;
  stage_.io().run([&] {
    for (const auto& a : accounts) {
      ids_.push_back(*parse_uuid(a.id));
      client::session_events events;
      events.opened = [&](std::string_view) {
        if (++open == senders) all_open.set_value();
      };
      sockets_.push_back(client::session::make(
          stage_.io(), {.to = stage_.at(), .access_token = a.access_token, .echo = false},
          std::move(events)));
      sockets_.back()->start();
    }
  });
  if (all_open.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready)
    return true;
  return problem = "not every socket opened", false;
}

void traffic::send(const uuid& conversation, std::size_t sender, std::uint64_t intended_us) {
  ++now_.sent;
  const auto params = R"({"conversation_id":")" + to_string(conversation) + R"(","client_id":"g)" +
                      std::to_string(client_id_++) + R"(","text":")" +
                      std::string(options_.text_bytes, 'x') + "\"}";
  sockets_[sender]->call("messaging.send", params,
                         [this, intended_us](const client::call_reply& r) {
                           ++now_.answered;
                           now_.refused += !r.ok;
                           now_.took.add_us(now_us() - intended_us);
                         });
}

void traffic::pace() {
  if (!sending_) return;
  for (const auto now = static_cast<double>(now_us()); due_us_ <= now && now_.sent < most_;
       due_us_ += 1e6 / rate_) {
    const auto n = next_++ % to_->size();
    send((*to_)[n], n % senders, static_cast<std::uint64_t>(due_us_));
  }
  if (now_.sent == most_) sending_ = false;
  stage_.io().after(std::chrono::milliseconds(1), [this] { pace(); });
}

cpu_split traffic::send_for(const std::vector<uuid>& conversations, std::uint64_t most,
                            double seconds) {
  std::promise<void> over;
  const auto before = stage_.cpu();
  std::function<void()> look = [&] {
    if (!sending_ && now_.answered == now_.sent) return over.set_value();
    stage_.io().after(std::chrono::milliseconds(2), look);
  };
  stage_.io().post([&] {
    to_ = &conversations;
    now_ = {};
    next_ = 0;
    most_ = std::min(most, static_cast<std::uint64_t>(rate_ * seconds));
    due_us_ = static_cast<double>(now_us());
    sending_ = true;
    pace();
    look();
  });
  over.get_future().get();
  return stage_.cpu() - before;
}

double traffic::write(const std::string& name, const cpu_split& used, report& out) {
  const auto per_1000 = 1000.0 / static_cast<double>(std::max<std::uint64_t>(1, now_.sent));
  out.number(name + "_cpu_client_s_per_1000", used.client * per_1000,
             "CPU seconds of this process per 1,000 sends");
  out.number(name + "_cpu_server_s_per_1000", used.server * per_1000,
             "CPU seconds of nova per 1,000 sends");
  out.number(name + "_cpu_postgres_s_per_1000", used.postgres * per_1000,
             "CPU seconds of its PostgreSQL");
  out.timing(name + "_answer", now_.took);
  if (now_.refused > 0)
    out.number(name + "_refused", static_cast<double>(now_.refused),
               "sends answered with an error");
  return (used.server + used.postgres) * per_1000;
}

double traffic::run(const std::string& name, const std::vector<uuid>& conversations, report& out) {
  const auto forever = std::numeric_limits<std::uint64_t>::max();
  send_for(conversations, conversations.size(), 60);
  send_for(conversations, forever, options_.warm_up_seconds);
  return write(name, send_for(conversations, forever, options_.seconds), out);
}

void traffic::run_cold(const std::string& name, const std::vector<uuid>& conversations,
                       report& out) {
  write(name, send_for(conversations, conversations.size(), 60), out);
}

/// `count` of the numbers below `all`, evenly spread, whose owners (n % senders) take turns.
std::vector<uuid> spread(std::uint32_t series, std::uint64_t all, std::uint64_t count,
                         std::uint64_t shift) {
  std::vector<uuid> out;
  const auto step = all / std::min(all, count);
  for (std::uint64_t i = 0; i < std::min(all, count); ++i) {
    const auto n = i / senders * step * senders + i % senders + shift * senders;
    if (n < all) out.push_back(seeded_conversation(series, n));
  }
  return out;
}

void check_growth(const std::string& name, double first, double last, report& out) {
  char beside[64];
  std::snprintf(beside, sizeof beside, "%.4f CPU-s per 1,000 at first, %.4f at last", first, last);
  out.goal(name, last / std::max(1e-9, first), most_growth, false, beside);
}

}  // namespace

void growth(const run_options& options, report& out) {
  const std::uint64_t most = options.entities > 0 ? options.entities : 1'000'000;
  const std::uint64_t most_members = std::clamp<std::uint64_t>(most / 10, 10, 10'000);
  stage s(options);
  std::string problem;
  if (!s.open(problem)) return out.broken("start: " + problem);
  traffic all(s, options);
  if (!all.open(problem)) return out.broken("setting up: " + problem);
  auto c = storage::blocking_connection::open(s.admin_conninfo("messaging"));
  if (!c) return out.broken("seeding: " + c.error().detail);
  if (auto done = seed_persons(*c, most); !done)
    return out.broken("seeding: " + done.error().detail);

  std::vector<double> by_conversations, by_members;
  std::uint64_t seeded = 0;
  for (std::uint64_t count = std::min<std::uint64_t>(1000, most / 10); count <= most;
       seeded = count, count *= 10) {
    for (auto step : {seed_directs(*c, directs, seeded, count, all.accounts()), settle(*c)})
      if (!step) return out.broken("seeding: " + step.error().detail);
    const auto name = "conversations_" + std::to_string(count);
    by_conversations.push_back(all.run(name, spread(directs, count, in_use, 0), out));
    if (count == most && count > in_use)
      all.run_cold("cold_send", spread(directs, count, in_use, 1), out);
  }
  std::uint32_t series = directs;
  for (std::uint64_t members = 10; members <= most_members; members *= 10) {
    for (auto step : {seed_groups(*c, ++series, senders, members, all.accounts()), settle(*c)})
      if (!step) return out.broken("seeding: " + step.error().detail);
    by_members.push_back(
        all.run("members_" + std::to_string(members), spread(series, senders, senders, 0), out));
  }
  check_growth("cpu_by_conversations", by_conversations.front(), by_conversations.back(), out);
  check_growth("cpu_by_members", by_members.front(), by_members.back(), out);
}

}  // namespace nova::bench
