// The head of one domain on this node: claims its shards, warms it up, watches the lease, and when
// the lane was fenced has all memory dropped before it starts a new lane. Also prunes old
// idempotency keys. One actor per domain.
#pragma once

#include "actors/runtime/node/hub.hpp"
#include "actors/runtime/entities/needs.hpp"

#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace nova::runtime {

class host;
using host_item = std::function<void(host&)>;

class host_seat final : public inbox<host_item> {
 public:
  explicit host_seat(domain_link& d);
  std::unique_ptr<occupant> occupy() override;
  /// A shard saw a unit refused because the lane is fenced. Any thread.
  void report_fenced() {
    if (!fenced.exchange(true)) wake();
  }

  domain_link& domain;
  std::atomic<bool> fenced{false};
  std::uint64_t sitting = 0;  ///< occupant only
};

class host final : public occupant {
 public:
  explicit host(host_seat& s);
  bool turn() override;
  std::string current() const override { return doing_; }

 private:
  enum class state : std::uint8_t {
    idle,  ///< waits for the alarm to claim (again)
    claiming,
    warming,
    serving,
    dropping,  ///< fenced: waits until all shards and readers have dropped their memory
    reborn,    ///< waits for the new lane
  };

  bool may_claim() const;
  void claim();
  void claimed(const result<std::vector<storage::shard_claim>>& r);
  void warm_up(std::shared_ptr<reads> results);
  void warmed(const error& why);
  void serve();
  void lose();
  void dropped();
  void prune();
  void retry(std::chrono::milliseconds in);
  template <class F>
  auto poster(F f) {
    return [seat = &seat_, sitting = seat_.sitting, f = std::move(f)](auto... x) {
      seat->post([=](host& h) {
        if (h.seat_.sitting == sitting) f(h, x...);
      });
    };
  }

  host_seat& seat_;
  domain_link& link_;
  hub& hub_;
  state state_ = state::idle;
  std::string doing_;
  std::set<std::uint32_t> owned_;
  bool warm_ = false;
  std::size_t to_drop_ = 0;
  steady_time next_{};
  steady_time next_prune_{};
};

}  // namespace nova::runtime
