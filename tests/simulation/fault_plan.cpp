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
    {"link lost", 8, 0, 0},
    {"one-way cut", 6, 100, 4000},
    {"cut", 4, 100, 4000},
    {"node cut off", 4, 100, 5000},
    {"slow link", 4, 20, 400},
    {"full link", 3, 50, 1500},
    {"move", 10, 0, 0},
    {"leave", 4, 100, 1500},
    {"crash before a refresh is told", 5, 50, 1500},
    {"move before a refresh is told", 5, 100, 800},
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
  auto* found = node->database(b.domain);
  if (found == nullptr) return;
  auto& db = *found;
  const bool all = c.lanes() == 1 || b.lane >= c.lanes();
  auto later = [&](auto undo) {
    const auto which = c.incarnation(b.node);
    c.plan(c.now() + milliseconds(b.amount), 0, [&c, b, which, undo] {
      if (c.incarnation(b.node) == which) undo(*c.node(b.node)->database(b.domain));
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

void strike_path(cluster& c, const planned_blow& b) {
  auto& net = c.network();
  const auto later = [&](milliseconds in, auto undo) { c.plan(c.now() + in, 0, undo); };
  const milliseconds amount(b.amount);
  switch (b.what) {
    case blow::one_way:
      net.cut(b.node, b.other, true);
      return later(amount, [&net, b] { net.cut(b.node, b.other, false); });
    case blow::cut:
    case blow::alone: {
      const auto cut = [&c, &net, b](bool yes) {
        for (std::size_t i = 0; i < c.size(); ++i)
          if (i != b.node && (i == b.other || b.what == blow::alone)) {
            net.cut(b.node, i, yes);
            net.cut(i, b.node, yes);
          }
      };
      cut(true);
      return later(amount, [cut] { cut(false); });
    }
    case blow::slow_link:
      net.delay(b.node, b.other, amount);
      return later(milliseconds(2000),
                   [&net, b] { net.delay(b.node, b.other, virtual_network::usual_delay); });
    case blow::full_link:
      net.fill(b.node, b.other, true);
      return later(amount, [&net, b] { net.fill(b.node, b.other, false); });
    default: return net.reset(b.node, b.other);
  }
}

/// Of one part, or of all parts that its owner has; refused when the other node cannot own it.
void move(cluster& c, const planned_blow& b) {
  const auto domain = std::string(memory_doubles()[b.domain].domain);
  const auto part = b.lane < c.lanes() ? std::optional(b.lane) : std::nullopt;
  for (std::size_t i = 0; i < c.size(); ++i)
    if (auto* node = c.node(i); node != nullptr && i != b.other)
      (void)node->node().give(domain, part, virtual_network::name_of(b.other));
}

void leave(cluster& c, const planned_blow& b) {
  auto* node = c.node(b.node);
  if (node == nullptr) return;
  node->give_all();
  const auto which = c.incarnation(b.node);
  c.plan(c.now() + milliseconds(1200), c.random(100), [&c, b, which] {
    if (c.incarnation(b.node) == which) crash_and_return(c, b.node, milliseconds(b.amount), 1);
  });
}

/// The node is one that owes: a reader of messaging has committed the effect of a block.
void strike_owing(cluster& c, const planned_blow& b, std::size_t node) {
  if (b.what == blow::owing_crash) return crash_and_return(c, node, milliseconds(b.amount), 1);
  auto& net = c.network();
  const auto to = (node + 1 + c.random(c.size() - 1)) % c.size();
  for (std::size_t i = 0; i < c.size(); ++i)
    if (i != node && i != to) net.delay(node, i, milliseconds(b.amount));
  c.plan(c.now() + milliseconds(2000), 0, [&net, &c, node] {
    for (std::size_t i = 0; i < c.size(); ++i)
      if (i != node) net.delay(node, i, virtual_network::usual_delay);
  });
  (void)c.node(node)->node().give("messaging", std::nullopt, virtual_network::name_of(to));
}

/// Somewhere between the commit and the last answer to a refresh, of the blocks of some seconds.
void lie_in_wait(cluster& c, workload& w, const planned_blow& b) {
  constexpr milliseconds within{4000};
  constexpr std::uint64_t steps_of_it = 12;
  const auto until = c.now() + within;
  c.on_step([&c, &w, b, until, struck = false]() mutable {
    if (struck || c.now() > until) return;
    for (std::size_t i = 0; i < c.size(); ++i) {
      auto* node = c.node(i);
      if (node == nullptr || node->paused() || !node->owes_refresh()) continue;
      if (c.random(steps_of_it) != 0) return;
      struck = true;
      w.end_blocks();  // the next one would have the entity load anew
      return strike_owing(c, b, i);
    }
  });
}

void strike(cluster& c, workload& w, const planned_blow& b) {
  switch (b.what) {
    case blow::owing_crash:
    case blow::owing_move: return lie_in_wait(c, w, b);
    case blow::link_lost:
    case blow::one_way:
    case blow::cut:
    case blow::alone:
    case blow::slow_link:
    case blow::full_link: return strike_path(c, b);
    case blow::move: return move(c, b);
    case blow::leave: return leave(c, b);
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
         std::to_string(b.after_steps) + " steps, node " + std::to_string(b.node) +
         (b.other != b.node ? " and " + std::to_string(b.other) : "") + ", " +
         std::string(memory_doubles()[b.domain].domain) + " lane " + std::to_string(b.lane) + ", " +
         std::to_string(b.amount);
}

std::vector<planned_blow> draw_blows(cluster& c, milliseconds from, milliseconds until) {
  std::uint64_t total = 0;
  for (std::size_t k = 0; k < (c.linked() ? blow_kinds : alone_kinds); ++k) total += rows[k].weight;
  std::vector<planned_blow> out;
  const auto count = (c.linked() ? 3 : 2) + c.random(4);
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
    b.other = c.linked() ? (b.node + 1 + c.random(c.size() - 1)) % c.size() : b.node;
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
