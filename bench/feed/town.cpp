#include "bench/feed/town.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nova::bench {

namespace {

constexpr std::uint64_t a_statement = 2'000;  ///< rows of VALUES
constexpr std::uint64_t known =
    4;  ///< the power: half of all follows go to a sixteenth of the accounts

}  // namespace

uuid town::account(std::uint64_t n) const {
  return *parse_uuid(fmt::format("0190f000-0000-7000-8000-{:012x}", n));
}

std::uint64_t town::reader(std::mt19937_64& random) const {
  const double u = std::uniform_real_distribution<>(0, 1)(random);
  return std::min(accounts - 1,
                  static_cast<std::uint64_t>(std::pow(u, 3) * static_cast<double>(accounts)));
}

result<void> town::seed(storage::blocking_connection& c, std::uint32_t shards,
                        std::int64_t limit) const {
  std::vector<std::string> scripts = {
      "CREATE TABLE town (n bigint PRIMARY KEY, id uuid NOT NULL, shard bigint NOT NULL)"};
  for (std::uint64_t from = 0; from < accounts + 2; from += a_statement) {
    std::string rows;
    for (auto n = from; n < std::min(accounts + 2, from + a_statement); ++n) {
      const auto id = to_string(account(n));
      rows +=
          fmt::format("{}({},'{}',{})", rows.empty() ? "" : ",", n, id, stable_hash(id) % shards);
    }
    scripts.push_back("INSERT INTO town VALUES " + rows);
  }
  const auto floor = std::string("to_timestamp(0), '00000000-0000-0000-0000-000000000000', now()");
  // Which author the k-th follow of an account names: near 0 for most.
  const auto author = fmt::format("floor(power(random(), {}) * {})::bigint", known, accounts);
  scripts.push_back(
      fmt::format("SELECT setseed(0.5); INSERT INTO follow SELECT a.id, b.id, a.shard, false, {} "
                  "FROM (SELECT n, "
                  "id, shard, {} AS other FROM town, generate_series(1, {}) k WHERE n < {}) a JOIN "
                  "town b ON b.n "
                  "= a.other AND b.n <> a.n ON CONFLICT DO NOTHING",
                  floor, author, follows_each, accounts));
  scripts.push_back(fmt::format(
      "INSERT INTO home SELECT author_id, count(*), count(*) > {} FROM follow GROUP BY 1; UPDATE "
      "follow f SET big = true FROM home h WHERE h.account_id = f.author_id AND h.big",
      limit));
  for (const auto& [number, followers] : {std::pair{accounts, few}, std::pair{accounts + 1, many}})
    scripts.push_back(
        fmt::format("INSERT INTO follow SELECT a.id, b.id, a.shard, false, {} FROM town a, town b "
                    "WHERE b.n = {} "
                    "AND a.n < {}; INSERT INTO home SELECT id, {}, false FROM town WHERE n = {}",
                    floor, number, followers, followers, number));
  scripts.push_back(
      fmt::format("INSERT INTO post SELECT gen_random_uuid(), h.account_id, now() - random() * "
                  "interval '1 day', "
                  "1, '{{}}', false, ' words ', 0, 0, now() - interval '1 day' FROM home h, "
                  "generate_series(1, {}) "
                  "WHERE h.big",
                  posts_of_big));
  scripts.push_back(fmt::format(
      "INSERT INTO timeline SELECT a.id, gen_random_uuid(), b.id, b.id, now() - random() * "
      "interval "
      "'1 day', now() - interval '1 day', a.shard, 1, false FROM (SELECT n, id, shard, {} AS other "
      "FROM town, generate_series(1, {}) k WHERE n < {}) a JOIN town b ON b.n = a.other",
      author, entries_each, accounts));
  scripts.emplace_back("VACUUM (ANALYZE) follow, home, post, timeline");
  for (const auto& sql : scripts)
    if (auto done = c.script(sql); !done) return done.error();
  return {};
}

}  // namespace nova::bench
