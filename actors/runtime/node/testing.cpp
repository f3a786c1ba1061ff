#include "actors/runtime/node/testing.hpp"

#include "actors/runtime/node/node_impl.hpp"

#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>

namespace nova::runtime {

namespace {

caf::scheduler::test_coordinator& coordinator(node& n) {
  return dynamic_cast<caf::scheduler::test_coordinator&>(n.internals().system->scheduler());
}

node_options simulated(node_options o, random_source& random, const wall_clock& wall) {
  o.simulated = true;
  o.random = &random;
  o.wall = &wall;
  return o;
}

}  // namespace

std::uint64_t seeded_random::next() {
  auto z = (state_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

void seeded_random::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
}

simulation::simulation(std::uint64_t seed, node_options options, rpc::push_sink& sink)
    : random_(seed),
      choice_(~seed),
      node_(std::make_unique<runtime::node>(simulated(std::move(options), random_, wall_), sink)) {
  node_->internals().pump = [this] { advance(std::chrono::milliseconds(10)); };
}

simulation::~simulation() { node_->stop(std::chrono::seconds(10)); }

std::chrono::steady_clock::time_point simulation::now() const {
  return node_->internals().system->clock().now();
}

bool simulation::step() {
  auto& jobs = coordinator(*node_).jobs;
  // Actors and stores are drawn alike; a store that has nothing to do leaves the turn to the next.
  const auto choices = jobs.size() + works_.size();
  if (choices == 0) return false;
  const auto pick = choice_.next() % choices;
  auto note = [this](std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001b3ull + 1; };
  auto run_job = [&](std::size_t i) {
    std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(i),
                jobs.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    note(i * 1000 + jobs.size());
    coordinator(*node_).run_once();
    return true;
  };
  if (pick < jobs.size()) return run_job(pick);
  for (std::size_t n = 0; n < works_.size(); ++n) {
    const auto i = (pick - jobs.size() + n) % works_.size();
    if (works_[i]()) {
      note(i + 7);
      return true;
    }
  }
  return !jobs.empty() && run_job(choice_.next() % jobs.size());
}

void simulation::settle() {
  while (step()) {
  }
}

void simulation::advance(std::chrono::milliseconds d) {
  const std::chrono::milliseconds tick(node_->internals().services.settings().tick_ms);
  settle();
  for (auto gone = std::chrono::milliseconds(0); gone < d; gone += tick) {
    pass(tick);
    settle();
  }
}

void simulation::pass(std::chrono::milliseconds d) {
  wall_.at += d.count();
  coordinator(*node_).advance_time(d);
  for (auto& f : on_time_) f(now());
}

void simulation::crash() {
  auto& i = node_->internals();
  if (!i.started || i.stopped) return;
  i.services.stopping = true;
  caf::anon_send_exit(i.root, caf::exit_reason::user_shutdown);
  i.root = nullptr;
  auto& actors = coordinator(*node_);
  // Every actor ends at its exit message; those that wait for a time-out get it.
  for (int n = 0; i.system->registry().running() != 0 && n < 10'000; ++n) {
    while (actors.try_run_once()) {
    }
    if (i.system->registry().running() != 0) actors.advance_time(std::chrono::milliseconds(10));
  }
  i.stopped = true;
}

void simulation::fall(std::string_view domain, std::uint32_t from) {
  auto* d = node_->internals().directory.find(domain);
  if (d == nullptr) return;
  const auto count = d->shards.size();
  std::size_t at = from % count;
  for (std::size_t n = 0; n < count; ++n) {
    const auto next = (from + n) % count;
    if (d->shards[next]->in_lane.load() == 0) continue;
    at = next;
    break;
  }
  d->shards[at]->post([](shard&) { throw std::runtime_error("it was told to fall"); });
}

bool simulation::run_until(const std::function<bool()>& condition,
                           std::chrono::milliseconds limit) {
  const auto end = now() + limit;
  settle();
  while (!condition()) {
    if (now() >= end) return false;
    advance(std::chrono::milliseconds(node_->internals().services.settings().tick_ms));
  }
  return true;
}

}  // namespace nova::runtime
