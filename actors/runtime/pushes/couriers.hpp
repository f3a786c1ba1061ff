// The couriers of one node and how sockets come to them. Made by the node; used by node, directory
// and local_router.
#pragma once

#include "actors/runtime/pushes/courier.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace nova::runtime {

/// What couriers ask the rest of the node.
struct courier_hooks {
  /// Makes the push that tells a watcher of `account`'s presence; null: presence is not pushed.
  std::function<rpc::push_ptr(const uuid& account, bool online, unix_ms last_seen)> make_presence;
  /// True if another node owns a domain that pushes. Its pushes do not come here, so no socket is
  /// accepted.
  std::function<bool()> ousted;
};

/// Thread-safe.
class couriers {
 public:
  /// As many slots as settings().courier_slots says, rounded up to a power of two.
  couriers(services& node, rpc::push_sink& sink, courier_hooks hooks);

  std::size_t slots() const noexcept { return seats_.size(); }
  courier_seat& seat(std::size_t slot) const { return *seats_[slot]; }
  const std::vector<std::unique_ptr<courier_seat>>& seats() const noexcept { return seats_; }

  void attach(const rpc::attachment& a, std::function<void(result<void>)> attached);
  void detach(rpc::connection_id connection, const uuid& account);
  /// Takes all of `waiting`, or drops it and tells the slot's sockets to resume when its queue is
  /// over the limit.
  void push(std::uint32_t slot, std::vector<delivery>& waiting);
  void watch(watch_accounts set);
  void unwatch(end_watch pair);
  /// Another node took a domain: all sockets are closed with `restart`.
  /// Another node took a domain that pushes: all sockets are closed with `restart`.
  void oust();
  /// Pushes were lost: all sockets are told to resume.
  void lose_pushes();

  services& node;
  rpc::push_sink& sink;
  const courier_hooks hooks;

 private:
  std::vector<std::unique_ptr<courier_seat>> seats_;
};

}  // namespace nova::runtime
