// Stands between a simulated gateway and its node, and holds the node to the bus's promise: each call and each attachment is
// answered once, and at the latest at its deadline and a grace. Used by virtual_node.
#pragma once

#include "protocols/core/bus.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace nova::simulation {

class watched_bus final : public rpc::bus {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// After its deadline an answer may take so long: a tick of the wheel that keeps the deadlines, and the steps that a busy machine
  /// does not get to.
  static constexpr std::chrono::milliseconds grace{250};

  /// `attach_within`: the deadline of an attachment.
  watched_bus(rpc::bus& to, std::function<time_point()> now,
              std::chrono::milliseconds attach_within);

  /// The process stood still until now: what became due meanwhile has its grace from now on.
  void stood_still();
  /// A call that is late or was answered twice; empty: none was so far.
  std::string broken() const;

  void call(rpc::call c) override;
  void attach(rpc::attachment a, std::function<void(result<void>)> attached) override;
  void detach(rpc::connection_id connection, const uuid& account) override {
    to_.detach(connection, account);
  }
  bool ready() const override { return to_.ready(); }
  void collect_metrics(metric_samples& out) const override { to_.collect_metrics(out); }

 private:
  struct open_call {
    std::string what;
    time_point since, due;
  };
  struct book {
    std::map<std::uint64_t, open_call> open;
    std::string doubled;
    void answered(std::uint64_t number, std::string_view what);
  };
  std::uint64_t begin(std::string what, time_point due);

  rpc::bus& to_;
  const std::function<time_point()> now_;
  const std::chrono::milliseconds attach_within_;
  std::shared_ptr<book> book_ = std::make_shared<book>();
  std::uint64_t last_ = 0;
};

}  // namespace nova::simulation
