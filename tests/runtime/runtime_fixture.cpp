#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <stdexcept>

namespace nova::runtime::test {

namespace {

using storage::memory_refusal;
using storage::memory_row;
using storage::memory_store;

const storage::query load_counter{"test.load", "SELECT 1"};
const storage::query put_counter{"test.put", "INSERT 1"};
const storage::query insert_name{"test.name", "INSERT 1"};
const storage::query refuse{"test.refuse", "INSERT 1"};
const storage::query put_model{"test.model", "INSERT 1"};
const storage::query find_pair{"test.pair", "SELECT 1"};

std::pair<std::string, std::string> split(const std::string& s) {
  const auto colon = s.find(':');
  if (colon == std::string::npos) return {s, ""};
  return {s.substr(0, colon), s.substr(colon + 1)};
}

std::string key_of_text(const rpc::message& m) {
  return split(static_cast<const text&>(m).value()).first;
}
std::string argument_of(const text& m) { return split(m.value()).second; }

rpc::message_ptr make_text(std::string s) {
  auto m = std::make_shared<text>();
  m->set_value(std::move(s));
  return m;
}

void no_json(const rpc::message&, std::string&) {}

const rpc::message_type text_type{
    "google.protobuf.StringValue",
    [] { return std::shared_ptr<rpc::message>(std::make_shared<text>()); },
    no_json,
    [](const boost::json::value&, rpc::message&, std::vector<field_error>&) {},
    [](rpc::message&, std::string_view, std::string_view, std::vector<field_error>&) {
      return false;
    },
    [](const rpc::message&, std::vector<field_error>&) {}};

rpc::method describe(verb v, std::string_view name) {
  rpc::method m{};
  m.number = v;
  m.name = name;
  m.domain = v == mirror_get ? "beta" : "alpha";
  m.entity = "counter";
  m.key = v == create ? rpc::key_source::fresh : rpc::key_source::field;
  m.key_of = key_of_text;
  m.caller = rpc::caller_kind::user;
  m.deadline_ms = 5000;
  m.idempotency = v == create || v == add ? rpc::idempotency::key : rpc::idempotency::none;
  m.query = v == mirror_get || v == get || v == peek || v == tell || v == watch;
  m.settles_in = v == emit_settled ? "beta" : "";
  m.request = &text_type;
  m.reply = &text_type;
  return m;
}

constexpr const char* names[] = {"add",       "get",   "blow_up",      "hash",       "rest",
                                 "peek",      "emit",  "emit_settled", "take_name",  "ask_other",
                                 "create",    "tell",  "watch",        "remind",     "reject",
                                 "bad_apply", "leave", "forbid",       "emit_alarm", "mirror_get"};

struct counter_state {
  std::int64_t sum = 0;
};

world* current = nullptr;  // handlers are plain functions; one world at a time asks for this

struct counter {
  using state = counter_state;
  static loading<state> load(std::string_view key, const reads& r) {
    if (r.size() == 0) return need{{storage::statement{&load_counter, {std::string(key)}, 0}}};
    ++current->loads;
    if (key == "unloadable") throw std::runtime_error("cannot be loaded");
    return state{r.rows(0).empty() ? 0 : r.rows(0).int8(0, 0)};
  }
  static std::size_t weight(const state&) {
    if (current->fall > 0 && --current->fall == 0) throw std::runtime_error("cannot be weighed");
    return 1000;
  }
};

using decided = decision<counter_state>;
using result_of = outcome<counter_state>;

decided add_to(const counter_state& s, std::string_view key, std::int64_t n) {
  decided d;
  d.reply = make_text(std::to_string(s.sum + n));
  d.apply = [n](counter_state& x) { x.sum += n; };
  d.statements = {{&put_counter, {std::string(key), s.sum + n}, 0}};
  return d;
}

outgoing to_caller(const context& c, const std::string& what) {
  outgoing o;
  o.to.accounts = std::make_shared<const std::vector<uuid>>(1, c.caller.account);
  o.push = std::make_shared<rpc::push>(note(), make_text(what));
  o.origin = c.caller.connection;
  return o;
}

result_of decide_more(verb v, const counter_state& s, const std::string& arg, const context& c,
                      const reads& r) {
  decided d;
  switch (v) {
    case take_name: {
      if (c.attempt > 0) {
        d.reply = make_text("taken");
        return d;
      }
      d = add_to(s, c.key, 1);
      d.statements.push_back({&insert_name, {arg, std::string(c.key)}, 0});
      return d;
    }
    case ask_other: {
      if (r.size() == 0) return need{{ask{&method(add), make_text(arg + ":1")}}};
      if (r.answer(0).has_error()) return r.answer(0).error();
      d.reply = r.answer(0).value();
      return d;
    }
    case tell:
    case watch: {
      d.reply = make_text("ok");
      if (v == watch) {
        d.watches.push_back(
            {c.caller.connection, {account_id(static_cast<std::uint8_t>(std::stoi(arg)))}});
        return d;
      }
      d.pushes.push_back(to_caller(c, arg));
      return d;
    }
    case remind:
      d = add_to(s, c.key, 0);
      d.reminders.push_back(
          {"later", arg == "never" ? 0 : c.now + std::stoll(arg), arg == "never"});
      if (const auto every = arg.find('/'); every != arg.npos)
        d.reminders.back().every_ms = std::stoll(arg.substr(every + 1));
      return d;
    case reject:
      d = add_to(s, c.key, 1);
      d.statements.push_back({&refuse, {}, 0});
      return d;
    case bad_apply:
      d = add_to(s, c.key, 1);
      d.apply = [](counter_state&) { throw std::runtime_error("apply failed"); };
      return d;
    case leave:
      d = add_to(s, c.key, 1);
      d.apply = nullptr;  // the store alone knows it
      d.passivate = true;
      return d;
    case forbid:
      d = add_to(s, c.key, 1);
      d.refusal = make_error(errc::forbidden, "no");
      return d;
    default: return make_error(errc::invalid_request);
  }
}

template <verb V>
result_of decide(const counter_state& s, const text& request, const context& c, const reads& r) {
  ++current->handler_calls;
  const auto arg = argument_of(request);
  decided d;
  if constexpr (V == add || V == create) {
    d = add_to(s, c.key, V == add ? std::stoll(arg) : 1);
    if (V == create) d.reply = make_text(std::string(c.key));
    return d;
  } else if constexpr (V == get) {
    d.reply = make_text(std::to_string(s.sum));
    return d;
  } else if constexpr (V == blow_up) {
    throw std::runtime_error("boom " + arg);
  } else if constexpr (V == hash) {
    if (r.size() == 0)
      return need{{job{"test.hash", [arg]() -> std::any { return std::stoll(arg) * 10; }}}};
    return add_to(s, c.key, r.job<long long>(0));
  } else if constexpr (V == rest) {
    // "a:200": others wait; "a:200!": they overtake.
    const auto others = arg.ends_with('!') ? meanwhile::goes_on : meanwhile::holds;
    if (r.size() == 0) return need{{pause{std::chrono::milliseconds(std::stoll(arg))}}, others};
    d.reply = make_text("rested");
    return d;
  } else if constexpr (V == peek) {
    if (r.size() == 0) return need{{storage::statement{&load_counter, {std::string(c.key)}, 0}}};
    d.reply = make_text(std::to_string(s.sum) + "/" +
                        std::to_string(r.rows(0).empty() ? 0 : r.rows(0).int8(0, 0)));
    return d;
  } else if constexpr (V == emit || V == emit_settled || V == emit_alarm) {
    d = add_to(s, c.key, 1);
    d.events.push_back({V == emit_alarm ? &alarmed() : &changed(), make_text(request.value())});
    if (!c.caller.account.is_nil()) d.pushes.push_back(to_caller(c, request.value()));
    return d;
  }
  return decide_more(V, s, arg, c, r);
}

result_of reminded(const counter_state& s, const text& name, const context& c, const reads&) {
  if (c.key == "badreminder") throw std::runtime_error("cannot be reminded");
  return add_to(s, c.key, 100);
}

template <verb V>
struct bound {
  using request = text;
  static const rpc::method& info() { return method(V); }
};

template <verb... Vs>
void bind_all(methods<counter>& m) {
  (m.add<bound<Vs>>(&decide<Vs>), ...);
}

struct mirror {
  using state = counter_state;
  static loading<state> load(std::string_view key, const reads& r) { return counter::load(key, r); }
  static std::size_t weight(const state&) { return 1000; }
};

result_of show_mirror(const counter_state& s, const text&, const context&, const reads&) {
  decided d;
  d.reply = make_text(std::to_string(s.sum));
  return d;
}

result_of mirrored(const counter_state& s, const text& event, const context& c, const reads&) {
  auto& script = *current->script;
  if (auto i = script.fail.find(event.value()); i != script.fail.end() && i->second != 0) {
    if (i->second > 0) --i->second;
    throw std::runtime_error("refuses " + event.value());
  }
  script.applied.push_back(event.value());
  return add_to(s, c.key, 1);
}

}  // namespace

uuid account_id(std::uint8_t account) {
  uuid id{};
  id.data[15] = account;
  return id;
}

rpc::call from(std::uint8_t account, rpc::connection_id connection) {
  rpc::call c;
  c.caller.kind = rpc::caller_kind::user;
  c.caller.account = account_id(account);
  c.caller.connection = connection;
  return c;
}

const rpc::method& method(verb v) {
  static const auto table = [] {
    std::map<std::uint32_t, rpc::method> t;
    for (std::uint32_t i = add; i <= mirror_get; ++i)
      t[i] = describe(static_cast<verb>(i), names[i - add]);
    return t;
  }();
  return table.at(v);
}

const rpc::event_type& changed() {
  static const rpc::event_type type{9101, "alpha.Changed", "alpha", &text_type, key_of_text};
  return type;
}

const rpc::event_type& alarmed() {
  static const rpc::event_type type{9102, "alpha.Alarmed", "alpha", &text_type, key_of_text};
  return type;
}

const rpc::push_type& note() {
  static const rpc::push_type type{"alpha.note", &text_type};
  return type;
}

void recording_sink::deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
                             rpc::push_ptr p) {
  if (throws > 0 && throws-- > 0) throw std::runtime_error("cannot deliver");
  const auto* said = dynamic_cast<const text*>(&p->body());
  pushes.push_back({*to, said != nullptr ? said->value() : p->json()});
}

void recording_sink::close(rpc::connection_id connection, rpc::close_code code, std::string) {
  closes.push_back({connection, code});
}

std::string pending_reply::text_of() const {
  return ok() ? static_cast<const text&>(*got->value()).value() : "";
}

errc pending_reply::code() const {
  REQUIRE(got);
  REQUIRE(got->has_error());
  return got->error().code;
}

namespace {

node_options options_for(const world_options& o) {
  node_options n;
  n.settings = o.settings;
  n.knows_event = o.knows_event;
  n.cluster = o.cluster;
  n.make_presence = [](const uuid& account, bool online, unix_ms last_seen) {
    return std::make_shared<rpc::push>(
        note(), make_text("presence " + std::to_string(account.data[15]) +
                          (online ? " online" : " offline") + (last_seen != 0 ? " seen" : "")));
  };
  return n;
}

}  // namespace

world::world(world_options o)
    : alpha_store(o.alpha_store != nullptr ? *o.alpha_store : own_alpha),
      beta_store(o.beta_store != nullptr ? *o.beta_store : own_beta),
      sim(o.seed, options_for(o), sink),
      options_(std::move(o)) {
  current = this;
  sim.add_work([this] {
    if (actions_.empty()) return false;
    auto action = std::move(actions_.front());
    actions_.pop_front();
    action();
    return true;
  });
  alpha = open(alpha_store, "alpha");
  auto a = make_alpha(options_.shards);
  if (options_.change_alpha) options_.change_alpha(a);
  node().add(std::move(a), alpha);
  if (!options_.beta) return;
  beta = open(beta_store, "beta");
  node().add(make_beta(options_.shards), beta);
}

world::~world() {
  node().stop(std::chrono::seconds(10));
  // A shared store may outlive this world's clock.
  alpha_store.now = beta_store.now = [at = sim.wall()] { return at; };
  current = nullptr;
}

namespace {

/// A second world on the same store finds the first one's rows.
void add_once(memory_store& store, const std::string& name) {
  try {
    store.table(name);
  } catch (const std::out_of_range&) {
    store.add_table(name, {0});
  }
}

}  // namespace

std::shared_ptr<storage::memory_database> world::open(memory_store& store,
                                                      const std::string& domain) {
  store.now = [this] { return sim.wall(); };
  add_once(store, "counter");
  add_once(store, "name");
  add_once(store, "pair");
  store.on("test.pair", [](memory_store& s, const memory_row& p) {
    const auto* row = s.table("pair").find({p[0]});
    return storage::memory_result{
        row != nullptr ? storage::make_rows(1, {{p[0]}}) : storage::rows(1, {}), 0};
  });
  store.on("test.load", [](memory_store& s, const memory_row& p) {
    const auto* row = s.table("counter").find({p[0]});
    return storage::memory_result{
        row != nullptr ? storage::make_rows(1, {{(*row)[1]}}) : storage::rows(1, {}), 0};
  });
  store.on("test.put", [](memory_store& s, const memory_row& p) {
    s.table("counter").put(p);
    return storage::memory_result{{}, 1};
  });
  store.on("test.name", [](memory_store& s, const memory_row& p) {
    s.table("name").insert(p);
    return storage::memory_result{{}, 1};
  });
  store.on("test.refuse", [](memory_store&, const memory_row&) -> storage::memory_result {
    throw memory_refusal{"not this"};
  });
  store.on("test.model", [this](memory_store& s, const memory_row& p) {
    auto& fail = script->fail[std::get<std::string>(p[1])];
    if (fail != 0) {
      if (fail > 0) --fail;
      throw memory_refusal{"the model refuses"};
    }
    const auto* old = s.table("counter").find({p[0]});
    s.table("counter").put({p[0], (old != nullptr ? std::get<std::int64_t>((*old)[1]) : 0) + 1});
    return storage::memory_result{{}, 1};
  });
  storage::memory_options m;
  m.domain = domain;
  m.node = options_.node;
  m.settings.lanes = options_.lanes;
  m.apart = options_.apart;
  m.now = [this] { return sim.now(); };
  m.post = [this](std::uint32_t, std::function<void()> action) {
    actions_.push_back(std::move(action));
  };
  auto db = std::make_shared<storage::memory_database>(store, std::move(m));
  sim.on_time([db](auto) { db->tick(); });
  return db;
}

domain world::make_alpha(std::uint32_t shards) {
  domain d;
  d.name = "alpha";
  d.shards = shards;
  methods<counter> m("counter");
  bind_all<add, get, blow_up, hash, rest, peek, emit, emit_settled, take_name, ask_other, create,
           tell, watch, remind, reject, bad_apply, leave, forbid, emit_alarm>(m);
  m.on_reminder<text>(&reminded);
  d.kinds.push_back(m.take());
  return d;
}

domain world::make_beta(std::uint32_t shards) {
  domain d;
  d.name = "beta";
  d.shards = shards;
  methods<mirror> m("mirror");
  m.add<bound<mirror_get>>(&show_mirror);
  m.on<text>(changed(), &mirrored);
  m.on<text>(alarmed(), &mirrored);
  d.kinds.push_back(m.take());
  intake in;
  in.event = &changed();
  in.route = [this](const rpc::message& e, const context&, const reads& r) -> effect {
    const auto& value = static_cast<const text&>(e).value();
    if (script->route_reads && r.size() == 0)
      return need{{storage::statement{&load_counter, {value}, 0}}};
    if (!value.empty() && script->fall_route == value) {
      script->fall_route.clear();
      throw 1;  // no std::exception: nobody catches it before the actor does
    }
    if (auto i = script->fail_route.find(value); i != script->fail_route.end() && i->second != 0) {
      if (i->second > 0) --i->second;
      throw std::runtime_error("cannot route " + value);
    }
    if (!value.empty() && script->no_effect == value) return std::monostate();
    const auto [key, arg] = split(value);
    if (options_.read_model) {
      read_model_effect model;
      model.statements.push_back({&put_model, {key, value}, 0});
      if (options_.found)
        model.refresh_found.push_back({{&find_pair, {key}, 0}, [](const storage::rows& found) {
                                         std::vector<entity_effect> named;
                                         if (!found.empty())
                                           named.push_back({"mirror", found.text(0, 0)});
                                         return named;
                                       }});
      else model.refresh.push_back({"mirror", key});
      return model;
    }
    return entity_effect{"mirror", key};
  };
  d.intakes.push_back(in);
  in.event = &alarmed();
  in.safety = true;
  d.intakes.push_back(std::move(in));
  if (options_.change_beta) options_.change_beta(d);
  return d;
}

void world::start() {
  node().start();
  REQUIRE(sim.run_until([this] { return node().ready(); }));
}

reply_ptr world::call(verb v, const std::string& request, rpc::call c) {
  current = this;
  auto r = std::make_shared<pending_reply>();
  c.method = &method(v);
  c.request = make_text(request);
  if (c.deadline == std::chrono::steady_clock::time_point{})
    c.deadline = sim.now() + std::chrono::seconds(5);
  if (c.request_id.empty()) c.request_id = "r" + std::to_string(handler_calls);
  c.reply = [r](rpc::reply_result x) {
    ++r->times;
    r->got = std::move(x);
  };
  node().call(std::move(c));
  return r;
}

reply_ptr world::await(reply_ptr r, std::chrono::milliseconds limit) {
  current = this;
  sim.run_until([&] { return r->got.has_value(); }, limit);
  return r;
}

reply_ptr world::ask(verb v, const std::string& request, rpc::call c) {
  return await(call(v, request, std::move(c)));
}

std::int64_t world::stored(const std::string& key) {
  const auto* row = alpha_store.table("counter").find({key});
  return row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
}

std::uint64_t world::metric(nova::metric family, std::string_view label) {
  metric_samples samples;
  node().collect_metrics(samples);
  return static_cast<std::uint64_t>(samples.value(family, {label}));
}

std::size_t world::dead_letters(const std::string& status) {
  std::size_t n = 0;
  for (const auto& [key, row] : beta_store.table("dead_letter").rows())
    if (std::get<std::string>(row[6]) == status) ++n;
  return n;
}

}  // namespace nova::runtime::test
