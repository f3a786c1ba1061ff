// See fault_plan.hpp.
#include "tests/simulation/fault_plan.hpp"

#include <algorithm>

namespace nova::simulation {

using storage::commit_fault;

namespace {

struct blow_row {
  std::string_view name;
  std::uint64_t weight;
  std::int64_t least, most;  ///< of its amount
};

constexpr blow_row rows[blow_kinds] = {
    {"crash", 6, 50, 2500},
    {"crash twice", 2, 50, 1500},
    {"commits fail", 2, 1, 4},
    {"lost before", 2, 1, 3},
    {"lost reply", 3, 1, 3},
    {"lost reply, then crash", 3, 50, 1500},
    {"database away", 2, 50, 4000},
    {"slow disk", 2, 50, 4500},
    {"pause", 2, 50, 1500},
    {"long pause", 3, 5000, 9000},
    {"wall jump", 2, -20'000, 40'000},
    {"herd", 2, 0, 0},
    {"deaf devices", 2, 200, 3000},
    {"a shard's actor falls", 3, 0, 3},
};

const blow_row& row_of(blow b) { return rows[static_cast<std::size_t>(b)]; }

void crash_and_return(cluster& c, std::size_t node, milliseconds down, int times) {
  c.crash(node);
  c.plan(c.now() + down, c.random(400), [&c, node, down, times] {
    c.start(node);
    if (times < 2) return;
    c.plan(c.now() + milliseconds(20 + c.random(300)), c.random(400),
           [&c, node, down, times] { crash_and_return(c, node, down, times - 1); });
  });
}

void strike_database(cluster& c, const planned_blow& b) {
  auto* node = c.node(b.node);
  if (node == nullptr) return;
  auto& db = node->database(b.domain);
  const bool all = c.lanes() == 1 || b.lane >= c.lanes();
  auto later = [&](auto undo) {
    const auto which = c.incarnation(b.node);
    c.plan(c.now() + milliseconds(b.amount), 0, [&c, b, which, undo] {
      if (c.incarnation(b.node) == which) undo(c.node(b.node)->database(b.domain));
    });
  };
  switch (b.what) {
    case blow::away:
      if (all) {
        db.set_away(true);
        return later([](auto& d) { d.set_away(false); });
      }
      db.part(b.lane).set_away(true);
      return later([b](auto& d) { d.part(b.lane).set_away(false); });
    case blow::slow_disk:
      if (all) {
        db.hold_commits(true);
        return later([](auto& d) { d.hold_commits(false); });
      }
      db.part(b.lane).hold_commits(true);
      return later([b](auto& d) { d.part(b.lane).hold_commits(false); });
    case blow::lost_crash:
      db.part(b.lane).inject(commit_fault::lose_reply);
      return c.plan(c.now(), c.random(40),
                    [&c, b] { crash_and_return(c, b.node, milliseconds(b.amount), 1); });
    default: break;
  }
  const auto fault = b.what == blow::commit_fails  ? commit_fault::fail
                     : b.what == blow::lost_before ? commit_fault::lose_before
                                                   : commit_fault::lose_reply;
  for (std::int64_t i = 0; i < b.amount; ++i) db.part(b.lane).inject(fault);
}

void pause(cluster& c, const planned_blow& b) {
  if (c.node(b.node) == nullptr) return;
  c.node(b.node)->pause();
  const auto which = c.incarnation(b.node);
  c.plan(c.now() + milliseconds(b.amount), 0, [&c, b, which] {
    if (c.incarnation(b.node) == which) c.node(b.node)->resume();
  });
}

void strike(cluster& c, workload& w, const planned_blow& b) {
  switch (b.what) {
    case blow::crash: return crash_and_return(c, b.node, milliseconds(b.amount), 1);
    case blow::crash_twice: return crash_and_return(c, b.node, milliseconds(b.amount), 2);
    case blow::pause:
    case blow::long_pause: return pause(c, b);
    case blow::wall_jump:
      if (c.node(b.node)) c.node(b.node)->jump_wall(milliseconds(b.amount));
      return;
    case blow::herd:
      for (auto& d : w.devices()) d->cut();
      return;
    case blow::deaf:
      for (auto& d : w.devices())
        if (c.random(4) == 0) d->be_deaf(c.now() + milliseconds(b.amount));
      return;
    case blow::fall:
      if (c.node(b.node)) c.node(b.node)->fall(b.domain, static_cast<std::uint32_t>(b.amount));
      return;
    default: return strike_database(c, b);
  }
}

}  // namespace

std::string describe(const planned_blow& b) {
  return std::string(row_of(b.what).name) + " at " + std::to_string(b.at.count()) + " ms +" +
         std::to_string(b.after_steps) + " steps, node " + std::to_string(b.node) + ", " +
         std::string(memory_doubles()[b.domain].domain) + " lane " + std::to_string(b.lane) + ", " +
         std::to_string(b.amount);
}

std::vector<planned_blow> draw_blows(cluster& c, milliseconds from, milliseconds until) {
  std::uint64_t total = 0;
  for (const auto& r : rows) total += r.weight;
  std::vector<planned_blow> out;
  const auto count = 2 + c.random(4);
  while (out.size() < count) {
    auto roll = c.random(total);
    std::size_t kind = 0;
    while (roll >= rows[kind].weight) roll -= rows[kind++].weight;
    planned_blow b;
    b.what = static_cast<blow>(kind);
    b.at = from + milliseconds(c.random(static_cast<std::uint64_t>((until - from).count())));
    b.after_steps = c.random(300);
    b.node = c.random(c.size());
    b.domain =
        c.random(4) == 0 ? c.random(memory_doubles().size()) : double_of("messaging").value();
    b.amount = rows[kind].least + static_cast<std::int64_t>(c.random(static_cast<std::uint64_t>(
                                      rows[kind].most - rows[kind].least + 1)));
    if (c.lanes() > 1) b.lane = static_cast<std::uint32_t>(c.random(c.lanes() + 1));
    out.push_back(b);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

void arrange(cluster& c, workload& w, const planned_blow& b) {
  c.plan(b.at, b.after_steps, [&c, &w, b] { strike(c, w, b); });
}

}  // namespace nova::simulation
