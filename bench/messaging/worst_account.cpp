// The scenario `worst-account`. See messaging_scenarios.hpp.
#include "actors/messaging/messaging_descriptor.hpp"
#include "actors/runtime/node/node.hpp"
#include "bench/messaging/messaging_scenarios.hpp"
#include "bench/messaging/seeding.hpp"
#include "bench/support/goals.hpp"
#include "protocols/core/log.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "storage/messaging/migrations.hpp"
#include "tests/support/postgres_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <set>

namespace nova::bench {

namespace {

using messaging::messaging_interface;
using clock = std::chrono::steady_clock;

constexpr std::uint32_t directs = 2, unread_groups = 3, large_group = 4;
constexpr std::uint64_t most_conversations = 10'000;
constexpr std::size_t groups = 21, lists_at_once = 200;
constexpr std::uint64_t joins_at_most = 1'000;  ///< persons beside those of the groups

class no_sockets final : public rpc::push_sink {
 public:
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>>, rpc::push_ptr) override {}
  void close(rpc::connection_id, rpc::close_code, std::string) override {}
  void revoke_session(const uuid&, unix_ms) override {}
};

std::string quoted(const uuid& id) { return "'" + to_string(id) + "'"; }

// The rows of core review A5, by the number of conversations of the account: 100 own messages each in one conversation, one
// unread each in 21 groups, two reactions each on 50 messages, five members each in one group.
class worst {
 public:
  explicit worst(std::uint64_t count) : count_(count) {}
  ~worst() {
    if (node_) node_->stop(std::chrono::seconds(10));
  }

  bool start(std::string& problem);

  const uuid me = seeded_person(5'000'000), other = seeded_person(5'000'001);
  uuid conversation(std::uint32_t series, std::uint64_t n = 0) const {
    return seeded_conversation(series, n);
  }

  template <class Method>
  void call(const uuid& as, typename Method::request q, std::function<void(bool)> done,
            rpc::caller_kind kind = rpc::caller_kind::user) {
    rpc::call c;
    c.method = &Method::info();
    c.caller.kind = kind;
    c.caller.account = as;
    c.caller.session = as;
    c.deadline = clock::now() + std::chrono::seconds(20);
    c.request = runtime::share(std::move(q));
    c.reply = [done = std::move(done)](rpc::reply_result r) { done(r.has_value()); };
    node_->call(std::move(c));
  }
  /// One after the other.
  template <class Method, class Make>
  latencies each(const uuid& as, std::size_t n, Make make,
                 rpc::caller_kind kind = rpc::caller_kind::user) {
    latencies took;
    for (std::size_t i = 0; i < n; ++i) {
      std::promise<void> answered;
      const auto began = now_us();
      call<Method>(
          as, make(i),
          [&](bool ok) {
            wrong_ += !ok;
            answered.set_value();
          },
          kind);
      answered.get_future().wait();
      took.add_us(now_us() - began);
    }
    return took;
  }
  /// With `window` under way; calls a second.
  template <class Method, class Make>
  double rate(const uuid& as, std::size_t n, std::size_t window, Make make) {
    const auto began = clock::now();
    std::atomic<std::size_t> open{0};
    for (std::size_t i = 0; i < n; ++i) {
      for (auto now = open.load(); now >= window; now = open.load()) open.wait(now);
      ++open;
      call<Method>(as, make(i), [&](bool ok) {
        wrong_ += !ok;
        --open;
        open.notify_one();
      });
    }
    for (auto now = open.load(); now > 0; now = open.load()) open.wait(now);
    return static_cast<double>(n) / std::chrono::duration<double>(clock::now() - began).count();
  }
  double shard_seconds() const {
    metric_samples samples;
    node_->collect_metrics(samples);
    return samples.value(metric::nova_actor_handling_seconds_total, {"shard:messaging"});
  }
  std::uint64_t wrong() const { return wrong_; }

 private:
  result<void> seed(storage::blocking_connection& c) const;

  const std::uint64_t count_;
  test::postgres_fixture& fixture_ = test::postgres_fixture::instance();
  no_sockets sink_;
  std::optional<runtime::node> node_;
  std::atomic<std::uint64_t> wrong_{0};
};

result<void> worst::seed(storage::blocking_connection& c) const {
  const auto n = [](std::uint64_t x) { return std::to_string(x); };
  const std::string message =
      "INSERT INTO message (conversation_id, seq, message_id, sender_id, client_id, body_hash, "
      "rev, "
      "text, extras, sent_at, reacted) SELECT ";
  for (auto step :
       {seed_persons(c, count_ * 5 + joins_at_most), seed_directs(c, directs, 0, count_, {me}),
        seed_groups(c, unread_groups, groups, 3, {me}),
        seed_groups(c, large_group, 1, count_ * 5, {other})})
    if (!step) return step.error();
  const auto age = " - ('x' || right(conversation_id::text, 12))::bit(48)::bigint * interval '3 s'";
  for (const auto& sql : {
           "INSERT INTO person VALUES (" + quoted(me) + ", 'worst', 'Worst'), (" + quoted(other) +
               ", 'other', 'Other')",
           "UPDATE message SET sent_at = sent_at" + std::string(age),
           "UPDATE conversation SET created_at = created_at" + std::string(age),
           "UPDATE member SET active_at = active_at" + std::string(age),
           // Its own messages, never read: in its conversation 0.
           message + quoted(conversation(directs)) + ", n, gen_random_uuid(), " + quoted(me) +
               ", 'o' || n, 1, 0, 'mine', '', now(), false FROM generate_series(2, " +
               n(count_ * 100) + ") n",
           "INSERT INTO sent SELECT " + quoted(conversation(directs)) + ", " + quoted(me) +
               ", n * 32, n * 32 - 1 FROM generate_series(1, " + n(count_ * 100 / 32) + ") n",
           "UPDATE member SET active_at = now() WHERE conversation_id = " +
               quoted(conversation(directs)),
           // Unread of others.
           message + "g.conversation_id, n, gen_random_uuid(), " + quoted(other) +
               ", 'u' || n, 1, 0, 'theirs', '', now(), false FROM generate_series(2, " + n(count_) +
               ") n, (SELECT conversation_id FROM conversation WHERE kind = 2 AND member_count = "
               "3) g",
           std::string("INSERT INTO sent SELECT g.conversation_id, ") + quoted(other) +
               ", n * 32, n * 32 - 1 FROM generate_series(1, " + n(count_ / 32) +
               ") n, (SELECT conversation_id FROM conversation WHERE kind = 2 AND member_count = "
               "3) g",
           // Reactions: on the newest 50 messages of conversation 0.
           "UPDATE message SET reacted = true WHERE conversation_id = " +
               quoted(conversation(directs)) + " AND seq > " + n(count_ * 100 - 50),
           "INSERT INTO reaction SELECT " + quoted(conversation(directs)) +
               ", m, gen_random_uuid(), chr(128077), now() FROM generate_series(" +
               n(count_ * 100 - 49) + ", " + n(count_ * 100) + ") m, generate_series(1, " +
               n(count_ * 2) + ")",
           std::string("INSERT INTO reaction_count SELECT conversation_id, seq, emoji, count(*), "
                       "min(at) FROM reaction GROUP BY 1, 2, 3"),
       })
    if (auto done = c.script(sql); !done) return done.error();
  return settle(c);
}

bool worst::start(std::string& problem) {
  const auto database = fixture_.fresh({{"messaging", storage::messaging_migrations()}});
  auto c = storage::blocking_connection::open(database.admin_conninfo);
  if (!c) return problem = c.error().detail, false;
  if (auto seeded = seed(*c); !seeded) return problem = seeded.error().detail, false;
  node_.emplace(runtime::node_options{}, sink_);
  config::messaging_settings settings;
  settings.max_members = static_cast<std::int64_t>(count_ * 5 + joins_at_most);
  node_->add(messaging::descriptor().make(settings, {}),
             storage::open_database(fixture_.io(), database.options()));
  node_->start();
  if (fixture_.until([this] { return node_->ready(); })) return true;
  return problem = "the node does not serve", false;
}

messaging::HistoryRequest page_of(const uuid& conversation) {
  messaging::HistoryRequest q;
  q.set_conversation_id(to_string(conversation));
  return q;
}

double beside(double value, double quiet) { return value / std::max(quiet, 0.001); }

void pages(worst& w, std::uint64_t count, std::size_t calls, report& out) {
  auto lists = w.each<messaging_interface::list_conversations>(
      w.me, calls, [](auto) { return messaging::ListConversationsRequest(); });
  out.timing("list", lists);
  out.goal("list_p99_ms", lists.percentile_ms(99), goals::worst_list_p99_ms, false,
           std::to_string(count) + " conversations");
  const auto page = page_of(w.conversation(directs));
  auto history = w.each<messaging_interface::history>(w.me, calls, [&](auto) { return page; });
  out.timing("history", history);
  out.goal("history_p99_ms", history.percentile_ms(99), goals::worst_history_p99_ms, false,
           "50 messages with " + std::to_string(count * 2) + " reactions each");
}

void resume(worst& w, std::uint64_t count, std::size_t calls, report& out) {
  session::MissedRequest q;
  q.set_account_id(to_string(w.me));
  q.set_has_seen(true);
  q.set_since(std::numeric_limits<std::int64_t>::max());
  for (std::uint64_t n = 0; n < count; ++n)
    (*q.mutable_seen())[to_string(w.conversation(directs, n))].set_seq(n == 0 ? count * 100 : 1);
  for (std::size_t n = 0; n < groups; ++n)
    (*q.mutable_seen())[to_string(w.conversation(unread_groups, n))].set_seq(
        static_cast<std::int64_t>(count));
  auto took = w.each<messaging_interface::missed>(
      w.me, calls, [&](auto) { return q; }, rpc::caller_kind::node);
  out.timing("resume", took);
  out.goal("resume_p99_ms", took.percentile_ms(99), goals::worst_resume_ms, false,
           std::to_string(count) + " conversations, nothing missed");
}

void joins(worst& w, std::uint64_t members, std::size_t calls, report& out) {
  const auto join = [&](std::size_t n) {
    messaging::AddMembersRequest q;
    q.set_conversation_id(to_string(w.conversation(large_group)));
    q.add_member_ids(to_string(seeded_person(members + n)));
    return q;
  };
  w.each<messaging_interface::add_members>(w.other, 1, join);  // loads the group
  const auto before = w.shard_seconds();
  auto took = w.each<messaging_interface::add_members>(w.other, calls,
                                                       [&](std::size_t n) { return join(n + 1); });
  const auto each_ms = (w.shard_seconds() - before) * 1000 / static_cast<double>(calls);
  if (each_ms <= 0) out.broken("the shards' time was not measured");
  out.timing("join", took);
  out.goal("join_shard_ms", each_ms, goals::worst_join_shard_ms, false,
           "a group of " + std::to_string(members));
}

void mentions(worst& w, std::size_t sends, report& out) {
  const auto send = [&](const char* name, const char* text) {
    return [&w, name, text](std::size_t n) {
      messaging::SendRequest q;
      q.set_conversation_id(to_string(w.conversation(unread_groups)));
      q.set_client_id(name + std::to_string(n));
      q.set_text(text);
      return q;
    };
  };
  w.rate<messaging_interface::send>(w.me, sends / 4 + 1, 64, send("w", "warm"));
  const auto plain = w.rate<messaging_interface::send>(w.me, sends, 64, send("p", "to all"));
  const auto with = w.rate<messaging_interface::send>(w.me, sends, 64, send("m", "to @seeded0"));
  out.number("plain_sends_per_s", plain, "one conversation, 64 under way");
  out.goal("mention_share_of_plain", beside(with, plain), goals::mention_share_of_plain, true);
}

// Another account's history, quiet and beside 200 lists of the worst account.
void neighbours(worst& w, std::size_t calls, report& out) {
  const auto page = page_of(w.conversation(large_group));
  const auto read = [&] {
    return w.each<messaging_interface::history>(w.other, calls, [&](auto) { return page; });
  };
  auto quiet = read();
  std::atomic<bool> over{false};
  std::atomic<std::size_t> open{0};
  std::function<void(bool)> again = [&](bool ok) {
    if (ok && !over)
      return w.call<messaging_interface::list_conversations>(
          w.me, messaging::ListConversationsRequest(), again);
    --open;
    open.notify_one();
  };
  for (std::size_t n = 0; n < lists_at_once; ++n) ++open, again(true);
  auto busy = read();
  over = true;
  for (auto now = open.load(); now > 0; now = open.load()) open.wait(now);
  out.timing("neighbour_quiet", quiet);
  out.timing("neighbour_beside_lists", busy);
  out.goal("neighbour_p99_beside_quiet", beside(busy.percentile_ms(99), quiet.percentile_ms(99)),
           goals::neighbour_p99_beside_quiet, false);
}

}  // namespace

void worst_account(const run_options& options, report& out) {
  const auto count = options.entities > 0 ? options.entities : most_conversations;
  const std::size_t calls = options.tiny ? 20 : 500;
  out.set("conversations", count);
  log::set_level("warn");
  worst w(count);
  std::string problem;
  if (!w.start(problem)) return out.broken("start: " + problem);
  pages(w, count, calls, out);
  resume(w, count, options.tiny ? 3 : 30, out);
  joins(w, count * 5, options.tiny ? 20 : 200, out);
  mentions(w, options.tiny ? 200 : 20'000, out);
  neighbours(w, calls * 2, out);
  if (w.wrong() > 0) out.broken(std::to_string(w.wrong()) + " calls were refused");
}

}  // namespace nova::bench
