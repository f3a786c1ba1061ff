#include "bench/runtime/event_domains.hpp"

#include "storage/postgres/conninfo.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::bench {

namespace {

using text = google::protobuf::StringValue;
using runtime::context;
using runtime::decision;
using runtime::reads;
using storage::query;

constexpr std::uint32_t shards = 64;

const query load_counter{"bench.load_counter", "SELECT n FROM counter WHERE key = $1"};
const query put_counter{"bench.put_counter",
                        "INSERT INTO counter (key, n) SELECT * FROM unnest($1::text[], "
                        "$2::bigint[]) ON CONFLICT (key) DO UPDATE SET n = excluded.n",
                        storage::merging::last,
                        0,
                        1,
                        {"text[]", "bigint[]"}};
const query add_fault{"bench.add_fault", "INSERT INTO fault (key, n) VALUES ($1, $2)"};
const query add_fired{"bench.add_fired",
                      "INSERT INTO fired (key) SELECT * FROM unnest($1::text[])",
                      storage::merging::rows,
                      0,
                      1,
                      {"text[]"}};

constexpr storage::migration tables{
    1, "0001_bench",
    "CREATE TABLE counter (key text PRIMARY KEY, n bigint NOT NULL);"
    "CREATE TABLE fault (key text NOT NULL, n bigint NOT NULL);"
    "CREATE TABLE fired (key text NOT NULL)"};

template <class Message>
const rpc::message_type& type_of(std::string_view name) {
  static const rpc::message_type type{
      name,    [] { return std::shared_ptr<rpc::message>(std::make_shared<Message>()); },
      nullptr, nullptr,
      nullptr, nullptr};
  return type;
}

const rpc::event_type& counted_event() {
  static const rpc::event_type row{9101, "alpha.Counted", "alpha", &type_of<text>("text"),
                                   [](const rpc::message& m) {
                                     const auto& value = static_cast<const text&>(m).value();
                                     return value.substr(0, value.find(':'));
                                   }};
  return row;
}

rpc::method make_method(std::uint32_t number, std::string_view name, std::string_view settles_in) {
  rpc::method m{};
  m.number = number;
  m.name = name;
  m.domain = "alpha";
  m.entity = "counter";
  m.key = rpc::key_source::field;
  m.key_of = [](const rpc::message& q) { return static_cast<const text&>(q).value(); };
  m.deadline_ms = 20'000;
  m.settles_in = settles_in;
  m.request = m.reply = &type_of<text>("text");
  return m;
}

/// A counter that is loaded from its row. alpha's counts calls and reminders, beta's the events of the key.
struct counter {
  struct state {
    std::int64_t n = 0;
  };
  using outcome = runtime::outcome<state>;

  static runtime::loading<state> load(std::string_view key, const reads& r) {
    if (r.size() == 0)
      return runtime::need{{storage::statement{&load_counter, {std::string(key)}}}};
    return state{r.rows(0).empty() ? 0 : r.rows(0).int8(0, 0)};
  }
  static std::size_t weight(const state&) { return sizeof(state); }

  static decision<state> add(const state& s, const context& c) {
    decision<state> d;
    d.statements.push_back({&put_counter, {std::string(c.key), s.n + 1}});
    d.apply = [](state& x) { ++x.n; };
    return d;
  }
  static outcome ping(const state& s, const text& q, const context& c, const reads&) {
    auto d = add(s, c);
    d.reply = runtime::share(text(q));
    return d;
  }
  static outcome emit(const state& s, const text& q, const context& c, const reads&) {
    auto d = add(s, c);
    text told;
    told.set_value(q.value() + ":" + std::to_string(s.n + 1));
    d.events.push_back({&counted_event(), runtime::share(std::move(told))});
    d.reply = runtime::share(text(q));
    return d;
  }
  static outcome reminded(const state& s, const text&, const context& c, const reads&) {
    auto d = add(s, c);
    d.statements.push_back({&add_fired, {std::string(c.key)}});
    return d;
  }
  static outcome counted(const state& s, const text& e, const context& c, const reads&) {
    auto d = add(s, c);
    const auto n = std::stoll(e.value().substr(e.value().find(':') + 1));
    if (n != s.n + 1) d.statements.push_back({&add_fault, {std::string(c.key), std::int64_t{n}}});
    return d;
  }
};

struct emitting {
  using request = text;
  static const rpc::method& info() { return emit_method(); }
};
struct pinging {
  using request = text;
  static const rpc::method& info() { return ping_method(); }
};

runtime::domain alpha() {
  runtime::domain d;
  d.name = "alpha";
  d.shards = shards;
  d.pushes = false;
  runtime::methods<counter> m("counter");
  m.add<emitting>(&counter::emit);
  m.add<pinging>(&counter::ping);
  m.on_reminder<text>(&counter::reminded);
  d.kinds.push_back(m.take());
  return d;
}

runtime::domain beta() {
  runtime::domain d;
  d.name = "beta";
  d.shards = shards;
  d.pushes = false;
  runtime::methods<counter> m("mirror");
  m.on<text>(counted_event(), &counter::counted);
  d.kinds.push_back(m.take());
  d.intakes.push_back({&counted_event(),
                       [](const rpc::message& e, const context&, const reads&) -> runtime::effect {
                         return runtime::entity_effect{"mirror", counted_event().key_of(e)};
                       }});
  return d;
}

std::int64_t number(test::domain_node& node, const std::string& domain, const query& q) {
  return node.read(domain, {&q, {}}).int8(0, 0);
}

}  // namespace

const rpc::method& emit_method() {
  static const rpc::method row = make_method(9101, "alpha.Emit", "beta");
  return row;
}
const rpc::method& ping_method() {
  static const rpc::method row = make_method(9102, "alpha.Ping", "");
  return row;
}

rpc::message_ptr key_message(const std::string& key) {
  text q;
  q.set_value(key);
  return runtime::share(std::move(q));
}

std::unique_ptr<test::domain_node> make_event_node(const config::runtime_settings& settings) {
  return std::make_unique<test::domain_node>(
      std::vector<test::domain_part>{{"alpha", {&tables, 1}, alpha, {}},
                                     {"beta", {&tables, 1}, beta, {}}},
      settings);
}

void set_reminders(test::domain_node& node, std::uint64_t count, double due_in_s) {
  std::string values;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto key = "reminded-" + std::to_string(i);
    values += (i == 0 ? "(" : ",(") + std::to_string(stable_hash(key) % shards) + ",'counter','" +
              key + "','due',date_trunc('second', now()) + interval '" + std::to_string(due_in_s) +
              " s')";
  }
  auto db = storage::blocking_connection::open(node.conninfo("alpha"));
  auto done = db ? db->script("INSERT INTO reminder (shard, kind, key, name, due) VALUES " + values)
                 : result<void>(db.error());
  if (!done) throw std::runtime_error(done.error().detail);
}

event_counts count_events(test::domain_node& node) {
  static const query told{"bench.told",
                          "SELECT coalesce(sum(m), 0)::bigint FROM (SELECT max(seq) AS m FROM "
                          "outbox GROUP BY shard) x"};
  static const query taken{"bench.taken", "SELECT coalesce(sum(n), 0)::bigint FROM counter"};
  static const query wrong{"bench.wrong", "SELECT count(*) FROM fault"};
  return {number(node, "alpha", told), number(node, "beta", taken), number(node, "beta", wrong)};
}

reminder_counts count_reminders(test::domain_node& node) {
  static const query fired{"bench.fired", "SELECT count(*), count(DISTINCT key) FROM fired"};
  const auto r = node.read("alpha", {&fired, {}});
  return {r.int8(0, 0), r.int8(0, 1)};
}

std::int64_t disk_bytes(test::domain_node& node, const std::string& domain) {
  static const query size{"bench.size", "SELECT pg_database_size(current_database())"};
  return number(node, domain, size);
}

}  // namespace nova::bench
