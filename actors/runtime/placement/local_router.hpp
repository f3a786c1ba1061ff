// The router of a node whose shards, readers and couriers all live in this process.
#pragma once

#include "actors/runtime/placement/directory.hpp"
#include "actors/runtime/routing/router.hpp"

namespace nova::runtime {

class local_router final : public router {
 public:
  local_router(services& s, couriers& c, const directory& d)
      : services_(s), couriers_(c), directory_(d) {}

  void call(rpc::call c) override;
  /// The key of the call's entity, as its kind normalises it. The entity may be another node's.
  result<std::string> key_of(const rpc::call& c) const;

  bool wanted(std::string_view domain) const override;
  void publish(shard_address source, const relay_batch_ptr& batch) override;
  void announce(shard_address source) override;
  void tap(std::uint32_t event, const rpc::message_ptr& body) override;
  void tap_stored(std::uint32_t event, const std::string& payload) override;
  bool settle(shard_address source, std::string_view consumer, settle_wait question) override;

  std::uint64_t last_event(shard_address source) const override;
  bool knows_events(shard_address source) const override;
  void pull(shard_address source, pull_request request) override;
  void deliver(shard_address target, event_delivery event) override;
  void deliver_part(shard_address target, part_ptr part) override;
  void refresh(shard_address target, std::string_view kind, const std::string& key,
               std::function<void()> done) override;

  std::size_t slots() const override { return couriers_.slots(); }
  std::uint64_t arrivals(std::uint32_t slot) const override {
    return couriers_.seat(slot).arrivals;
  }
  void push(std::uint32_t slot, std::vector<delivery>& waiting) override {
    couriers_.push(slot, waiting);
  }
  void watch(watch_accounts set) override { couriers_.watch(std::move(set)); }
  void lose_pushes() override { couriers_.lose_pushes(); }
  void unwatch(end_watch pair) override { couriers_.unwatch(pair); }

 private:
  shard_seat& seat(shard_address a) const;
  void tell(const directory::tap_fn& tap, const rpc::message_ptr& body, std::uint32_t attempt);

  services& services_;
  couriers& couriers_;
  const directory& directory_;
};

}  // namespace nova::runtime
