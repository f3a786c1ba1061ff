// Large audiences on their way to gateway nodes: told once over a link, then named by number.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/placement/envelopes.hpp"
#include "actors/runtime/placement/gateway_accounts.hpp"
#include "actors/runtime/placement/known_lists.hpp"
#include "actors/runtime/placement/push_journal.hpp"
#include "tests/runtime/runtime_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova;
using namespace nova::runtime;
using namespace nova::runtime::test;
using std::chrono::milliseconds;

namespace {

constexpr link::peer_number gateway = 3;

std::shared_ptr<const std::vector<uuid>> people(std::uint8_t first, std::uint8_t last) {
  auto out = std::make_shared<std::vector<uuid>>();
  for (int i = first; i <= last; ++i) out->push_back(account_id(static_cast<std::uint8_t>(i)));
  return out;
}

std::vector<account_list> listed(const std::shared_ptr<const std::vector<uuid>>& accounts) {
  return {{accounts.get(), accounts, false}};
}

std::vector<account_list> slices_of(const std::shared_ptr<const account_set>& set) {
  std::vector<account_list> out;
  for (std::size_t i = 0; i < account_set::slices; ++i)
    if (const auto* part = set->part(i)) out.push_back({&part->accounts, set, true});
  return out;
}

/// A journal, and the gateway that it sends to.
struct way {
  explicit way(std::size_t listed_accounts = 1 << 20)
      : journal(w.node().internals().services, {milliseconds(1'000), 1 << 20, listed_accounts},
                [this](auto, const link::Envelope& e) { return take(e.push()); }) {}

  bool take(const link::Push& p) {
    if (cut) return false;
    sent.push_back(p);
    audience to;
    known &= lists.read(p, to);
    heard.push_back(std::move(to));
    return true;
  }
  void link(bool takes_lists = true) {
    cut = false;
    lists = {};
    last_said = sent.empty() ? 0 : sent.back().number();
    whole = journal.up(gateway, last_said, takes_lists);
  }
  void lose() {
    cut = true;
    journal.down(gateway);
  }
  const audience& last() const { return heard.back(); }

  world w;
  push_journal journal;
  known_lists lists;
  std::vector<link::Push> sent;
  std::vector<audience> heard;
  std::uint64_t last_said = 0;
  bool known = true, cut = false, whole = false;
};

}  // namespace

TEST_CASE(
    "a list crosses a link once: later pushes name it, and their audience is the same object") {
  way x;
  x.link();
  const auto all = people(1, 100);
  for (int i = 0; i < 3; ++i) x.journal.push(gateway, {}, listed(all));
  REQUIRE(x.sent.size() == 3);
  CHECK(x.sent[0].told_size() == 1);
  CHECK(x.sent[1].ByteSizeLong() < 16);
  CHECK(*x.last().accounts == *all);
  CHECK(x.heard[0].accounts == x.heard[2].accounts);
  x.journal.push(gateway, {}, listed(people(1, 101)));
  CHECK(x.last().accounts->size() == 101);
  CHECK(x.known);
}

TEST_CASE("of a set only the slices cross that are new") {
  way x;
  x.link();
  const auto before = std::make_shared<const account_set>(*people(1, 200));
  x.journal.push(gateway, {}, slices_of(before));
  x.journal.push(gateway, {}, slices_of(before));
  const auto after = std::make_shared<const account_set>(before->with({account_id(201)}));
  x.journal.push(gateway, {}, slices_of(after));
  REQUIRE(x.sent.size() == 3);
  CHECK(x.sent[0].told_size() == x.sent[0].lists_size());
  CHECK(x.sent[1].told_size() == 0);
  CHECK(x.sent[2].told_size() == 1);
  REQUIRE(x.last().many);
  CHECK(x.heard[0].many == x.heard[1].many);
  CHECK(x.heard[1].many->size() == 200);
  CHECK(x.last().many->size() == 201);
  CHECK(x.last().many->contains(account_id(201)));
}

TEST_CASE("after a break a gateway is told its lists again, also for pushes that waited") {
  way x;
  x.link();
  const auto all = people(1, 100);
  x.journal.push(gateway, {}, listed(all));
  CHECK_FALSE(x.journal.behind(gateway));
  x.lose();
  x.journal.push(gateway, {}, listed(all));
  CHECK(x.journal.behind(gateway));
  x.link();
  CHECK_FALSE(x.journal.behind(gateway));
  CHECK(x.whole);
  x.journal.push(gateway, {}, listed(all));
  CHECK(x.known);
  REQUIRE(x.sent.size() == 3);
  CHECK(x.sent[1].told_size() == 1);
  CHECK(x.sent[2].told_size() == 0);
  CHECK(*x.last().accounts == *all);
}

TEST_CASE("a gateway whose link was broken when pushes were lost hears of it when it is back") {
  way x;
  x.link();
  x.journal.push(gateway, {}, listed(people(1, 2)));
  REQUIRE(x.sent.size() == 1);
  x.lose();
  SUBCASE("nothing was lost") {
    x.link();
    CHECK(x.whole);
  }
  SUBCASE("pushes were lost") {
    x.journal.lose();
    x.link();
    CHECK_FALSE(x.whole);
    x.journal.push(gateway, {}, listed(people(1, 2)));
    x.lose();
    x.link();
    CHECK(x.whole);
  }
}

TEST_CASE("a gateway of an earlier release gets the accounts with each push") {
  way x;
  x.link(false);
  const auto all = people(1, 100);
  x.journal.push(gateway, {}, listed(all));
  CHECK(x.sent.back().lists_size() == 0);
  CHECK(ids_of(x.sent.back().accounts()) == *all);
}

TEST_CASE("a gateway remembers no more accounts than it may: lists that are not used are dropped") {
  way x(100);
  x.link();
  const auto mine = people(1, 40);
  x.journal.push(gateway, {}, listed(mine));
  for (std::uint8_t i = 0; i < 20; ++i) {
    x.journal.push(gateway, {}, listed(people(1, static_cast<std::uint8_t>(41 + i))));
    x.journal.push(gateway, {}, listed(mine));
    CHECK(*x.last().accounts == *mine);
  }
  CHECK(x.known);
  int told = 0, dropped = 0;
  for (const auto& p : x.sent) told += p.told_size(), dropped += p.dropped_size();
  CHECK(dropped > 0);
  CHECK(told - dropped <= 3);
}

TEST_CASE("a list is at a gateway while one of its accounts has a socket there") {
  gateway_accounts all;
  const auto list = people(1, 100);
  const auto at = [&](link::peer_number g) { return all.any_of(g, *list, list); };
  CHECK_FALSE(at(gateway));
  all.come(gateway, account_id(200));
  CHECK_FALSE(at(gateway));
  all.come(gateway, account_id(50));
  CHECK(at(gateway));
  CHECK_FALSE(at(4));
  all.come(4, account_id(51));
  CHECK(at(4));
  all.gone(gateway, account_id(50));
  CHECK_FALSE(at(gateway));
  all.come(5, account_id(52));
  all.forget(5);
  CHECK_FALSE(at(5));
  auto gateways = all.gateways();
  std::ranges::sort(gateways);
  CHECK(gateways == std::vector<link::peer_number>{gateway, 4});
}

TEST_CASE("that a gateway takes lists is told by its hello, or as the release before told it") {
  std::vector<link::member_view> all(2);
  all[1].peer = gateway;
  link::Interest whole;
  CHECK_FALSE(takes_lists(all, gateway, whole));
  all[1].understands = {"of a later release", std::string(link::capability::lists)};
  CHECK(takes_lists(all, gateway, whole));
  CHECK_FALSE(takes_lists(all, gateway + 1, whole));
  all[1].understands = {"of a later release"};
  CHECK_FALSE(takes_lists(all, gateway, whole));
  whole.set_takes_lists(true);
  CHECK(takes_lists(all, gateway, whole));
}
