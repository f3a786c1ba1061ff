// See run.hpp.
#include "tests/simulation/run.hpp"

#include "config/settings/roles.hpp"
#include "protocols/core/log.hpp"
#include "tests/support/event_streams.hpp"

#include "tests/crash/checker.hpp"
#include "tests/simulation/fault_plan.hpp"
#include "tests/simulation/messaging_columns.hpp"

#include <algorithm>

namespace nova::simulation {

namespace {

constexpr milliseconds load_time{8000};
constexpr milliseconds patience{60'000};
constexpr milliseconds quiet{3000};

node_settings draw_settings(runtime::seeded_random& r, std::vector<std::string>& plan) {
  node_settings s;
  s.runtime.courier_slots = 4;
  s.runtime.probe_ms = 1000;
  s.gateway.resume_key = std::string(32, 'r');
  s.gateway.web_root.clear();
  s.shards = 1 + static_cast<std::uint32_t>(r.next() % 4);
  s.disk_ms = static_cast<unsigned>(r.next() % 3) * 15;
  if (r.next() % 2) s.storage.batch_units = 1 + static_cast<std::uint32_t>(r.next() % 6);
  if (r.next() % 2) s.runtime.max_entities = 2 + static_cast<std::uint32_t>(r.next() % 4);
  if (r.next() % 2) s.runtime.offset_events = 1 + static_cast<std::uint32_t>(r.next() % 3);
  if (r.next() % 2) s.messaging.recent_sends = 4 + static_cast<std::int64_t>(r.next() % 16);
  if (r.next() % 3 == 0)
    s.messaging.resume_messages_each = 5 + static_cast<std::int64_t>(r.next() % 20);
  if (r.next() % 3 == 0) s.gateway.max_queued_bytes = 8192;
  if (r.next() % 4 == 0)
    s.messaging.resume_changes_each = 1 + static_cast<std::int64_t>(r.next() % 6);
  plan.push_back("shards " + std::to_string(s.shards) + ", disk " + std::to_string(s.disk_ms) +
                 " ms, batch " + std::to_string(s.storage.batch_units) + ", entities " +
                 std::to_string(s.runtime.max_entities) + ", recent " +
                 std::to_string(s.messaging.recent_sends) + ", replay " +
                 std::to_string(s.messaging.resume_messages_each) + "/" +
                 std::to_string(s.messaging.resume_changes_each) + ", queue " +
                 std::to_string(s.gateway.max_queued_bytes));
  return s;
}

void draw_links(runtime::seeded_random& r, cluster_options& o, std::vector<std::string>& plan) {
  auto& s = o.settings.cluster;
  o.linked = true;
  o.nodes = 2 + static_cast<std::size_t>(r.next() % 3);
  s.parts = 1 + static_cast<std::uint32_t>(r.next() % 3);
  o.settings.shards = s.parts + static_cast<std::uint32_t>(r.next() % 4);
  s.heartbeat_ms = r.next() % 2 ? 100 : 400;
  s.silence_ms = r.next() % 2 ? 800 : 2500;
  s.redial_ms = 100;
  s.settle_ms = 200 + static_cast<std::uint32_t>(r.next() % 4) * 300;
  s.replay_ms = r.next() % 3 ? 15'000 : 600;
  if (r.next() % 3 == 0) s.replay_bytes = 4096;
  s.resume_spread_ms = 300;
  o.roles.resize(o.nodes);
  for (std::size_t i = 0; i < o.nodes; ++i)
    if (i < 2 || r.next() % 2) o.roles[i].emplace_back(config::gateway_role);
  for (const auto& d : memory_doubles()) {
    const auto sure = r.next() % o.nodes;
    for (std::size_t i = 0; i < o.nodes; ++i)
      if (i == sure || r.next() % 3 != 0) o.roles[i].emplace_back(d.domain);
  }
  for (auto& roles : o.roles)
    if (roles.empty()) roles.emplace_back(memory_doubles().front().domain);
  std::string text =
      "parts " + std::to_string(s.parts) + " of " + std::to_string(o.settings.shards) +
      " shards, heartbeat " + std::to_string(s.heartbeat_ms) + ", silence " +
      std::to_string(s.silence_ms) + ", settle " + std::to_string(s.settle_ms) + ", replay " +
      std::to_string(s.replay_ms) + " ms " + std::to_string(s.replay_bytes) + " bytes; roles";
  for (const auto& roles : o.roles) {
    text += " |";
    for (const auto& role : roles) text += " " + role;
  }
  plan.push_back(std::move(text));
}

/// By whom each part is served and by whom each node believes it is, where that is not one node. Empty: all agree.
std::string disagreement(cluster& c) {
  for (const auto& d : memory_doubles())
    for (std::uint32_t part = 0; part < c.lanes(); ++part) {
      const auto place = std::string(d.domain) + "." + std::to_string(part);
      std::string owner;
      for (std::size_t i = 0; i < c.size(); ++i)
        if (c.node(i) != nullptr && c.node(i)->serves(d.domain, part)) {
          if (!owner.empty()) return place + " is served by " + owner + " and " + c.node(i)->name();
          owner = c.node(i)->name();
        }
      if (owner.empty()) return place + " is served by no node";
      for (std::size_t i = 0; i < c.size(); ++i) {
        if (c.node(i) == nullptr) continue;
        for (const auto& row : c.node(i)->node().status().owners)
          if (row.domain == d.domain && row.part == part && row.node != owner)
            return place + " is served by " + owner + ", and " + c.node(i)->name() + " takes " +
                   (row.node.empty() ? "no node" : row.node) + " for the owner";
      }
    }
  return {};
}

/// Nodes that run and serve the same part, each sure of its lease.
std::string double_owner(cluster& c) {
  for (const auto& d : memory_doubles())
    for (std::uint32_t part = 0; part < c.lanes(); ++part) {
      const virtual_node* first = nullptr;
      for (std::size_t i = 0; i < c.size(); ++i) {
        auto* n = c.node(i);
        if (n == nullptr || n->paused() || !n->serves(d.domain, part)) continue;
        if (first != nullptr)
          return std::string(d.domain) + "." + std::to_string(part) + " has two owners, " +
                 first->name() + " and " + n->name() + ", at " + std::to_string(c.now().count()) +
                 " ms";
        first = n;
      }
    }
  return {};
}

/// A call that a running node has kept for longer than the bus allows.
std::string broken_promise(cluster& c) {
  for (std::size_t i = 0; i < c.size(); ++i)
    if (auto* n = c.node(i); n != nullptr && !n->paused())
      if (auto what = n->broken_promise(); !what.empty())
        return what + ", by " + n->name() + ", at " + std::to_string(c.now().count()) + " ms";
  return {};
}

/// Nobody leaves here, so no saga is left when all events are taken.
void check_sagas(cluster& c, std::vector<std::string>& violations) {
  if (const auto n = c.databases().of("auth").table("saga").rows().size(); n > 0)
    violations.push_back("saga: " + std::to_string(n) + " registrations are still open");
}

/// Events that a consumer has not settled, though everything was quiet for a while.
void check_outboxes(cluster& c, std::vector<std::string>& violations) {
  for (const auto& [source, consumer] : test::event_streams()) {
    if (!double_of(source) || !double_of(consumer)) continue;
    std::map<std::int64_t, std::int64_t> settled;
    for (const auto& [key, row] : c.databases().of(consumer).table("intake_offset").rows())
      if (std::get<std::string>(row[0]) == source)
        settled[std::get<std::int64_t>(row[1])] = std::get<std::int64_t>(row[2]);
    for (const auto& [shard, row] : c.databases().of(source).shards) {
      const auto last = static_cast<std::int64_t>(c.databases().of(source).last_event(shard));
      if (settled[shard] != last)
        violations.push_back("outbox: " + source + " shard " + std::to_string(shard) + " for " +
                             consumer + " is settled up to " + std::to_string(settled[shard]) +
                             " of " + std::to_string(last));
    }
    if (!c.databases().of(consumer).table("dead_letter").rows().empty())
      violations.push_back("outbox: dead letters of " + source);
  }
}

bool settled(cluster& c) {
  std::vector<std::string> open;
  check_outboxes(c, open);
  check_sagas(c, open);
  return open.empty();
}

class one_run {
 public:
  one_run(std::uint64_t seed, run_shape shape)
      : shape_(seed ^ 0x5eed), cluster_(options(seed, shape)), workload_(cluster_, {}, record_) {
    out_.seed = seed;
    cluster_.on_tick([this] {
      if (two_owners_.empty() && cluster_.linked()) two_owners_ = double_owner(cluster_);
      if (broken_promise_.empty()) broken_promise_ = broken_promise(cluster_);
    });
  }

  verdict all() {
    play();
    if (!broken_promise_.empty()) out_.violations.push_back("unanswered: " + broken_promise_);
    out_.trace = cluster_.trace();
    out_.steps = cluster_.steps();
    out_.virtual_ms = cluster_.now().count();
    out_.sends = workload_.acked();
    out_.resent = workload_.resent();
    for (const auto& d : workload_.devices()) {
      out_.deliveries += d->count.deliveries;
      out_.resumes += d->count.resumes;
      out_.gaps += d->count.gaps;
      out_.closed_slow += d->count.closed_slow;
    }
    if (out_.violations.empty()) out_.log.clear();
    return std::move(out_);
  }

 private:
  cluster_options options(std::uint64_t seed, run_shape shape) {
    cluster_options o;
    o.seed = seed;
    o.settings = draw_settings(shape_, out_.plan);
    o.settings.storage.lanes = shape.lanes;
    o.nodes = shape_.next() % 5 < 2 ? 2 : 1;
    if (shape.linked) draw_links(shape_, o, out_.plan);
    out_.plan.push_back(std::to_string(o.nodes) + " nodes, " +
                        (shape.linked ? "linked" : std::to_string(shape.lanes) + " lanes"));
    return o;
  }

  /// The last of three and more may come when the load is on; without it each domain has a node.
  bool joins_late() {
    if (!cluster_.linked() || cluster_.size() < 3 || shape_.next() % 2) return false;
    return std::ranges::all_of(memory_doubles(), [this](const auto& d) {
      for (std::size_t i = 0; i + 1 < cluster_.size(); ++i)
        if (cluster_.has_role(i, d.domain)) return true;
      return false;
    });
  }

  void check_created() {
    std::map<std::string, int> titles;
    for (const auto& [key, row] : cluster_.databases().of("messaging").table("conversation").rows())
      if (const auto* title = std::get_if<std::string>(&row[c_title])) ++titles[*title];
    for (const auto& c : workload_.created()) {
      const auto n = titles[c.title];
      if (n > 1) out_.violations.push_back("doubled: " + c.title + " was created twice");
      if (n == 0 && c.end == crash::outcome::acked) out_.violations.push_back("lost: " + c.title);
      if (n != 0 && c.end == crash::outcome::refused)
        out_.violations.push_back("phantom: " + c.title);
    }
  }

  /// Conversations believe what is stored of blocks, whichever node has them in memory.
  void check_blocks() {
    const auto& stored = cluster_.databases().of("messaging").table("block");
    for (const auto& p : record_.block_probes) {
      const bool blocked = stored.find({*parse_uuid(p.by), *parse_uuid(p.whom)}) != nullptr;
      if (blocked != p.refused)
        out_.violations.push_back("old truth: " + p.whom + " is " + (blocked ? "" : "not ") +
                                  "blocked by " + p.by + ", and their conversation believes the " +
                                  "opposite");
    }
  }

  void check_owners() {
    for (const auto& s : cluster_.databases().all)
      for (const auto& what : s.foreign_writes) out_.violations.push_back("stale_epoch: " + what);
    if (!two_owners_.empty()) out_.violations.push_back("owners: " + two_owners_);
    if (!cluster_.linked()) return;
    cluster_.run_until([this] { return disagreement(cluster_).empty(); }, milliseconds(10'000));
    if (auto why = disagreement(cluster_); !why.empty()) out_.violations.push_back("map: " + why);
  }

  void stuck(const std::string& what) { out_.violations.push_back("stuck: " + what); }

  void play() {
    auto ready = [this] { return cluster_.ready_node() != nullptr; };
    // Both nodes start at once, or the second one stands by. Linked ones need each other.
    const bool race = shape_.next() % 2 || cluster_.linked();
    if (!race && !cluster_.run_until(ready, patience)) return stuck("not ready at the start");
    const bool late = joins_late();
    for (std::size_t i = 1; i < cluster_.size() - late; ++i) cluster_.start(i);
    if (!cluster_.run_until(ready, patience)) return stuck("not ready at the start");
    if (auto why = workload_.set_up(); !why.empty()) return stuck("set-up: " + why);
    workload_.begin();
    const auto from = cluster_.now() + milliseconds(300), until = cluster_.now() + load_time;
    for (const auto& b : draw_blows(cluster_, from, until - milliseconds(1000))) {
      out_.plan.push_back(describe(b));
      arrange(cluster_, workload_, b);
    }
    if (late) {
      const auto at = from + milliseconds(shape_.next() % 5000);
      out_.plan.push_back("the last node joins at " + std::to_string(at.count()) + " ms");
      cluster_.plan(at, 0, [this] { cluster_.start(cluster_.size() - 1); });
    }
    cluster_.run_until([&] { return cluster_.now() >= until; }, 2 * load_time);
    workload_.stop_issuing();
    if (!cluster_.run_until([this] { return workload_.idle(); }, patience))
      return stuck("operations stay unanswered: " + workload_.unanswered());
    if (!cluster_.run_until([this] { return workload_.all_open(); }, patience))
      return stuck("sockets do not open");
    // Until then the last events have had their effect, or never will.
    cluster_.run_until([] { return false; }, quiet);
    check_created();
    check_owners();
    if (auto why = workload_.read_rest(); !why.empty()) return stuck("at rest: " + why);
    // A device has one socket at a time: none of its own may take its place.
    for (const auto& d : workload_.devices())
      if (d->count.replaced != 0)
        out_.violations.push_back("replaced: " + d->who().handle +
                                  " lost its only socket to one that it had given up");
    check_blocks();
    for (const auto& what : workload_.untrue()) out_.violations.push_back("too early: " + what);
    cluster_.run_until([this] { return workload_.caught_up(); }, milliseconds(10'000));
    // As above: a change without an answer may come behind later ones.
    if (cluster_.linked())
      std::ranges::stable_partition(record_.changes,
                                    [](const auto& c) { return c.end != crash::outcome::unknown; });
    for (const auto& v : crash::check(record_))
      out_.violations.push_back(std::string(name_of(v.what)) + ": " + v.detail);
    // The reading at rest tells events of its own.
    cluster_.run_until([this] { return settled(cluster_); }, milliseconds(10'000));
    check_outboxes(cluster_, out_.violations);
    check_sagas(cluster_, out_.violations);
  }

  verdict out_;
  log::capture log_{[this](log::level, std::string_view line) {
    constexpr std::size_t kept = 10'000;
    if (out_.log.size() < kept) out_.log.emplace_back(line);
  }};
  runtime::seeded_random shape_;
  crash::history record_;
  cluster cluster_;
  workload workload_;
  std::string two_owners_, broken_promise_;
};

}  // namespace

verdict run_seed(std::uint64_t seed, run_shape shape) { return one_run(seed, shape).all(); }

}  // namespace nova::simulation
