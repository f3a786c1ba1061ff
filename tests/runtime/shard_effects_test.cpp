// One event in several shards: each part once and in order, through crashes at every point; a poisoned
// part becomes a dead letter and is tried again in its shard only.
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace nova;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

constexpr std::uint32_t shards = 4;
const storage::query put_part{"test.part", "INSERT 1"};
const storage::query read_first{"test.load", "SELECT 1"};

std::string value_of(const rpc::message& m) { return static_cast<const text&>(m).value(); }

/// beta writes each event in all of its shards but those that its key excludes: "a-2" leaves out shard 2.
runtime::effect in_all_shards(const rpc::message& m, const runtime::context&,
                              const runtime::reads& r, bool reads) {
  if (reads && r.size() == 0) return runtime::need{{storage::statement{&read_first, {"a"}, 0}}};
  runtime::shard_effects out;
  const auto value = value_of(m);
  for (std::uint32_t s = 0; s < shards; ++s)
    if (value.find("-" + std::to_string(s)) == std::string::npos)
      out.parts.push_back({s, {{&put_part, {"s" + std::to_string(s), value}, 0}}});
  return out;
}

struct stores {
  storage::memory_store alpha, beta;
  bool reads = false;

  /// A world on these stores; several after each other are restarts of the node.
  std::unique_ptr<world> open(std::uint64_t seed) {
    auto w = std::make_unique<world>(
        world_options{.seed = seed,
                      .shards = shards,
                      .change_beta =
                          [this](runtime::domain& d) {
                            for (auto& in : d.intakes)
                              in.route = [this](const auto& m, const auto& c, const auto& r) {
                                return in_all_shards(m, c, r, reads);
                              };
                          },
                      .alpha_store = &alpha,
                      .beta_store = &beta});
    // "s2" counts the effects in shard 2, "s2/a:1" is the place of an effect among them.
    beta.on("test.part", [script = w->script](storage::memory_store& s, const auto& p) {
      const auto shard = std::get<std::string>(p[0]);
      const auto row = shard + "/" + std::get<std::string>(p[1]);
      if (auto i = script->fail.find(row); i != script->fail.end() && i->second != 0) {
        if (i->second > 0) --i->second;
        throw storage::memory_refusal{"refuses " + row};
      }
      auto& table = s.table("counter");
      const auto* before = table.find({shard});
      const auto place = before != nullptr ? std::get<std::int64_t>((*before)[1]) + 1 : 1;
      if (table.find({row}) != nullptr) table.put({std::string("doubled"), place});
      table.put({row, place});
      table.put({shard, place});
      return storage::memory_result{{}, 1};
    });
    return w;
  }

  /// 0: no effect.
  std::int64_t place(std::uint32_t shard, const std::string& value) {
    return number("s" + std::to_string(shard) + "/" + value);
  }
  std::int64_t number(const std::string& row) {
    const auto* found = beta.table("counter").find({row});
    return found != nullptr ? std::get<std::int64_t>((*found)[1]) : 0;
  }
  std::uint32_t effects(const std::string& value) {
    std::uint32_t n = 0;
    for (std::uint32_t s = 0; s < shards; ++s) n += place(s, value) != 0 ? 1 : 0;
    return n;
  }
  std::int64_t offset(std::uint32_t source_shard) {
    const auto* row =
        beta.table("intake_offset").find({std::string("alpha"), std::int64_t{source_shard}});
    return row != nullptr ? std::get<std::int64_t>((*row)[2]) : 0;
  }
  /// Every event that alpha committed, "a:0" to "a:<n-1>", is in each shard once and in order.
  void check_whole(const std::string& key) {
    const auto* row = alpha.table("counter").find({key});
    const auto events = row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
    CHECK(number("doubled") == 0);
    for (std::uint32_t s = 0; s < shards; ++s) {
      std::int64_t last = 0, there = 0;
      for (int i = 0; i < 100; ++i) {
        const auto at = place(s, key + ":" + std::to_string(i));
        if (at == 0) continue;
        ++there;
        CHECK(at > last);
        last = at;
      }
      CHECK(there == events);
    }
  }
};

bool settles(world& w, const std::function<bool()>& done) {
  return w.sim.run_until(done, std::chrono::seconds(300));
}

}  // namespace

TEST_CASE("an event of several shards takes effect once in each, in order of its key") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    stores kept;
    kept.reads = seed % 2 == 0;
    auto w = kept.open(seed);
    w->start();
    for (int i = 0; i < 10; ++i)
      for (const char* key : {"a", "b", "c"}) w->call(emit, key + (":" + std::to_string(i)));
    REQUIRE(settles(*w, [&] {
      return kept.effects("a:9") + kept.effects("b:9") + kept.effects("c:9") == 3 * shards;
    }));
    w->sim.advance(milliseconds(500));
    for (const char* key : {"a", "b", "c"}) kept.check_whole(key);
  }
}

TEST_CASE("a crash at any point between the parts: each shard has the effect once") {
  for (int kind = 0; kind < 6; ++kind)
    for (int point = 0; point < 60; ++point) {
      CAPTURE(kind);
      CAPTURE(point);
      stores kept;
      kept.reads = point % 2 == 0;
      auto w = kept.open(static_cast<std::uint64_t>(point + 1));
      w->start();
      if (kind == 5) w->script->fail["s1/a:0"] = 1;
      w->call(emit, "a:0");
      w->call(emit, "a:1");
      for (int n = 0; n < point; ++n) w->sim.step();
      switch (kind) {
        case 0: w->beta->fence_by_other(); break;
        case 1: w->beta->inject(storage::commit_fault::lose_reply); break;
        case 2: w->alpha->fence_by_other(); break;
        case 3:
          w->fall = 1;
          w->call(mirror_get, "x" + std::to_string(point));
          break;
        default:  // the node is gone; another one starts on its databases
          w.reset();
          w = kept.open(1000);
          w->start();
      }
      const auto committed = [&] {
        const auto* row = kept.alpha.table("counter").find({std::string("a")});
        return row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
      };
      w->sim.advance(milliseconds(3000));
      REQUIRE(settles(*w, [&] {
        std::uint32_t n = kept.effects("a:0") + kept.effects("a:1");
        return n == committed() * shards;
      }));
      w->sim.advance(milliseconds(3000));
      kept.check_whole("a");
      CHECK(w->dead_letters("dead") == 0);
    }
}

TEST_CASE("parts confirm in any order; the offset waits for the last one, other keys do not") {
  stores kept;
  auto w = kept.open(1);
  w->start();
  w->script->fail["s0/a:0"] = 3;  // refused three times, then written
  w->ask(emit, "a:0");
  const auto home = static_cast<std::uint32_t>(stable_hash("a") % shards);
  REQUIRE(settles(*w, [&] { return kept.effects("a:0") == shards - 1; }));
  CHECK(kept.place(0, "a:0") == 0);
  CHECK(kept.offset(home) == 0);
  std::string other;  // of the same source shard, not for shard 0
  for (char c = 'b'; other.empty(); ++c)
    if (stable_hash(std::string(1, c) + "-0") % shards == home) other = std::string(1, c) + "-0";
  w->ask(emit, other + ":0");
  w->ask(emit, "a:1");
  REQUIRE(settles(*w, [&] { return kept.effects("a:0") == shards; }));
  REQUIRE(settles(*w, [&] { return kept.effects("a:1") == shards; }));
  REQUIRE(settles(*w, [&] { return kept.effects(other + ":0") == shards - 1; }));
  CHECK(kept.place(0, "a:0") < kept.place(0, "a:1"));
  REQUIRE(settles(*w, [&] { return kept.offset(home) == 3; }));
  kept.check_whole("a");
}

TEST_CASE(
    "a poisoned part becomes a dead letter; it is tried again in its shard only, then the rest of "
    "its key") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    stores kept;
    auto w = kept.open(seed);
    w->script->fail["s2/a:0"] = -1;
    w->start();
    for (int i = 0; i < 3; ++i) w->ask(emit, "a:" + std::to_string(i));
    w->ask(emit, "b:0");
    REQUIRE(settles(*w, [&] { return w->dead_letters("waiting") == 2; }));
    CHECK(w->dead_letters("dead") == 1);
    CHECK(kept.effects("a:0") == shards - 1);
    CHECK(kept.effects("a:1") == 0);
    REQUIRE(settles(*w, [&] { return kept.effects("b:0") == shards; }));
    CHECK(kept.beta.table("dead_letter_part").rows().size() == shards - 1);
    for (std::uint64_t n = 0; n < seed; ++n) w->sim.step();
    if (seed % 3 == 0) w->beta->fence_by_other();
    if (seed % 3 == 1) w->beta->inject(storage::commit_fault::lose_reply);
    w->script->fail.clear();
    REQUIRE(settles(*w, [&] { return kept.effects("a:2") == shards; }));
    w->sim.advance(milliseconds(5000));
    kept.check_whole("a");
    CHECK(kept.beta.table("dead_letter").rows().empty());
    CHECK(kept.beta.table("dead_letter_part").rows().empty());
  }
}

TEST_CASE("letters of several shards survive a crash at any point of their retry") {
  for (int point = 0; point < 60; ++point) {
    CAPTURE(point);
    stores kept;
    auto w = kept.open(static_cast<std::uint64_t>(point + 1));
    w->script->fail["s1/a:0"] = -1;
    w->start();
    w->ask(emit, "a:0");
    w->ask(emit, "a:1");  // waits: none of its parts was tried
    REQUIRE(settles(*w, [&] { return w->dead_letters("waiting") == 1; }));
    w->script->fail.clear();
    std::optional<result<void>> told;
    const auto home = static_cast<std::uint32_t>(stable_hash("a") % shards);
    w->node().retry_dead_letter("beta", {"alpha", home, 1}, [&](result<void> r) { told = r; });
    for (int n = 0; n < point; ++n) w->sim.step();
    w.reset();
    w = kept.open(1000);
    w->start();
    REQUIRE(settles(*w, [&] { return kept.effects("a:1") == shards; }));
    w->sim.advance(milliseconds(5000));
    kept.check_whole("a");
    CHECK(kept.beta.table("dead_letter").rows().empty());
  }
}

TEST_CASE("a route that names a shard twice, or one that is not there, ends in a dead letter") {
  for (const std::uint32_t second : {std::uint32_t{1}, std::uint32_t{99}}) {
    stores kept;
    world w({.shards = shards, .change_beta = [&](runtime::domain& d) {
               d.intakes[0].route = [second](const auto&, const auto&, const auto&) {
                 runtime::shard_effects out;
                 out.parts.push_back({1, {}});
                 out.parts.push_back({second, {}});
                 return out;
               };
             }});
    w.start();
    w.ask(emit, "a:0");
    REQUIRE(settles(w, [&] { return w.dead_letters("dead") == 1; }));
    const auto& row = w.beta_store.table("dead_letter").rows().begin()->second;
    CHECK(std::get<std::string>(row[7]).starts_with("the route names a shard"));
  }
}

TEST_CASE("entities of a part's shard load the new truth before the event settles") {
  world w({.shards = shards, .change_beta = [](runtime::domain& d) {
             d.intakes[0].route = [](const rpc::message& m, const runtime::context& c,
                                     const auto&) {
               static const storage::query put_model{"test.model", "INSERT 1"};
               runtime::shard_effects out;
               out.parts.push_back(
                   {c.shard_of("a"), {{&put_model, {"a", value_of(m)}, 0}}, {{"mirror", "a"}}});
               return out;
             };
           }});
  w.start();
  CHECK(w.ask(mirror_get, "a")->text_of() == "0");
  CHECK(w.ask(emit_settled, "a:0")->ok());
  CHECK(w.ask(mirror_get, "a")->text_of() == "1");
}

TEST_CASE("whatever is lost, fenced or fails: each event has its effect once in every shard") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    stores kept;
    kept.reads = seed % 2 == 0;
    auto w = kept.open(seed);
    w->start();
    auto& random = w->sim.random();
    std::map<std::string, int> next;
    for (int round = 0; round < 40; ++round) {
      const auto key = std::string(1, static_cast<char>('a' + random.next() % 3));
      const auto value = key + ":" + std::to_string(next[key]++);
      if (random.next() % 5 == 0)
        w->script->fail["s" + std::to_string(random.next() % shards) + "/" + value] =
            static_cast<int>(random.next() % 16);
      w->call(emit, value);
      auto& store = random.next() % 3 == 0 ? *w->alpha : *w->beta;
      switch (random.next() % 14) {
        case 0: store.inject(storage::commit_fault::lose_reply); break;
        case 1: store.inject(storage::commit_fault::lose_before); break;
        case 2: store.inject(storage::commit_fault::fail); break;
        case 3: store.fence_by_other(); break;
        case 4: store.set_away(true); break;
        default: store.set_away(false);
      }
      for (auto n = random.next() % 40; n > 0; --n) w->sim.step();
      if (random.next() % 4 == 0) w->sim.advance(milliseconds(random.next() % 900));
    }
    w->alpha->set_away(false);
    w->beta->set_away(false);
    const auto settled = [&] {
      std::int64_t all = 0, there = 0;
      for (const char* key : {"a", "b", "c"}) {
        const auto* row = kept.alpha.table("counter").find({std::string(key)});
        all += row != nullptr ? std::get<std::int64_t>((*row)[1]) : 0;
        for (int i = 0; i < 40; ++i) there += kept.effects(key + (":" + std::to_string(i)));
      }
      return all > 5 && there == all * shards && kept.beta.table("dead_letter").rows().empty();
    };
    CHECK(w->sim.run_until(settled, std::chrono::seconds(1200)));
    w->sim.advance(milliseconds(3000));
    for (const char* key : {"a", "b", "c"}) kept.check_whole(key);
  }
}
