// See nemesis.hpp.
#include "tests/nemesis/nemesis.hpp"

#include "tests/nemesis/bed.hpp"
#include "tests/nemesis/herd.hpp"
#include "tests/nemesis/rolling_upgrade.hpp"
#include "tests/nemesis/untouched.hpp"
#include "tests/support/slowdown.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <random>

namespace nova::nemesis {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view names[all_harms] = {"kill-node",       "kill-all",      "freeze-node",
                                               "cut-off",         "cut-links",     "cut-halves",
                                               "cut-one-way",     "lose-packets",  "delay-packets",
                                               "limit-bandwidth", "stop-database", "pause-database",
                                               "slow-consumers",  "move-domains",  "drain-node",
                                               "kill-herd",       "step-clock",    "mix",
                                               "upgrade-node",    "roll-back-node"};

constexpr std::uint64_t sends_to_recover = 100;
constexpr std::int64_t clock_step_s = 30;
constexpr std::size_t posts_of_upgrades = 4;
constexpr std::uint64_t least_sends = 100, more_sends = 300;  // before each fault
constexpr seconds load_within{60 * test::slowdown}, recovery_within{40 * test::slowdown},
    whole_within{60 * test::slowdown}, moved_within{20 * test::slowdown};
constexpr milliseconds client_patience{3'000 * test::slowdown};

std::int64_t since(clock_type::time_point t) {
  return std::chrono::duration_cast<milliseconds>(clock_type::now() - t).count();
}

bool of_network(harm h) {
  return h == harm::cut_off || h == harm::cut_links || h == harm::cut_halves ||
         h == harm::cut_one_way || h == harm::lose_packets || h == harm::delay_packets ||
         h == harm::limit_bandwidth;
}

class run {
 public:
  explicit run(const nemesis_options& options)
      : options_(options),
        random_(options.seed),
        bed_({options.seed, options.previous.empty() ? options.binary : options.previous,
              options.planted, options.folder}) {
    if (!options.previous.empty()) upgrade_.emplace(bed_, options.previous, options.binary);
  }

  nemesis_report carry_out() {
    report_.seed = options_.seed;
    const bool struck = start() && strike_all();
    if (load_) report_.series = load_->sockets().series();
    if (struck && rest()) {
      count_untouched();
      load_->judge(report_);
      std::string why;
      if (upgrade_ && !upgrade_->judge(report_, load_->record(), why)) fail(why);
    }
    if (!report_.sound()) report_.logs = bed_.logs();
    if (load_ && report_.counts.operations == 0) report_.counts = load_->counts();
    if (load_ && !report_.sound() && !options_.folder.empty())
      crash::write_streams(load_->record(), options_.folder + "/streams");
    herd_.reset();
    load_.reset();
    return std::move(report_);
  }

 private:
  bool fail(std::string why) {
    if (report_.failed.empty()) report_.failed = std::move(why);
    return false;
  }

  bool start() {
    const auto at = clock_type::now();
    std::string why;
    if (!bed_.start(why)) return fail("start: " + why);
    audit_.emplace([this](const std::string& name) { return bed_.administrator(name); });
    if (!audit_->install(why)) return fail("installing the audit: " + why);
    auto gateways = bed_.gateway_addresses();
    load_ = std::make_unique<crash::load>(
        crash::workload_options{.to = gateways.front(),
                                .others = {gateways.begin() + 1, gateways.end()},
                                .patience = client_patience,
                                .seed = options_.seed,
                                .people = options_.people,
                                .posts = upgrade_ ? posts_of_upgrades : 0,
                                .pause = options_.pause});
    if (!load_->begin(why)) return fail("setting up: " + why);
    if (upgrade_ && !upgrade_->begin(why)) return fail(why);
    began_ = clock_type::now();
    untouched_.emplace(bed_, *load_);
    std::printf("%zu sockets on %zu gateways of %zu nodes, set up in %lld ms\n",
                load_->sockets().device_count(), bed::gateways, bed::nodes,
                static_cast<long long>(since(at)));
    std::fflush(stdout);
    return true;
  }

  bool strike_all() {
    for (const auto h : options_.plan)
      if (!strike(h)) return false;
    return options_.plan.empty() ? quiet_run() : true;
  }

  /// Without faults: so many sends.
  bool quiet_run() {
    return load_->sockets().await_acked(1000, load_within) || fail("the load stands still");
  }

  void count_untouched() {
    const auto counts = untouched_->faults();
    for (std::size_t i = 0; i < counts.size(); ++i) report_.harms[i].untouched = counts[i];
    report_.calm = untouched_->calm();
  }

  bool strike(harm h) {
    const auto name = std::string(name_of(h));
    untouched_->begin_calm();
    if (!load_->sockets().await_acked(load_->acked() + least_sends + random_() % more_sends,
                                      load_within))
      return fail("the load stands still before " + name);
    if (h == harm::kill_herd && !gather_herd()) return false;
    harm_record r{.what = h, .detail = {}, .began_ms = since(began_)};
    const auto harmed = harmed_packets();
    touched_.reset();
    untouched_->begin_fault();
    load_->sockets().watch_pauses();
    const auto at = clock_type::now();
    if (!carry_out(h, r.detail)) return false;
    const auto healed = clock_type::now();
    r.lasted_ms = since(at);
    if (!load_->sockets().await_acked(load_->acked() + sends_to_recover, recovery_within))
      return fail("service did not resume after " + name + ": " + r.detail);
    r.healed_ms = since(healed);
    std::string why;
    if (!bed_.await_whole(whole_within, why))
      return fail("not whole after " + name + ", " + r.detail + ": " + why);
    r.whole_ms = since(healed);
    if (herd_) herd_->disperse();
    untouched_->end_fault(touched_);
    const auto counts = load_->sockets().counts();
    r.first_ms = counts.first_answer_ms;
    r.gap_ms = counts.longest_pause_ms;
    r.packets = harmed_packets() - harmed;
    if (of_network(h) && r.packets == 0) return fail(name + " met no packet: " + r.detail);
    std::printf(
        "%zu: %s, %s: first answer after %lld ms, longest gap %lld ms; healed after %lld ms: "
        "100 sends took %lld ms, whole after %lld ms\n",
        report_.harms.size() + 1, name.c_str(), r.detail.c_str(),
        static_cast<long long>(r.first_ms), static_cast<long long>(r.gap_ms),
        static_cast<long long>(r.lasted_ms), static_cast<long long>(r.healed_ms),
        static_cast<long long>(r.whole_ms));
    std::fflush(stdout);
    report_.harms.push_back(std::move(r));
    return true;
  }

  std::uint64_t harmed_packets() {
    const auto c = bed_.net().counts();
    return c.cut + c.lost + c.delayed;
  }

  bool carry_out(harm h, std::string& detail) {
    if (h == harm::mix) return mix(detail);
    if (of_network(h)) {
      break_network(h, detail);
      hold(short_or_long(), detail);
      bed_.net().heal();
      return true;
    }
    return break_process(h, detail);
  }

  bool mix(std::string& detail) {
    static constexpr harm first[] = {harm::cut_links, harm::cut_one_way, harm::lose_packets,
                                     harm::delay_packets, harm::limit_bandwidth};
    static constexpr harm second[] = {harm::kill_node, harm::freeze_node, harm::stop_database,
                                      harm::pause_database, harm::move_domains};
    const auto a = first[random_() % std::size(first)];
    const auto b = second[random_() % std::size(second)];
    std::string more;
    break_network(a, detail);
    nodes_apart_ = a == harm::cut_links || a == harm::cut_one_way;
    const bool done = break_process(b, more);
    nodes_apart_ = false;
    detail = std::string(name_of(a)) + " of " + detail + " and " + std::string(name_of(b)) +
             " of " + more;
    bed_.net().heal();
    touched_.reset();
    return done;
  }

  /// Some faults are over before a lease or a link is given up, some long after.
  milliseconds short_or_long() {
    return milliseconds(random_() % 3 == 0 ? 500 + random_() % 2000 : 3500 + random_() % 3000);
  }

  void hold(milliseconds time, std::string& detail) {
    detail += ", " + std::to_string(time.count()) + " ms";
    (void)load_->acked_within(time);
  }

  std::size_t any_node() { return random_() % bed::nodes; }

  void break_network(harm h, std::string& detail) {
    const auto node = h == harm::cut_halves ? random_() % bed::gateways : any_node();
    if (h == harm::cut_off || h == harm::cut_links || h == harm::cut_halves ||
        h == harm::cut_one_way)
      touched_ = node;
    detail = bed::name_of(node);
    const auto self = bed::host_of(node);
    std::vector<unsigned> others;
    for (std::size_t i = 0; i < bed::nodes; ++i)
      if (i != node) others.push_back(bed::host_of(i));
    const auto both = [&](unsigned other, const wire& w) {
      bed_.net().set(self, other, w);
      bed_.net().set(other, self, w);
    };
    switch (h) {
      case harm::cut_off:
        for (const auto o : others) both(o, {.cut = true});
        both(bed::database_host, {.cut = true});
        both(bed::clients_host, {.cut = true});
        break;
      case harm::cut_links:
        for (const auto o : others) both(o, {.cut = true});
        break;
      case harm::cut_halves:
        for (const auto o : others) both(o, {.cut = true});
        both(bed::database_host, {.cut = true});
        break;
      case harm::cut_one_way:
        others.push_back(bed::database_host);
        for (const auto o : others) bed_.net().set(self, o, {.cut = true});
        break;
      default: {
        const auto w = weak_wire(h, detail);
        everywhere([&](unsigned a, unsigned b) { bed_.net().set(a, b, w); });
      }
    }
  }

  wire weak_wire(harm h, std::string& detail) {
    detail = "all wires";
    if (h == harm::lose_packets) {
      const auto percent = 2 + random_() % 14;
      detail += ", " + std::to_string(percent) + " % lost";
      return {.loss = static_cast<double>(percent) / 100};
    }
    if (h == harm::delay_packets) {
      const auto ms = 5 + random_() % 40;
      detail += ", " + std::to_string(ms) + " ms and as much by chance";
      return {.delay = milliseconds(ms), .jitter = milliseconds(ms)};
    }
    const auto kib = 100 + random_() % 200;
    detail += ", " + std::to_string(kib) + " KiB/s";
    return {.bytes_per_s = kib * 1024};
  }

  template <class Do>
  void everywhere(Do what) {
    std::vector<unsigned> all{bed::database_host, bed::clients_host};
    all.reserve(all.size() + bed::nodes);
    for (std::size_t i = 0; i < bed::nodes; ++i) all.push_back(bed::host_of(i));
    for (const auto a : all)
      for (const auto b : all)
        if (a != b) what(a, b);
  }

  bool break_process(harm h, std::string& detail) {
    switch (h) {
      case harm::kill_node: return kill({any_node()}, detail);
      case harm::kill_all: return kill({0, 1, 2}, detail);
      case harm::freeze_node: return freeze(detail);
      case harm::stop_database:
        detail = "PostgreSQL";
        return bed_.stop_database_immediately() || fail("no postmaster found");
      case harm::pause_database: return pause_database(detail);
      case harm::slow_consumers: return slow_consumers(detail);
      case harm::move_domains: return move_domains(detail);
      case harm::drain_node: return drain(detail);
      case harm::kill_herd: return kill_herd(detail);
      case harm::step_clock: return step_clock(detail);
      case harm::upgrade_node:
      case harm::roll_back_node: return replace(h, detail);
      default: return false;
    }
  }

  /// One node comes back when the others have gone on without it, or at once. Two that are cut off from each other cannot go on: then
  /// it begins at once, and cannot be ready before the network is whole.
  bool kill(const std::vector<std::size_t>& which, std::string& detail) {
    std::string why;
    if (which.size() == 1) touched_ = which.front();
    for (const auto i : which) {
      detail += (detail.empty() ? "" : " ") + bed::name_of(i);
      bed_.node(i).kill();
    }
    if (which.size() < bed::nodes && !nodes_apart_ && random_() % 2 == 0) {
      detail += ", started later";
      if (!load_->sockets().await_acked(load_->acked() + sends_to_recover, recovery_within))
        return fail("no service without " + detail);
    }
    bool started = bed_.begin_nodes(which, why);
    if (started && nodes_apart_) {
      hold(short_or_long(), detail);
      bed_.net().heal();
    }
    started = started && bed_.await_ready(which, nodes_apart_, why);
    return started || fail("start after a kill: " + why);
  }

  bool gather_herd() {
    if (!herd_) herd_.emplace(load_->io(), bed_.gateway_addresses());
    herd_at_ = random_() % bed::gateways;
    std::string why;
    return herd_->gather(herd_at_, why) || fail(why);
  }

  /// The gateway comes back when all of its sockets are at the other one.
  bool kill_herd(std::string& detail) {
    touched_ = herd_at_;
    const auto at = clock_type::now();
    bed_.node(herd_at_).kill();
    detail = bed::name_of(herd_at_) + " with " + std::to_string(herd::sockets) + " sockets more";
    if (!herd_->await_back(recovery_within))
      return fail("killed, " + detail + ", of which " + std::to_string(herd_->back()) +
                  " came back");
    detail += ", all back after " + std::to_string(since(at)) + " ms, " +
              std::to_string(herd_->resumed()) + " resumed";
    std::string why;
    return bed_.start_node(herd_at_, why) || fail("start after a kill: " + why);
  }

  bool step_clock(std::string& detail) {
    const auto i = any_node();
    touched_ = i;
    const auto seconds = random_() % 2 == 0 ? clock_step_s : -clock_step_s;
    detail = bed::name_of(i) + ", " + std::to_string(seconds) + " s";
    const auto told = bed_.clock(i).told();
    bed_.clock(i).step(seconds);
    hold(short_or_long(), detail);
    bed_.clock(i).step(0);
    return bed_.clock(i).told() != told || fail("no clock of a node stepped: " + detail);
  }

  bool freeze(std::string& detail) {
    const auto i = any_node();
    touched_ = i;
    detail = bed::name_of(i);
    bed_.node(i).pause();
    hold(milliseconds(3500 + random_() % 3000), detail);
    bed_.node(i).resume();
    return true;
  }

  bool pause_database(std::string& detail) {
    detail = "PostgreSQL";
    bed_.pause_database(true);
    hold(short_or_long(), detail);
    bed_.pause_database(false);
    return true;
  }

  bool slow_consumers(std::string& detail) {
    const auto closed = load_->slow_down();
    detail = std::to_string(closed) + " closed";
    return closed != 0 || fail("no slow consumer was closed with 4008");
  }

  /// Each domain to its other node.
  bool move_domains(std::string& detail) {
    std::size_t moved = 0;
    for (const auto& d : bed_.domains()) {
      const auto from = bed_.owner(d.domain, d.on[0]);
      if (from == bed::nodes) continue;
      const auto to = from == d.on[0] ? d.on[1] : d.on[0];
      if (!bed_.move(d.domain, from, to)) continue;
      const auto until = clock_type::now() + moved_within;
      while (bed_.owner(d.domain, to) != to && clock_type::now() < until)
        (void)load_->acked_within(milliseconds(5));
      moved += bed_.owner(d.domain, to) == to;
    }
    detail = std::to_string(moved) + " domains";
    return true;
  }

  bool drain(std::string& detail) {
    const auto i = any_node();
    touched_ = i;
    detail = bed::name_of(i);
    if (!bed_.drain(i)) return fail(detail + " does not drain");
    const auto until = clock_type::now() + moved_within;
    while (bed_.node(i).running() && clock_type::now() < until)
      (void)load_->acked_within(milliseconds(10));
    if (const auto status = bed_.node(i).stop(milliseconds(1)); status != 0)
      return fail("drained, " + detail + " ended with " + std::to_string(status));
    std::string why;
    return bed_.start_node(i, why) || fail("start after a drain: " + why);
  }

  bool replace(harm h, std::string& detail) {
    const bool on = h == harm::upgrade_node;
    const auto i = on ? upgrade_->first_of_previous() : any_node();
    touched_ = i;
    std::string why;
    return upgrade_->replace(i, on, detail, why) || fail(name_and(h, detail) + why);
  }

  static std::string name_and(harm h, const std::string& detail) {
    return std::string(name_of(h)) + " " + detail + ": ";
  }

  bool rest() {
    std::string why;
    if (upgrade_ && !upgrade_->judge_closes(load_->counts().closes, why)) return fail(why);
    return load_->rest(*audit_, bed_.gateway_addresses().front(), why) || fail(why);
  }

  const nemesis_options options_;
  std::mt19937_64 random_;
  nemesis_report report_;
  bed bed_;
  std::optional<rolling_upgrade> upgrade_;
  std::optional<crash::database_audit> audit_;
  std::unique_ptr<crash::load> load_;
  clock_type::time_point began_;
  std::optional<untouched_shards> untouched_;
  std::optional<herd> herd_;
  std::size_t herd_at_ = 0;
  std::optional<std::size_t> touched_;  ///< the only node that the fault touches
  bool nodes_apart_ = false;            ///< wires between nodes are cut while a process is harmed
};

}  // namespace

std::string_view name_of(harm h) noexcept { return names[static_cast<std::size_t>(h)]; }

std::optional<harm> harm_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < harms; ++i)
    if (names[i] == name) return static_cast<harm>(i);
  return {};
}

nemesis_report run_nemesis(const nemesis_options& options) { return run(options).carry_out(); }

}  // namespace nova::nemesis
