// The head of one part of a domain on this node: claims its shards, warms the domain up and watches the lease. After the
// lane was fenced, the head has the memory of the part dropped before a new lane starts. The head of the first part also ticks
// the retention of the domain's tables. One actor per part.
#pragma once

#include "actors/runtime/entities/needs.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace nova::runtime {

class directory;
class domain_head;
struct domain_seats;
using head_item = std::function<void(domain_head&)>;

/// Decides in a cluster which node may claim a part. Called on the heads' threads.
class placement_rule {
 public:
  virtual ~placement_rule() = default;
  virtual bool may_claim(const domain_part& p) const = 0;
  /// This node owns the part's shards and is about to serve them. `told` is called when all linked nodes are told, so that no push of
  /// the part comes before the news; or never.
  virtual void owns(domain_part& p, std::function<void()> told) = 0;
  /// This node serves the part now, or does so no longer.
  virtual void served(domain_part& p, bool serving) = 0;
  /// A planned move was taken back: the part did not come to rest in time.
  virtual void kept(domain_part& p) = 0;
};

class domain_head_seat final : public inbox<head_item> {
 public:
  domain_head_seat(domain_seats& seats, domain_part& part, directory& all);
  std::unique_ptr<occupant> occupy() override;

  domain_seats& seats;
  domain_part& part;
  directory& all;
  std::uint64_t sitting = 0;  ///< occupant only
};

class domain_head final : public occupant {
 public:
  explicit domain_head(domain_head_seat& s);
  bool turn() override;
  std::string current() const override { return doing_; }

  // Posted by the placement rule:
  /// Gives the part up for a planned move. No call fails by it.
  void give();
  /// Claims at once.
  void hurry();

 private:
  enum class state : std::uint8_t {
    idle,  ///< waits for the alarm; then it claims (again)
    claiming,
    warming,
    serving,
    dropping,  ///< fenced: waits until all shards and readers have dropped their memory
    reborn,    ///< waits for the new lane
    giving,    ///< takes no new calls, and waits until those under way are answered
  };

  /// Calls f with each seat of the part's shards, or of the readers that live with them.
  template <class F>
  void each_shard(F f) const;
  template <class F>
  void each_reader(F f) const;
  std::size_t size() const;  ///< shards of the part
  bool may_claim() const;
  void claim();
  void claimed(const result<std::vector<storage::shard_claim>>& r);
  void warm_up(std::shared_ptr<reads> results);
  void warmed(const error& why);
  void serve();
  void open();
  void lose();
  void go_on_giving();
  void drop_memory();
  void dropped();
  void retry(std::chrono::milliseconds in);
  template <class F>
  auto poster(F f) {
    return [seat = &seat_, sitting = seat_.sitting, f = std::move(f)](auto... x) {
      seat->post([=](domain_head& h) {
        if (h.seat_.sitting == sitting) f(h, x...);
      });
    };
  }

  domain_head_seat& seat_;
  domain_seats& seats_;
  domain_link& link_;
  domain_part& part_;
  directory& all_;
  services& services_;
  state state_ = state::idle;
  std::string doing_;
  std::set<std::uint32_t> owned_;
  bool warm_ = false;
  steady_time give_until_{};
  bool away_ = false;  ///< the lane accepted nothing at the last look
  std::size_t to_drop_ = 0;
  steady_time next_{};
};

}  // namespace nova::runtime
