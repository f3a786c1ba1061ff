// See search_scenarios.hpp.
#include "bench/search/search_scenarios.hpp"

#include "actors/search/search_descriptor.hpp"
#include "bench/search/fts5.hpp"
#include "bench/support/goals.hpp"
#include "protocols/content/content.nova.hpp"
#include "protocols/content/content.pb.h"
#include "protocols/core/log.hpp"
#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/search/search.nova.hpp"
#include "protocols/search/search.pb.h"
#include "storage/postgres/conninfo.hpp"
#include "tests/feed/feed_sources.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <sstream>
#include <thread>

namespace nova::bench {

namespace {

constexpr std::size_t conversations = 10'000, joined = 40;
constexpr std::size_t publishing = 512;  ///< events under way
constexpr unix_ms spacing_ms = 200;      ///< between two documents
constexpr std::size_t shown = 20;

struct asked_question {
  std::string text;
  bool posts;
  cut how;
};

class search_run {
 public:
  search_run(const run_options& options, report& out)
      : options_(options),
        out_(out),
        node_({test::part_of(search::descriptor()), test::event_source("content"),
               test::event_source("messaging")}) {}

  void run() {
    const auto count = options_.entities != 0 ? options_.entities : 1'000'000;
    auto documents =
        options_.corpus.empty() ? made_corpus(count) : read_corpus(options_.corpus, count);
    if (documents.empty()) return out_.broken("the corpus cannot be read");
    out_.set("documents", documents.size());
    join();
    index(documents);
    weigh(documents);
    cut_questions();
    ask();
    compare();
    reference();
  }

 private:
  rpc::caller me() const { return test::caller_of(account_, account_); }

  void join() {
    std::mt19937 random(2);
    for (std::size_t i = 0; i < conversations; ++i)
      rooms_.push_back(make_uuid_v7(1, system_random()));
    for (std::size_t i = 0; i < joined; ++i) mine_.push_back(room(random));
    for (const auto r : mine_) {
      messaging::MembersAdded e;
      e.set_conversation_id(to_string(rooms_[r]));
      e.add_account_ids(to_string(account_));
      e.set_from_seq(1);
      test::publish(node_, messaging::members_added_event(), e);
    }
  }

  /// By size: some conversations have very many messages, most have few.
  static std::size_t room(std::mt19937& random) {
    const double u = std::uniform_real_distribution<>(0, 1)(random);
    return std::min(conversations - 1, static_cast<std::size_t>(std::pow(u, 3) * conversations));
  }

  void add(const document& d, unix_ms at, std::mt19937& random) {
    known_document k{make_uuid_v7(at, system_random()), 0, at, true, d.text, {}};
    if (d.post) {
      content::PostPublished e;
      e.set_post_id(to_string(k.id));
      e.set_author_id(to_string(author_));
      e.set_at(at);
      e.set_visibility("public");
      e.set_text(d.text);
      open_.push_back(test::begin_publish(node_, content::post_published_event(), e));
      return posts_.push_back(std::move(k));
    }
    const auto r = room(random);
    messaging::MessageSent e;
    e.set_conversation_id(to_string(rooms_[r]));
    e.set_seq(static_cast<std::int64_t>(messages_.size() + 1));
    e.set_message_id(to_string(k.id));
    e.set_sender_id(to_string(author_));
    e.set_text(d.text);
    e.set_sent_at(at);
    open_.push_back(test::begin_publish(node_, messaging::message_sent_event(), e));
    k.id = rooms_[r];
    k.seq = e.seq();
    k.mine = std::ranges::find(mine_, r) != mine_.end();
    messages_.push_back(std::move(k));
  }

  void index(const std::vector<document>& documents) {
    std::mt19937 random(3);
    const auto first = node_.now() - spacing_ms * static_cast<unix_ms>(documents.size());
    const auto began = now_us();
    for (std::size_t i = 0; i < documents.size(); ++i) {
      add(documents[i], first + spacing_ms * static_cast<unix_ms>(i), random);
      while (open_.size() >= publishing) settle();
    }
    while (!open_.empty()) settle();
    static const storage::query taken{
        .name = "bench.taken", .sql = "SELECT coalesce(sum(seq), 0)::bigint FROM intake_offset"};
    while (static_cast<std::size_t>(node_.read("search", {&taken, {}}).int8(0, 0)) <
           documents.size() + joined)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto rate =
        static_cast<double>(documents.size()) * 1e6 / static_cast<double>(now_us() - began);
    out_.goal("documents_per_s", rate, goals::search_documents_per_s, true,
              "published, taken and indexed");
  }

  void settle() {
    if (open_.front().get().has_error()) out_.broken("a document was not published");
    open_.pop_front();
  }

  void weigh(const std::vector<document>& documents) {
    auto db = storage::blocking_connection::open(node_.owner_conninfo("search"));
    if (!db || !db->script("VACUUM ANALYZE")) return out_.broken("no VACUUM");
    double text = 0;
    for (const auto& d : documents) text += static_cast<double>(d.text.size());
    const auto size =
        db->text("SELECT pg_total_relation_size('post') + pg_total_relation_size('message')");
    out_.goal("disk_beside_text", std::stod(*size) / text, goals::search_disk_beside_text, false,
              "tables and indexes; the text alone has " + std::to_string(text / 1e6) + " MB");
    for (const std::string part : {"post", "message"}) {
      const auto share = [&](const std::string& name, const std::string& bytes,
                             const std::string& note) {
        const auto n = db->text("SELECT coalesce(" + bytes + ", 0)::bigint");
        out_.number("disk_" + name, n && !n->empty() ? std::stod(*n) / text : 0, note);
      };
      share(part, "pg_table_size('" + part + "')", "the table without indexes, beside the text");
      for (const std::string column : {"terms", "text"})
        share(part + "_column_" + column,
              "(SELECT sum(pg_column_size(" + column + ")) FROM " + part + ")",
              "of that, the column as it is stored");
      const auto indexes = db->text(
          "SELECT string_agg(indexrelid::regclass::text, ' ') FROM "
          "pg_index WHERE indrelid = '" +
          part + "'::regclass");
      std::istringstream names(indexes ? *indexes : "");
      for (std::string name; names >> name;)
        share(name, "pg_relation_size('" + name + "')", "the index, beside the text");
    }
  }

  void cut_questions() {
    std::mt19937 random(4);
    const std::size_t each = options_.tiny ? 5 : 150;
    for (const bool posts : {true, false})
      for (const auto how : all_cuts)
        for (std::size_t n = 0, tries = 0; n < each && tries < each * 100; ++tries) {
          const auto& from = posts ? posts_ : messages_;
          auto text = cut_out(from[random() % from.size()].text, how, random);
          if (text.empty() || !search::parse_question(text).has_value()) continue;
          questions_.push_back({std::move(text), posts, how});
          ++n;
        }
    std::ranges::shuffle(questions_, random);
    for (auto* list : {&posts_, &messages_})
      for (auto& d : *list) d.folded = search::folded(d.text);
  }

  search::FindRequest request(const asked_question& q) const {
    search::FindRequest f;
    f.set_q(q.text);
    f.set_kind(q.posts ? "posts" : "messages");
    f.set_limit(shown);
    return f;
  }

  void ask() {
    latencies flat, open;
    const auto began = now_us();
    for (const auto& q : questions_) {
      const auto start = now_us();
      if (!node_.call<search::search_interface::find>(request(q), me()))
        return out_.broken("a question was refused");
      flat.add_us(now_us() - start);
    }
    const auto rate =
        static_cast<double>(questions_.size()) * 1e6 / static_cast<double>(now_us() - began);
    out_.timing("one_after_the_other", flat);
    out_.goal("questions_per_s", rate, goals::search_questions_per_s, true, "one client");
    paced(options_.rate > 0 ? options_.rate : 100, open);
    out_.timing("open_loop", open);
    out_.goal("open_loop_p99_ms", open.percentile_ms(99), goals::search_p99_ms, false);
  }

  /// At fixed times, whether or not earlier ones were answered.
  void paced(double rate, latencies& to) {
    std::deque<std::pair<std::uint64_t, std::future<rpc::reply_result>>> under_way;
    std::size_t refused = 0;
    const auto take = [&] {
      refused += under_way.front().second.get().has_error();
      to.add_us(now_us() - under_way.front().first);
      under_way.pop_front();
    };
    const auto began = now_us();
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const auto due = began + static_cast<std::uint64_t>(1e6 * static_cast<double>(i) / rate);
      while (now_us() < due) {
        if (!under_way.empty() && under_way.front().second.wait_for(
                                      std::chrono::microseconds(200)) == std::future_status::ready)
          take();
        else if (under_way.empty()) std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
      under_way.emplace_back(
          due, node_.begin<search::search_interface::find>(
                   request(questions_[i]), test::caller_of(make_account(i), account_)));
    }
    while (!under_way.empty()) take();
    if (refused > 0) out_.broken(std::to_string(refused) + " questions were refused");
  }

  /// Posts are asked by many accounts: slow reads of one account take turns.
  uuid make_account(std::size_t i) const {
    if (!questions_[i].posts) return account_;
    auto id = account_;
    id.data[15] = static_cast<std::uint8_t>(i);
    return id;
  }

  void compare() {
    double substring = 0, best = 0;
    std::size_t substrings = 0, bests = 0;
    for (const auto& q : questions_) {
      if (q.how < cut::cjk_2) continue;
      const auto reply = node_.call<search::search_interface::find>(request(q), me()).value();
      std::vector<std::string> found;
      for (const auto& hit : reply.items())
        found.push_back(q.posts ? hit.post().post_id()
                                : hit.message().conversation_id() + " " +
                                      std::to_string(hit.message().seq()));
      if (q.posts) {
        const auto all = best_posts(posts_, q.text, node_.now(), 10);
        best += recall(all, found), ++bests;
      } else {
        substring += recall(newest_messages(messages_, q.text, shown), found), ++substrings;
      }
    }
    out_.goal("cjk_recall", substring / static_cast<double>(std::max<std::size_t>(1, substrings)),
              goals::search_cjk_recall, true, "the newest 20 messages of a scan over all texts");
    out_.goal("recall_at_10", best / static_cast<double>(std::max<std::size_t>(1, bests)),
              goals::search_recall_at_10, true, "the best 10 posts of a scan over all texts");
  }

  void reference() {
    const auto file = std::filesystem::temp_directory_path() /
                      ("nova-fts5-" + to_string(make_uuid_v7(1, system_random())));
    std::vector<std::string> posts;
    for (const auto& q : questions_)
      if (q.posts) posts.push_back(q.text);
    auto r = run_fts5(file, posts_, posts);
    out_.number("fts5_documents_per_s", r.documents_per_s, "SQLite FTS5, posts, commits of 100");
    out_.number("fts5_mb", r.bytes / 1e6, "its file, without texts");
    out_.timing("fts5_posts", r.reads);
    std::filesystem::remove(file);
    std::filesystem::remove(file.string() + "-wal");
    std::filesystem::remove(file.string() + "-shm");
  }

  const run_options& options_;
  report& out_;
  test::domain_node node_;
  const uuid account_ = make_uuid_v7(1, system_random());
  const uuid author_ = make_uuid_v7(1, system_random());
  std::vector<uuid> rooms_;
  std::vector<std::size_t> mine_;
  std::deque<std::future<rpc::reply_result>> open_;
  std::vector<known_document> posts_, messages_;
  std::vector<asked_question> questions_;
};

}  // namespace

void search(const run_options& options, report& out) {
  log::set_level("error");  // the domains whose events have no stand-in are not missed
  search_run(options, out).run();
}

}  // namespace nova::bench
