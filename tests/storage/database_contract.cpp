#include "tests/storage/database_contract.hpp"

#include "storage/database/retention.hpp"
#include "storage/runtime/runtime_queries.hpp"
#include "storage/runtime/saga_rows.hpp"
#include "tests/storage/contract_driver.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace nova::test {
namespace {

namespace rq = storage::runtime_queries;

void events_are_numbered_without_gaps(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim("a", 4).size() == 4);
  std::vector<commit_unit> units;
  for (std::uint64_t i = 0; i < 20; ++i)
    units.push_back(unit(i + 1, {},
                         {{7, "k" + std::to_string(i), "p"}, {8, "k", std::string("\0x", 2)}},
                         static_cast<std::uint32_t>(i % 2)));
  auto out = d.commit("a", std::move(units));
  for (std::size_t i = 0; i < out.size(); ++i) {
    CHECK(out[i].status == commit_status::committed);
    CHECK(out[i].first_event == (i / 2) * 2 + 1);
  }
  auto page = d.read("a", {&rq::outbox_page, {i64{1}, i64{5}, i64{100}}});
  REQUIRE(page.size() == 15);
  for (std::size_t i = 0; i < page.size(); ++i) CHECK(page.int8(i, 0) == static_cast<i64>(i) + 6);
  CHECK(page.int8(0, 1) == 8);
  CHECK(page.text(1, 2) == "k7");
  CHECK(page.blob(0, 3) == std::string("\0x", 2));
  CHECK(!page.null(0, 4));
  CHECK(d.commit_one("a", unit(99, {}, {{7, "k", "p"}}, 1)).first_event == 21);
}

void merged_statements_write_every_row_and_the_last_value(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  std::vector<commit_unit> units;
  for (i64 i = 1; i <= 50; ++i)
    units.push_back(unit(1, {note(1, i), {&put_counter, {"c" + std::to_string(i % 3), i}}}));
  for (const auto& o : d.commit("a", std::move(units))) CHECK(o.status == commit_status::committed);
  CHECK(d.read("a", {&count_notes, {}}).int8(0, 0) == 50);
  CHECK(d.counter("a", "c0") == 48);
  CHECK(d.counter("a", "c1") == 49);
  CHECK(d.counter("a", "c2") == 50);
}

void effects_come_in_the_order_of_decisions(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto out = d.commit("a", [] {
    std::vector<commit_unit> units;
    units.push_back(unit(1, {{&put_counter, {"x", i64{5}}}}));
    units.push_back(unit(1, {{&add_counter, {"x", i64{10}}, 1}}));
    units.push_back(unit(1, {{&put_counter, {"x", i64{100}}}}));
    units.push_back(unit(1, {{&add_counter, {"x", i64{1}}, 1}, {&add_counter, {"x", i64{1}}, 1}}));
    return units;
  }());
  for (const auto& o : out) CHECK(o.status == commit_status::committed);
  CHECK(d.counter("a", "x") == 102);
}

void a_conflict_takes_only_its_own_activation_along(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  REQUIRE(d.commit_one("a", unit(1, {note(1, 7)})).status == commit_status::committed);
  std::vector<commit_unit> units;
  for (i64 i = 1; i <= 6; ++i) units.push_back(unit(2, {note(2, i)}, {{1, "k", "p"}}));
  units.push_back(unit(3, {{&insert_counter, {"before", i64{1}}}}));
  units.push_back(unit(3, {note(1, 7)}, {{1, "k", "p"}}));  // there already
  units.push_back(unit(3, {{&insert_counter, {"after", i64{1}}}}));
  for (i64 i = 7; i <= 12; ++i) units.push_back(unit(2, {note(2, i)}, {{1, "k", "p"}}));
  auto out = d.commit("a", std::move(units));
  REQUIRE(out.size() == 15);
  for (std::size_t i = 0; i < out.size(); ++i) {
    CAPTURE(i);
    auto expected = i == 7   ? commit_status::conflict
                    : i == 8 ? commit_status::aborted
                             : commit_status::committed;
    CHECK(out[i].status == expected);
  }
  CHECK(out[7].detail == "note_pkey");
  CHECK(out[14].first_event == 12);
  CHECK(d.counter("a", "before") == 1);
  CHECK(d.counter("a", "after") == -1);
  CHECK(d.read("a", {&count_notes, {}}).int8(0, 0) == 13);
  // The activation stays refused until the runtime takes a new one.
  CHECK(d.commit_one("a", unit(3, {{&insert_counter, {"after", i64{2}}}})).status ==
        commit_status::aborted);
  CHECK(d.commit_one("a", unit(4, {{&insert_counter, {"after", i64{3}}}})).status ==
        commit_status::committed);
  CHECK(d.counter("a", "after") == 3);
}

void what_the_database_refuses_is_rejected_alone(contract_world& w) {
  driver d{w};
  d.claim("a", 2);
  std::vector<commit_unit> units;
  units.push_back(unit(1, {{&insert_counter, {"x", i64{8}}}}));
  units.push_back(unit(2, {{&divide, {i64{0}}}}));
  units.push_back(unit(1, {{&divide, {i64{2}}}}));
  auto out = d.commit("a", std::move(units));
  CHECK(out[0].status == commit_status::committed);
  CHECK(out[1].status == commit_status::rejected);
  CHECK(out[2].status == commit_status::committed);
  CHECK(d.counter("a", "x") == 4);
  CHECK(d.commit_one("a", unit(5, {}, {{1, "k", "p"}}, 9)).status ==
        commit_status::rejected);  // not our shard
  CHECK(d.commit_one("a", unit(6, {}, {{1, "k", "p"}}, 1)).status == commit_status::committed);
}

void missing_rows_are_a_conflict(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  std::vector<commit_unit> units;
  units.push_back(unit(1, {{&insert_counter, {"x", i64{1}}}}));
  units.push_back(
      unit(2, {{&add_counter, {"x", i64{1}}, 1}, {&add_counter, {"absent", i64{1}}, 1}}));
  units.push_back(unit(3, {{&add_counter, {"absent", i64{1}}}}));
  units.push_back(unit(4, {{&delete_counter, {"x"}, 2}}));
  auto out = d.commit("a", std::move(units));
  CHECK(out[0].status == commit_status::committed);
  CHECK(out[1].status == commit_status::conflict);
  CHECK(out[1].detail == "sample.add_counter");
  CHECK(out[2].status == commit_status::committed);
  CHECK(out[3].status == commit_status::conflict);
  CHECK(d.counter("a", "x") == 1);
}

void answers_come_in_the_order_of_append(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto& lane = w.node("a").lane();
  REQUIRE(w.until([&] { return lane.accepting(); }));
  std::vector<int> order;
  for (int i = 0; i < 200; ++i) {
    auto u = unit(1, {note(1, i == 120 ? 3 : i + 1)});
    u.done = [&order, i](const commit_outcome&) { order.push_back(i); };
    REQUIRE(lane.append(std::move(u)));
  }
  REQUIRE(w.until([&] { return order.size() == 200; }));
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(d.read("a", {&count_notes, {}}).int8(0, 0) == 120);
}

void another_lane_takes_over_only_what_has_expired(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim("a", 3).size() == 3);
  REQUIRE(d.commit_one("a", unit(1, {}, {{1, "k", "p"}}, 2)).status == commit_status::committed);
  CHECK(d.claim("b", 3).empty());
  std::vector<shard_claim> taken;
  for (int i = 0; i < 50 && taken.empty(); ++i) {  // `a` may renew in between
    w.expire("a");
    taken = d.claim("b", 3);
  }
  REQUIRE(taken.size() == 3);
  CHECK(taken[2].epoch == 2);
  CHECK(taken[2].last_event_seq == 1);
  CHECK(d.commit_one("b", unit(1, {}, {{1, "k", "p"}}, 2)).first_event == 2);
  auto& a = w.node("a").lane();
  REQUIRE(w.until([&] { return a.fenced(); }));
  CHECK(!a.accepting());
  CHECK(!a.append(unit(2, {note(1, 1)})));
  auto old = a.id();
  std::optional<result<void>> again;
  w.node("a").reincarnate([&](auto r) { again = r; });
  REQUIRE(w.until([&] { return again.has_value(); }));
  CHECK(again->has_value());
  CHECK(w.node("a").lane().id() != old);
  CHECK(!w.node("a").lane().fenced());
  CHECK(d.claim("a", 3).empty());
}

void a_lane_that_is_given_back_is_claimed_at_once(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim("a", 3).size() == 3);
  REQUIRE(d.commit_one("a", unit(1, {}, {{1, "k", "p"}}, 2)).status == commit_status::committed);
  std::optional<result<void>> again;
  w.node("a").reincarnate([&](auto r) { again = r; });
  REQUIRE(w.until([&] { return again && again->has_value(); }));
  const auto taken = d.claim("b", 3);
  REQUIRE(taken.size() == 3);
  CHECK(d.claim("a", 3).empty());
  CHECK(d.commit_one("b", unit(1, {}, {{1, "k", "p"}}, 2)).first_event == 2);
}

void a_fenced_unit_writes_nothing(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto& a = w.node("a").lane();
  REQUIRE(w.until([&] { return a.accepting(); }));
  d.claim("b", 1);
  std::vector<shard_claim> taken;
  for (int i = 0; i < 50 && taken.empty(); ++i) {
    w.expire("a");
    taken = d.claim("b", 1);
  }
  REQUIRE(taken.size() == 1);
  std::optional<commit_outcome> answer;
  auto u = unit(1, {note(1, 1)}, {{1, "k", "p"}});
  u.done = [&](const commit_outcome& o) { answer = o; };
  if (a.append(std::move(u))) {
    REQUIRE(w.until([&] { return answer.has_value(); }));
    CHECK(answer->status == commit_status::fenced);
  }
  CHECK(d.read("b", {&count_notes, {}}).int8(0, 0) == 0);
  CHECK(d.read("b", {&rq::outbox_head, {i64{0}}}).int8(0, 0) == 0);
}

void a_stopped_lane_leaves_its_shards_at_once(contract_world& w) {
  driver d{w};
  REQUIRE(d.claim("a", 2).size() == 2);
  REQUIRE(d.commit_one("a", unit(1, {note(1, 1)})).status == commit_status::committed);
  w.stop("a");
  CHECK(d.claim("b", 2).size() == 2);
}

void the_lease_follows_the_commits(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto& lane = w.node("a").lane();
  REQUIRE(w.until([&] { return lane.lease_until() != std::chrono::steady_clock::time_point{}; }));
  auto before = lane.lease_until();
  REQUIRE(d.commit_one("a", unit(1, {note(1, 1)})).status == commit_status::committed);
  CHECK(lane.lease_until() >= before);
}

void marks_and_offsets_never_go_back(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  d.commit_one("a", unit(1, {{&rq::save_mark, {i64{3}, "user", i64{1}, i64{10}}},
                             {&rq::save_offset, {"user", i64{1}, i64{4}}}}));
  d.commit_one("a", unit(1, {{&rq::save_mark, {i64{3}, "user", i64{1}, i64{9}}},
                             {&rq::save_offset, {"user", i64{1}, i64{6}}},
                             {&rq::save_mark, {i64{3}, "auth", i64{0}, i64{2}}}}));
  // A15.1: of several in one batch the greatest stays, in any order.
  d.commit_one("a", unit(1, {{&rq::save_mark, {i64{3}, "user", i64{1}, i64{12}}},
                             {&rq::save_mark, {i64{3}, "user", i64{1}, i64{11}}},
                             {&rq::save_offset, {"user", i64{1}, i64{8}}},
                             {&rq::save_offset, {"user", i64{1}, i64{7}}}}));
  auto marks = d.read("a", {&rq::load_marks, {i64{3}}});
  REQUIRE(marks.size() == 2);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(marks.int8(i, 2) == (marks.text(i, 0) == "user" ? 12 : 2));
  auto offsets = d.read("a", {&rq::load_offsets, {}});
  REQUIRE(offsets.size() == 1);
  CHECK(offsets.text(0, 0) == "user");
  CHECK(offsets.int8(0, 2) == 8);
}

void dead_letters_are_kept_by_key(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto letter = [](i64 seq, std::string key, std::string status) {
    return statement{&rq::insert_dead_letter,
                     {"user", i64{2}, seq, i64{700}, std::move(key), bytes{"body"},
                      std::move(status), "why", i64{5}}};
  };
  auto out = d.commit("a", [&] {
    std::vector<commit_unit> units;
    units.push_back(unit(1, {letter(4, "anna", "dead")}));
    units.push_back(unit(1, {letter(5, "anna", "waiting"), letter(6, "bert", "dead")}));
    return units;
  }());
  for (const auto& o : out) CHECK(o.status == commit_status::committed);
  CHECK(d.commit_one("a", unit(1, {letter(4, "anna", "dead")})).status == commit_status::committed);
  using types = std::vector<i64>;
  auto anna =
      d.read("a", {&rq::dead_letters_of_key, {"user", i64{2}, "anna", types{700}, i64{10}}});
  REQUIRE(anna.size() == 2);
  CHECK(anna.int8(0, 0) == 4);
  CHECK(anna.blob(0, 2) == "body");
  CHECK(anna.int8(1, 3) == 5);
  CHECK(d.read("a", {&rq::dead_letters_of_key, {"user", i64{2}, "anna", types{700}, i64{1}}})
            .size() == 1);
  CHECK(d.read("a", {&rq::dead_letters_of_key, {"user", i64{2}, "anna", types{701}, i64{10}}})
            .empty());
  auto keys = d.read("a", {&rq::dead_letter_keys, {"user", i64{2}}});
  REQUIRE(keys.size() == 2);
  CHECK(keys.text(0, 0) == "anna");
  CHECK(keys.int8(0, 2) == 2);
  auto page = d.read("a", {&rq::dead_letter_page, {"user", i64{2}, i64{4}, i64{10}}});
  REQUIRE(page.size() == 2);
  CHECK(page.int8(1, 2) == 6);
  CHECK(page.text(0, 5) == "waiting");
  CHECK(d.read("a", {&rq::dead_letter_page, {"", i64{0}, i64{0}, i64{10}}}).size() == 3);
  CHECK(d.read("a", {&rq::find_dead_letter, {"user", i64{2}, i64{6}}}).text(0, 0) == "bert");
}

void a_dead_letter_leaves_with_its_effect(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  const auto insert = [](i64 seq) {
    return statement{
        &rq::insert_dead_letter,
        {"user", i64{2}, seq, i64{700}, "anna", bytes{"body"}, "waiting", "why", i64{1}}};
  };
  const auto remove = [](i64 seq) {
    return statement{&rq::delete_dead_letter, {"user", i64{2}, seq}, 1};
  };
  CHECK(d.commit_one("a", unit(1, {insert(1), insert(2)})).status == commit_status::committed);
  statement failed{&rq::fail_dead_letter, {"user", i64{2}, i64{1}, "again", i64{7}}, 1};
  CHECK(d.commit_one("a", unit(1, {failed})).status == commit_status::committed);
  auto page = d.read("a", {&rq::dead_letter_page, {"", i64{0}, i64{0}, i64{1}}});
  CHECK(page.text(0, 5) == "dead");
  CHECK(page.text(0, 6) == "again");
  CHECK(page.int8(0, 7) == 7);
  CHECK(d.commit_one("a", unit(1, {remove(1)})).status == commit_status::committed);
  CHECK(d.commit_one("a", unit(1, {remove(1)})).status == commit_status::conflict);
  CHECK(d.read("a", {&rq::find_dead_letter, {"user", i64{2}, i64{1}}}).empty());
}

void the_parts_of_a_dead_letter_are_told_once_and_leave_with_it(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  const auto insert = [](i64 seq) {
    return statement{&rq::insert_dead_letter,
                     {"user", i64{2}, seq, i64{700}, "anna", bytes{"body"}, "dead", "why", i64{1}}};
  };
  const auto part = [](i64 seq, i64 shard) {
    return statement{&rq::insert_dead_letter_part, {"user", i64{2}, seq, shard}};
  };
  CHECK(d.commit_one("a", unit(0, {part(1, 3), insert(1), part(1, 5)})).status ==
        commit_status::committed);
  CHECK(d.commit_one("a", unit(0, {part(1, 3)})).status == commit_status::conflict);
  CHECK(d.commit_one("a", unit(0, {part(2, 3)})).status == commit_status::rejected);
  auto found = d.read("a", {&rq::dead_letter_parts, {"user", i64{2}, i64{1}}});
  REQUIRE(found.size() == 2);
  CHECK(found.int8(0, 0) == 3);
  CHECK(found.int8(1, 0) == 5);
  statement gone{&rq::delete_dead_letter, {"user", i64{2}, i64{1}}, 1};
  CHECK(d.commit_one("a", unit(0, {gone})).status == commit_status::committed);
  CHECK(d.read("a", {&rq::dead_letter_parts, {"user", i64{2}, i64{1}}}).empty());
}

void sagas_are_kept_by_entity_and_outlive_it(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  saga_row row{"s1", "anna", saga_phase::waiting, 2, true, "detail", 1000, 2000};
  CHECK(d.commit_one("a", unit(0, {save_saga("leaving", row)})).status == commit_status::committed);
  auto found = read_saga(d.read("a", saga_of_entity("leaving", "anna")));
  REQUIRE(found);
  CHECK(found->id == "s1");
  CHECK(found->step == 2);
  CHECK(found->turned);
  CHECK(found->detail == "detail");
  CHECK(found->step_at == 2000);
  CHECK_FALSE(read_saga(d.read("a", saga_of_entity("other", "anna"))));
  CHECK(read_sagas(d.read("a", open_sagas("", 10))).empty());
  row.phase = saga_phase::stuck;
  CHECK(d.commit_one("a", unit(0, {save_saga("leaving", row)})).status == commit_status::committed);
  CHECK(read_sagas(d.read("a", open_sagas("", 10))).size() == 1);
  CHECK(read_sagas(d.read("a", open_sagas("s1", 10))).empty());
  row.phase = saga_phase::done;
  row.entity.clear();
  CHECK(d.commit_one("a", unit(0, {save_saga("leaving", row)})).status == commit_status::committed);
  CHECK_FALSE(read_saga(d.read("a", saga_of_entity("leaving", ""))));
  CHECK(read_saga(d.read("a", find_saga("leaving", "s1")))->phase == saga_phase::done);
  CHECK(d.commit_one("a", unit(0, {delete_saga("s1")})).status == commit_status::committed);
  CHECK_FALSE(read_saga(d.read("a", find_saga("leaving", "s1"))));
}

void emptied_letters_keep_their_rows(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  const auto letter = [](i64 seq, i64 type, std::string key) {
    return statement{
        &rq::insert_dead_letter,
        {"user", i64{2}, seq, type, std::move(key), bytes{"body"}, "dead", "why", i64{1}}};
  };
  statement empty{&rq::empty_dead_letters, {"anna", std::vector<i64>{701}}};
  CHECK(d.commit_one("a", unit(0, {letter(1, 700, "anna"), letter(2, 701, "anna"),
                                   letter(3, 700, "bert"), empty}))
            .status == commit_status::committed);
  using types = std::vector<i64>;
  const auto payload = [&](std::string key, i64 type) {
    auto r = d.read(
        "a", {&rq::dead_letters_of_key, {"user", i64{2}, std::move(key), types{type}, i64{1}}});
    return r.empty() ? std::string("none") : r.blob(0, 2);
  };
  CHECK(payload("anna", 0).empty());
  CHECK(payload("anna", 700) == "none");
  CHECK(payload("anna", 701) == "body");
  CHECK(payload("bert", 700) == "body");
  const timestamp far_ahead{4'000'000'000'000};
  const auto due = [&] { return d.read("a", {&rq::emptied_letters, {far_ahead, i64{9}}}); };
  CHECK(due().int8(0, 0) == 1);
  statement step{&rq::delete_emptied_letters, {far_ahead, i64{9}}};
  CHECK(d.commit_one("a", unit(0, {step})).status == commit_status::committed);
  CHECK(due().int8(0, 0) == 0);
  CHECK(d.read("a", {&rq::dead_letter_page, {"", i64{0}, i64{0}, i64{10}}}).size() == 2);
  const auto naming = [&](std::string account, i64 type) {
    return statement{&rq::empty_letters_naming, {std::move(account), types{type}}};
  };
  CHECK(d.commit_one("a", unit(0, {naming("nod", 700), naming("bod", 701)})).status ==
        commit_status::committed);
  CHECK(payload("bert", 700) == "body");
  CHECK(payload("anna", 701) == "none");
}

void reminders_come_due_in_order(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto set = [](std::string key, i64 due) {
    return statement{&rq::upsert_reminder,
                     {i64{1}, "account", std::move(key), "expire", timestamp{due}, i64{0}}};
  };
  auto first = d.commit("a", [&] {
    std::vector<commit_unit> units;
    units.push_back(unit(1, {set("x", 5000), set("y", 3000), set("z", 9000)}));
    units.push_back(unit(1, {set("x", 2000)}));
    return units;
  }());
  CHECK(first[1].status == commit_status::committed);
  const std::vector<std::string> kinds{"account"}, others{"other"};
  CHECK(d.read("a", {&rq::due_reminders, {i64{1}, timestamp{5000}, i64{10}, others}}).empty());
  CHECK(d.read("a", {&rq::next_reminder, {i64{1}, others}}).null(0, 0));
  auto due = d.read("a", {&rq::due_reminders, {i64{1}, timestamp{5000}, i64{10}, kinds}});
  REQUIRE(due.size() == 2);
  CHECK(due.text(0, 1) == "x");
  CHECK(due.time(0, 3) == 2000);
  CHECK(due.text(1, 1) == "y");
  CHECK(d.read("a", {&rq::next_reminder, {i64{1}, kinds}}).time(0, 0) == 2000);
  d.commit_one("a", unit(1, {{&rq::settle_reminder, {"account", "x", "expire", timestamp{1999}}}}));
  CHECK(d.read("a", {&rq::next_reminder, {i64{1}, kinds}}).time(0, 0) == 2000);
  d.commit_one("a", unit(1, {{&rq::settle_reminder, {"account", "x", "expire", timestamp{2000}}},
                             {&rq::delete_reminder, {"account", "y", "expire"}, 1}}));
  CHECK(d.read("a", {&rq::next_reminder, {i64{1}, kinds}}).time(0, 0) == 9000);
  CHECK(d.read("a", {&rq::next_reminder, {i64{2}, kinds}}).null(0, 0));
}

void reminders_of_a_batch_end_together(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  const auto set = [](std::string key, i64 due, i64 every = 0) {
    return statement{&rq::upsert_reminder,
                     {i64{1}, "account", std::move(key), "expire", timestamp{due}, every}};
  };
  const auto over = [](std::string key, i64 due) {
    return statement{&rq::settle_reminder, {"account", std::move(key), "expire", timestamp{due}}};
  };
  const auto again = [](std::string key, i64 due, i64 next) {
    return statement{&rq::repeat_reminder,
                     {"account", std::move(key), "expire", timestamp{due}, timestamp{next}}};
  };
  d.commit_one("a", unit(1, {set("gone", 1000), set("moved", 1000), set("moves", 1000),
                             set("comes", 1000, 500), set("same", 1000)}));
  d.commit("a", [&] {
    std::vector<commit_unit> units;
    units.push_back(unit(1, {set("moved", 7000)}));  // before its effect
    units.push_back(unit(2, {over("gone", 1000)}));
    units.push_back(unit(3, {over("moved", 1000)}));
    units.push_back(unit(4, {over("moves", 1000), set("moves", 8000)}));
    units.push_back(unit(5, {again("comes", 1000, 1500)}));
    units.push_back(unit(6, {over("same", 1000)}));
    units.push_back(unit(6, {set("same", 1000)}));  // behind its effect: it comes again
    return units;
  }());
  const auto due =
      d.read("a", {&rq::due_reminders,
                   {i64{1}, timestamp{9000}, i64{10}, std::vector<std::string>{"account"}}});
  REQUIRE(due.size() == 4);
  std::string found;
  for (std::size_t i = 0; i < due.size(); ++i)
    found += due.text(i, 1) + std::to_string(due.time(i, 3)) + " ";
  CHECK(found == "same1000 comes1500 moved7000 moves8000 ");
}

void an_idempotency_key_is_taken_once(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  auto take = [](std::string body) {
    return statement{&rq::insert_idempotency,
                     {"scope", "key", i64{519}, bytes{std::move(body)}, bytes{"reply"}}};
  };
  CHECK(d.commit_one("a", unit(1, {take("one")})).status == commit_status::committed);
  CHECK(d.commit_one("a", unit(2, {take("two")})).status == commit_status::conflict);
  auto found = d.read("a", {&rq::find_idempotency, {"scope", "key"}});
  REQUIRE(found.size() == 1);
  CHECK(found.int8(0, 0) == 519);
  CHECK(found.blob(0, 1) == "one");
  CHECK(d.read("a", {&rq::find_idempotency, {"scope", "other"}}).empty());
  d.commit_one("a",
               unit(3, {{&rq::prune_idempotency, {timestamp{i64{4'000'000'000'000}}, i64{10}}}}));
  CHECK(d.read("a", {&rq::find_idempotency, {"scope", "key"}}).empty());
}

void pruning_keeps_the_newest_event(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  d.commit_one("a", unit(1, {}, {{1, "k", "1"}, {1, "k", "2"}, {1, "k", "3"}}));
  d.commit_one("a", unit(1, {{&rq::prune_outbox, {i64{0}, i64{3}}}}));
  auto left = d.read("a", {&rq::outbox_page, {i64{0}, i64{0}, i64{10}}});
  REQUIRE(left.size() == 1);
  CHECK(left.int8(0, 0) == 3);
  w.stop("a");
  auto claimed = d.claim("b", 1);
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].last_event_seq == 3);
}

void retention_deletes_what_is_old_in_steps(contract_world& w) {
  driver d{w};
  d.claim("a", 2);
  std::vector<commit_unit> units;
  for (i64 n = 0; n < 25; ++n)
    units.push_back(unit(0,
                         {{&rq::insert_idempotency,
                           {"scope", "key " + std::to_string(n), i64{1}, bytes{"b"}, bytes{"r"}}}},
                         {{1, "k", "p"}}, static_cast<std::uint32_t>(n % 2)));
  for (const auto& o : d.commit("a", std::move(units)))
    REQUIRE(o.status == commit_status::committed);
  const std::vector<retention_job> jobs{
      {"idempotency", &rq::idempotency_due, &rq::prune_idempotency, std::chrono::hours(1)}};
  auto kept = std::make_shared<retention>(w.node("a"), jobs,
                                          retention::limits{10, std::chrono::minutes(1)});
  const auto shown = [&](metric family, std::string_view table) {
    metric_samples out;
    kept->collect(out, "t");
    return out.value(family, {"t", table});
  };
  constexpr unix_ms long_ago = 1'000'000'000'000, far_ahead = 4'000'000'000'000;
  auto now = std::chrono::steady_clock::time_point{} + std::chrono::hours(1);
  kept->tick(now, long_ago);  // nothing is that old: it rests for a minute
  REQUIRE(
      w.until([&] { return shown(metric::nova_storage_retention_behind, "idempotency") == 0; }));
  CHECK(shown(metric::nova_storage_retention_deleted_total, "idempotency") == 0);
  REQUIRE(w.until([&] {
    kept->tick(now += std::chrono::seconds(61), far_ahead);
    return shown(metric::nova_storage_retention_deleted_total, "idempotency") == 25;
  }));
  CHECK(d.read("a", {&rq::idempotency_due, {timestamp{far_ahead}, i64{100}}}).int8(0, 0) == 0);
}

void retention_keeps_what_a_consumer_has_not_read(contract_world& w) {
  driver d{w};
  d.claim("a", 1);
  const timestamp now{system_wall_clock().now()};
  d.commit_one("a", unit(1, {{&rq::extend_outbox, {now, i64{10}, i64{3600}}}}));
  CHECK(d.read("a", {&rq::outbox_short, {now, i64{10}, i64{3600}}}).int8(0, 0) == 0);
  d.commit_one("a", unit(1, {}, {{1, "k", "1"}, {1, "k", "2"}, {1, "k", "3"}}));
  constexpr unix_ms far_ahead = 4'000'000'000'000;
  const auto due = [&](i64 read, unix_ms at_last) {
    return d
        .read("a", {&rq::outbox_due,
                    {timestamp{far_ahead}, i64{10}, timestamp{at_last}, std::vector<i64>{read}}})
        .int8(0, 0);
  };
  CHECK(due(-1, 0) == 0);  // the consumer's offset is not known yet
  CHECK(due(0, 0) == 0);
  CHECK(due(3, 0) > 0);
  CHECK(due(0, far_ahead) > 0);  // the limit: dropped although it is unread
}

}  // namespace

const std::vector<contract_case>& contract_cases() {
  static const std::vector<contract_case> cases = {
#define CASE(f) {#f, f}
      CASE(events_are_numbered_without_gaps),
      CASE(merged_statements_write_every_row_and_the_last_value),
      CASE(effects_come_in_the_order_of_decisions),
      CASE(a_conflict_takes_only_its_own_activation_along),
      CASE(what_the_database_refuses_is_rejected_alone),
      CASE(missing_rows_are_a_conflict),
      CASE(answers_come_in_the_order_of_append),
      CASE(another_lane_takes_over_only_what_has_expired),
      CASE(a_lane_that_is_given_back_is_claimed_at_once),
      CASE(a_fenced_unit_writes_nothing),
      CASE(a_stopped_lane_leaves_its_shards_at_once),
      CASE(the_lease_follows_the_commits),
      CASE(marks_and_offsets_never_go_back),
      CASE(dead_letters_are_kept_by_key),
      CASE(a_dead_letter_leaves_with_its_effect),
      CASE(the_parts_of_a_dead_letter_are_told_once_and_leave_with_it),
      CASE(sagas_are_kept_by_entity_and_outlive_it),
      CASE(emptied_letters_keep_their_rows),
      CASE(reminders_come_due_in_order),
      CASE(reminders_of_a_batch_end_together),
      CASE(an_idempotency_key_is_taken_once),
      CASE(pruning_keeps_the_newest_event),
      CASE(retention_deletes_what_is_old_in_steps),
      CASE(retention_keeps_what_a_consumer_has_not_read),
#undef CASE
  };
  return cases;
}

}  // namespace nova::test
