// One event in several shards on PostgreSQL: one statement a shard writes the rows of all its followers,
// once, also when the node starts anew.
#include "tests/runtime/runtime_fixture.hpp"
#include "tests/support/domain_node.hpp"

#include <doctest/doctest.h>

using namespace nova;
using namespace nova::runtime;
using nova::runtime::test::emit;
using nova::runtime::test::text;

namespace {

constexpr std::uint32_t shards = 8;
constexpr std::int64_t followers = 2000;

const storage::query shards_of_followers{
    "test.shards_of_followers", "SELECT DISTINCT shard FROM follow WHERE author = $1 ORDER BY 1"};
const storage::query fan_out{
    "test.fan_out",
    "INSERT INTO timeline (account, author, post) SELECT account, author, $3 "
    "FROM follow WHERE author = $1 AND shard = $2"};

constexpr storage::migration writer_tables{1, "0001_writer", "SELECT 1"};
// Followers in five of the eight shards; a timeline takes a post as often as it is told.
constexpr storage::migration reader_tables{
    1, "0001_reader",
    "CREATE TABLE follow (account bigint NOT NULL, author text NOT NULL, shard bigint NOT NULL, "
    "PRIMARY KEY (author, account));"
    "CREATE TABLE timeline (account bigint NOT NULL, author text NOT NULL, post text NOT NULL);"
    "INSERT INTO follow SELECT n, 'ann', n % 5 FROM generate_series(1, 2000) n"};

struct author {
  struct state {};
  static loading<state> load(std::string_view, const reads&) { return state{}; }
  static std::size_t weight(const state&) { return 1; }
  static outcome<state> post(const state&, const text& q, const context&, const reads&) {
    decision<state> d;
    d.reply = share(text(q));
    d.events.push_back({&runtime::test::changed(), share(text(q))});
    return d;
  }
};
struct posting {
  using request = text;
  using reply = text;
  static const rpc::method& info() { return runtime::test::method(emit); }
};

runtime::domain writer() {
  runtime::domain d;
  d.name = "alpha";
  d.shards = shards;
  methods<author> m("counter");
  m.add<posting>(&author::post);
  d.kinds.push_back(m.take());
  return d;
}

effect to_followers(const rpc::message& m, const context&, const reads& r) {
  const auto& value = static_cast<const text&>(m).value();
  const auto who = value.substr(0, value.find(':'));
  if (r.size() == 0) return need{{storage::statement{&shards_of_followers, {who}}}};
  shard_effects out;
  for (std::size_t i = 0; i < r.rows(0).size(); ++i) {
    const auto shard = r.rows(0).int8(i, 0);
    out.parts.push_back({static_cast<std::uint32_t>(shard), {{&fan_out, {who, shard, value}}}});
  }
  return out;
}

runtime::domain reader_domain() {
  runtime::domain d;
  d.name = "beta";
  d.shards = shards;
  d.intakes.push_back({&runtime::test::changed(), to_followers});
  return d;
}

}  // namespace

TEST_CASE("a post reaches the timelines of all followers once, with one unit a shard") {
  nova::test::domain_node node({{"alpha", {&writer_tables, 1}, writer, {}},
                                {"beta", {&reader_tables, 1}, reader_domain, {}}});
  const auto count = [&] {
    static const storage::query rows{
        "test.rows", "SELECT count(*), count(DISTINCT (account, post)) FROM timeline"};
    const auto r = node.read("beta", {&rows, {}});
    CHECK(r.int8(0, 0) == r.int8(0, 1));
    return r.int8(0, 0);
  };
  for (int n = 1; n <= 3; ++n) {
    text q;
    q.set_value("ann:" + std::to_string(n));
    CHECK(node.call<posting>(q).has_value());
    q.set_value("nobody:" + std::to_string(n));  // without followers: nothing to do
    CHECK(node.call<posting>(q).has_value());
    if (n == 2) node.restart();  // with parts under way
  }
  CHECK(node.until([&] { return count() == 3 * followers; }));
  node.restart();
  text last;
  last.set_value("ann:4");
  CHECK(node.call<posting>(last).has_value());
  CHECK(node.until([&] { return count() == 4 * followers; }));
  static const storage::query marks{"test.marks", "SELECT count(*) FROM intake_mark"};
  CHECK(node.read("beta", {&marks, {}}).int8(0, 0) == 5);
}
