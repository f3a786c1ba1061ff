// Deterministic simulation of a node, for tests only: CAF's test coordinator without threads,
// virtual time, and a seeded choice of the next job. The same seed replays to the same trace hash.
#pragma once

#include "actors/runtime/node/node.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace nova::runtime {

/// SplitMix64: one seed gives all randomness of the simulation.
class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

/// Virtual wall time: starts at a fixed day and follows the simulation's clock.
class virtual_wall final : public wall_clock {
 public:
  unix_ms now() const override { return at; }
  unix_ms at = 1'767'225'600'000;  // 2026-01-01
};

class simulation {
 public:
  using work = std::function<bool()>;  ///< does one step; false when there is nothing to do

  /// `options` gets the simulation's clock, randomness and mode. Domains are added to `node()`
  /// before start().
  simulation(std::uint64_t seed, node_options options, rpc::push_sink& sink);
  ~simulation();

  runtime::node& node() { return *node_; }
  seeded_random& random() { return random_; }
  unix_ms wall() const { return wall_.now(); }
  std::chrono::steady_clock::time_point now() const;
  /// Adds another source of steps beside actors: a store. The seed chooses among all sources.
  void add_work(work w) { works_.push_back(std::move(w)); }
  /// Called with the new time whenever the time moves, so that stores can follow.
  void on_time(std::function<void(std::chrono::steady_clock::time_point)> f) {
    on_time_.push_back(std::move(f));
  }

  /// Does one step of one actor or store; false when nothing can happen before time passes.
  bool step();
  /// Does all steps that are possible now.
  void settle();
  /// Advances the time tick by tick, with settle() after each tick.
  void advance(std::chrono::milliseconds d);
  /// Advances until the condition holds; false when it does not hold within `limit` of virtual time.
  bool run_until(const std::function<bool()>& condition,
                 std::chrono::milliseconds limit = std::chrono::milliseconds(10'000));
  /// For several nodes under one driver that calls step() of each. Moves this node's clocks by
  /// `d` without a step: a suspended process sees its whole pause at once.
  void pass(std::chrono::milliseconds d);
  /// Moves only the wall clock, forward or back.
  void jump_wall(std::chrono::milliseconds d) { wall_.at += d.count(); }
  const wall_clock& wall_source() const { return wall_; }
  /// The process dies here: its memory goes without an orderly stop. Before this call, cut off its stores,
  /// its sink and the receivers of its replies. Afterwards only the destructor may be called.
  void crash();
  /// The actor of one of the domain's shards falls: of the first behind `from` with decisions in the lane, else of `from`.
  void fall(std::string_view domain, std::uint32_t from);
  /// A hash that changes with each step: the choice, the number of choices and the time.
  std::uint64_t trace() const noexcept { return trace_; }

 private:
  seeded_random random_;
  seeded_random choice_;
  virtual_wall wall_;
  std::unique_ptr<runtime::node> node_;
  std::vector<work> works_;
  std::vector<std::function<void(std::chrono::steady_clock::time_point)>> on_time_;
  std::uint64_t trace_ = 0;
};

}  // namespace nova::runtime
