// See feed_scenarios.hpp.
#include "actors/feed/feed_descriptor.hpp"
#include "bench/feed/feed_scenarios.hpp"
#include "bench/feed/town.hpp"
#include "bench/support/goals.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/core/log.hpp"
#include "protocols/feed/feed.nova.hpp"
#include "protocols/feed/feed.pb.h"
#include "storage/feed/feed_queries.hpp"
#include "tests/feed/feed_sources.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::int64_t shown = 20;             ///< posts of a page
constexpr std::size_t at_once = 16;            ///< pages under way, flat out
constexpr std::size_t publishing = 16;         ///< posts under way
constexpr std::int64_t no_limit = 10'000'000;  ///< both authors are written to timelines
constexpr std::int64_t merged_from = 10'000;   ///< followers; more are merged in the seeded graph
const std::uint32_t shards = runtime::domain().shards;
constexpr double meanwhile_per_s = 100;  ///< pages of others while posts are written

/// Pages of feed, asked at fixed times or with some under way, on the threads of the node.
class page_load {
 public:
  page_load(test::domain_node& node, const town& t) : node_(node), town_(t) {}

  /// `rate` a second for `seconds`, counted from the intended times.
  latencies paced(double rate, double seconds) {
    latencies_ = {};
    const auto began = now_us();
    const auto all = static_cast<std::uint64_t>(rate * seconds);
    for (std::uint64_t n = 0; n < all; ++n) {
      const auto due = began + static_cast<std::uint64_t>(1e6 * static_cast<double>(n) / rate);
      while (now_us() < due) std::this_thread::sleep_for(std::chrono::microseconds(100));
      ask(due);
    }
    await(0);
    return std::exchange(latencies_, {});
  }
  /// The same on a thread of its own until it is stopped.
  void begin(double rate) {
    over_ = false;
    thread_ = std::thread([this, rate] {
      auto due = now_us();
      for (; !over_; due += static_cast<std::uint64_t>(1e6 / rate)) {
        while (now_us() < due) std::this_thread::sleep_for(std::chrono::microseconds(100));
        ask(due);
      }
      await(0);
    });
  }
  latencies end() {
    over_ = true;
    thread_.join();
    return std::exchange(latencies_, {});
  }
  /// Pages a second with `at_once` under way.
  double flat(double seconds) {
    latencies_ = {};
    const auto began = now_us();
    std::uint64_t n = 0;
    for (; static_cast<double>(now_us() - began) < seconds * 1e6; ++n) {
      await(at_once - 1);
      ask(now_us());
    }
    await(0);
    return static_cast<double>(n) * 1e6 / static_cast<double>(now_us() - began);
  }
  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t refused() const { return refused_; }
  std::mt19937_64& random() { return random_; }

 private:
  void ask(std::uint64_t due) {
    const auto reader = town_.account(town_.reader(random_));
    auto q = std::make_shared<feed::GetPageRequest>();
    q->set_limit(shown);
    ++under_way_;
    node_.post(
        feed::feed_interface::get_page::info(), std::move(q),
        [this, due](const rpc::reply_result& r) {
          const auto took = now_us() - due;
          refused_ += !r;
          wrong_ += r && static_cast<const feed::Page&>(**r).items_size() != shown;
          {
            const std::lock_guard lock(mutex_);
            latencies_.add_us(took);
          }
          --under_way_;
          under_way_.notify_one();
        },
        test::caller_of(reader, reader));
  }
  void await(std::size_t most) {
    for (auto n = under_way_.load(); n > most; n = under_way_.load()) under_way_.wait(n);
  }

  test::domain_node& node_;
  const town& town_;
  std::mt19937_64 random_{7};
  std::mutex mutex_;
  latencies latencies_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<std::uint64_t> wrong_{0}, refused_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

class timelines_run {
 public:
  timelines_run(const run_options& options, report& out)
      : options_(options),
        out_(out),
        node_({test::part_of(feed::descriptor(), settings()), test::event_source("content"),
               test::event_source("user")}) {}

  void run() {
    town_.accounts = options_.entities != 0 ? options_.entities : options_.tiny ? 300 : 100'000;
    town_.few = std::min<std::uint64_t>(1'000, town_.accounts);
    town_.many = town_.accounts;
    out_.set("accounts", town_.accounts);
    auto db = storage::blocking_connection::open(node_.owner_conninfo("feed"), 600);
    if (!db) return out_.broken(db.error().detail);
    const auto limit = options_.tiny ? static_cast<std::int64_t>(town_.accounts / 4) : merged_from;
    if (auto seeded = town_.seed(*db, shards, limit); !seeded)
      return out_.broken("seeding: " + seeded.error().detail);
    page_load load(node_, town_);
    pages(*db, load);
    fan_out(*db, load, "few", town_.author_of_few(), town_.few, options_.tiny ? 5 : 300);
    fan_out(*db, load, "many", town_.author_of_many(), town_.many, options_.tiny ? 1 : 5);
    if (load.wrong() != 0) out_.broken(std::to_string(load.wrong()) + " pages were not full");
    if (load.refused() != 0) out_.broken(std::to_string(load.refused()) + " pages were refused");
  }

 private:
  static config::feed_settings settings() {
    config::feed_settings s;
    s.fanout_limit = no_limit;
    s.push_followers = 0;
    return s;
  }

  double seconds() const { return options_.tiny ? 0.5 : options_.seconds; }

  void pages(storage::blocking_connection& db, page_load& load) {
    load.flat(options_.tiny ? 0.2 : options_.warm_up_seconds);
    const auto rate = options_.rate > 0 ? options_.rate : 500;
    auto paced = load.paced(rate, seconds());
    out_.timing("page_at_rate", paced);
    out_.goal("page_p99_ms", paced.percentile_ms(99), goals::feed_page_p99_ms, false,
              std::to_string(static_cast<int>(rate)) + " a second");
    const auto flat = load.flat(seconds());
    out_.number("pages_per_s", flat, std::to_string(at_once) + " under way");
    const auto bare = bare_pages(db, load.random());
    out_.number("bare_pages_per_s", bare, "the statement of a merged page, one connection");
    out_.goal("pages_beside_bare", flat / std::max(bare, 1.0), goals::feed_pages_beside_bare, true);
  }

  double bare_pages(storage::blocking_connection& db, std::mt19937_64& random) {
    auto* c = db.raw();
    const std::string sql(feed::queries::merged_page.sql);
    PQclear(PQprepare(c, "page", sql.c_str(), 0, nullptr));
    std::uint64_t n = 0;
    const auto began = now_us();
    for (; static_cast<double>(now_us() - began) < seconds() * 1e6; ++n) {
      const auto reader = to_string(town_.account(town_.reader(random)));
      const auto shard = std::to_string(stable_hash(reader) % shards);
      const auto rows = std::to_string(shown + 1);
      const std::array values = {
          reader.c_str(), "infinity",   "ffffffff-ffff-ffff-ffff-ffffffffffff",
          "infinity",     "t",          "t",
          "{}",           rows.c_str(), "now",
          shard.c_str()};
      auto* r = PQexecPrepared(c, "page", static_cast<int>(values.size()), values.data(), nullptr,
                               nullptr, 0);
      if (PQntuples(r) < shown) out_.broken(std::string("the bare page: ") + PQerrorMessage(c));
      PQclear(r);
      if (!out_.sound()) break;
    }
    return static_cast<double>(n) * 1e6 / static_cast<double>(now_us() - began);
  }

  /// Posts of one author until the last is in all timelines, with pages of others meanwhile; then the same rows by SQL.
  void fan_out(storage::blocking_connection& db, page_load& load, const std::string& name,
               const uuid& author, std::uint64_t followers, std::size_t posts) {
    auto quiet = load.paced(meanwhile_per_s, seconds());
    load.begin(meanwhile_per_s);
    const auto began = now_us();
    const auto made = publish(author, posts);
    for (const auto& post : made)
      while (!in_all_shards(db, author, post) && out_.sound()) {
        if (now_us() - began > 120'000'000)
          out_.broken("a post is in " + std::to_string(entries(db, post)) + " timelines");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    const auto rate = rows_per_s(followers, posts, began);
    for (const auto& post : made)
      if (const auto n = entries(db, post); n != followers + 1)
        out_.broken("a post is in " + std::to_string(n) + " timelines");
    auto beside = load.end();
    load.begin(meanwhile_per_s);
    const auto bare = bare_fan_out(db, author, followers, posts);
    auto beside_bare = load.end();
    out_.number(name + "_rows_per_s", rate,
                std::to_string(followers) + " followers, " + std::to_string(posts) + " posts");
    out_.number(name + "_bare_rows_per_s", bare, "INSERT … SELECT of the same rows");
    out_.goal(name + "_rows_beside_bare", rate / std::max(bare, 1.0),
              goals::fan_out_rows_beside_bare, true);
    out_.timing(name + "_others_quiet", quiet);
    out_.timing(name + "_others_meanwhile", beside);
    out_.timing(name + "_others_meanwhile_bare", beside_bare);
    out_.goal(name + "_others_p99_beside_quiet",
              beside.percentile_ms(99) / std::max(quiet.percentile_ms(99), 0.001),
              goals::fan_out_others_beside_quiet, false);
  }

  static double rows_per_s(std::uint64_t followers, std::size_t posts, std::uint64_t began) {
    return static_cast<double>(followers * posts) * 1e6 / static_cast<double>(now_us() - began);
  }

  std::vector<std::string> publish(const uuid& author, std::size_t posts) {
    std::vector<std::string> made;
    std::vector<std::future<rpc::reply_result>> open;
    for (std::size_t n = 0; n < posts; ++n) {
      content::PostPublished e;
      e.set_post_id(to_string(make_uuid_v7(node_.now(), system_random())));
      e.set_author_id(to_string(author));
      e.set_at(node_.now());
      e.set_visibility("public");
      e.set_text("a post for all");
      made.push_back(e.post_id());
      open.push_back(test::begin_publish(node_, content::post_published_event(), e));
      if (n >= publishing) settle(open[n - publishing]);
    }
    for (auto& f : open)
      if (f.valid()) settle(f);
    return made;
  }
  void settle(std::future<rpc::reply_result>& f) {
    if (f.get().has_error()) out_.broken("a post was not published");
  }

  /// Whether each shard with a follower has the post: a part is one transaction. It costs a look into an index a shard, not a count
  /// of the rows, which would take a processor from Nova.
  bool in_all_shards(storage::blocking_connection& db, const uuid& author,
                     const std::string& post) {
    auto missing = db.text(
        "SELECT count(*) FROM generate_series(0, $3::int - 1) s WHERE EXISTS (SELECT FROM follow f "
        "WHERE "
        "f.author_id = $1::uuid AND f.shard = s) AND NOT EXISTS (SELECT FROM timeline t WHERE "
        "t.post_id = "
        "$2::uuid AND t.shard = s AND t.account_id <> $1::uuid)",
        {to_string(author), post, std::to_string(shards)});
    if (!missing) out_.broken(missing.error().detail);
    return missing && *missing == "0";
  }

  std::uint64_t entries(storage::blocking_connection& db, const std::string& post) {
    auto n = db.text("SELECT count(*) FROM timeline WHERE post_id = $1::uuid", {post});
    if (!n) return out_.broken(n.error().detail), 0;
    return std::stoull(*n);
  }

  double bare_fan_out(storage::blocking_connection& db, const uuid& author, std::uint64_t followers,
                      std::size_t posts) {
    const auto began = now_us();
    for (std::size_t n = 0; n < posts; ++n) {
      auto done = db.run(
          "INSERT INTO timeline SELECT f.account_id, $2::uuid, f.author_id, f.author_id, now(), "
          "now(), f.shard, 1, false FROM follow f WHERE f.author_id = $1::uuid",
          {to_string(author), to_string(make_uuid_v7(node_.now(), system_random()))});
      if (!done) out_.broken(done.error().detail);
    }
    return rows_per_s(followers, posts, began);
  }

  const run_options& options_;
  report& out_;
  test::domain_node node_;
  town town_;
};

}  // namespace

void timelines(const run_options& options, report& out) {
  log::set_level("error");  // the domains whose events have no stand-in are not missed
  timelines_run(options, out).run();
}

}  // namespace nova::bench
