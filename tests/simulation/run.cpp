// See run.hpp.
#include "tests/simulation/run.hpp"

#include "protocols/core/log.hpp"
#include "tests/support/event_streams.hpp"

#include "tests/crash/checker.hpp"
#include "tests/simulation/fault_plan.hpp"

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
  one_run(std::uint64_t seed, std::uint32_t lanes)
      : shape_(seed ^ 0x5eed), cluster_(options(seed, lanes)), workload_(cluster_, {}, record_) {
    out_.seed = seed;
  }

  verdict all() {
    play();
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
  cluster_options options(std::uint64_t seed, std::uint32_t lanes) {
    cluster_options o;
    o.seed = seed;
    o.settings = draw_settings(shape_, out_.plan);
    o.settings.storage.lanes = lanes;
    o.nodes = shape_.next() % 5 < 2 ? 2 : 1;
    out_.plan.push_back(std::to_string(o.nodes) + " nodes, " + std::to_string(lanes) + " lanes");
    return o;
  }

  void stuck(const std::string& what) { out_.violations.push_back("stuck: " + what); }

  void play() {
    auto ready = [this] { return cluster_.ready_node() != nullptr; };
    const bool race = shape_.next() % 2;  // both nodes start at once, or the second one stands by
    if (!race && !cluster_.run_until(ready, patience)) return stuck("not ready at the start");
    for (std::size_t i = 1; i < cluster_.size(); ++i) cluster_.start(i);
    if (!cluster_.run_until(ready, patience)) return stuck("not ready at the start");
    if (auto why = workload_.set_up(); !why.empty()) return stuck("set-up: " + why);
    workload_.begin();
    const auto from = cluster_.now() + milliseconds(300), until = cluster_.now() + load_time;
    for (const auto& b : draw_blows(cluster_, from, until - milliseconds(1000))) {
      out_.plan.push_back(describe(b));
      arrange(cluster_, workload_, b);
    }
    cluster_.run_until([&] { return cluster_.now() >= until; }, 2 * load_time);
    workload_.stop_issuing();
    if (!cluster_.run_until([this] { return workload_.idle(); }, patience))
      return stuck("operations stay unanswered");
    if (!cluster_.run_until([this] { return workload_.all_open(); }, patience))
      return stuck("sockets do not open");
    // Until then the last events have had their effect, or never will.
    cluster_.run_until([] { return false; }, quiet);
    if (auto why = workload_.read_rest(); !why.empty()) return stuck("at rest: " + why);
    cluster_.run_until([this] { return workload_.caught_up(); }, milliseconds(10'000));
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
};

}  // namespace

verdict run_seed(std::uint64_t seed, std::uint32_t lanes) { return one_run(seed, lanes).all(); }

}  // namespace nova::simulation
