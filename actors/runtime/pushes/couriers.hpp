// The couriers of one node, and the routes of sockets to them. Made by the node; used by node, directory
// and local_router.
#pragma once

#include "actors/runtime/pushes/courier.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace nova::runtime {

/// Functions of the node that couriers call.
struct courier_hooks {
  /// Makes the push that tells a watcher of `account`'s presence; null: presence is not pushed.
  std::function<rpc::push_ptr(const uuid& account, bool online, unix_ms last_seen)> make_presence;
  /// True if another node owns a domain that pushes. Its pushes do not come to this node, so no socket is
  /// accepted.
  std::function<bool()> ousted;
  /// Keeps when an account was last online. Null: only memory knows it.
  std::function<void(const uuid& account, unix_ms at)> note_seen = {};
  /// The account's last socket on this node went. Null: no other node needs to know.
  std::function<void(const uuid& account)> left = {};
};

/// Thread-safe.
class couriers {
 public:
  /// The number of slots is settings().courier_slots, rounded up to a power of two.
  couriers(services& node, rpc::push_sink& sink, courier_hooks hooks);

  std::size_t slots() const noexcept { return seats_.size(); }
  courier_seat& seat(std::size_t slot) const { return *seats_[slot]; }
  const std::vector<std::unique_ptr<courier_seat>>& seats() const noexcept { return seats_; }

  void attach(const rpc::attachment& a, std::function<void(result<void>)> attached);
  void detach(rpc::connection_id connection, const uuid& account);
  /// Takes all of `waiting`. When the slot's queue is over its limit, drops it and tells the slot's sockets to
  /// resume.
  void push(std::uint32_t slot, std::vector<delivery>& waiting);
  void watch(watch_accounts set);
  void unwatch(end_watch pair);
  /// Another node took a domain that pushes, so its pushes no longer come to this node.
  /// All sockets are closed with `restart`.
  void oust();
  /// Pushes of another node may be lost: within `spread` all sockets are closed with `restart`, slot by slot. False: there are
  /// none.
  bool resume(std::chrono::milliseconds spread);
  /// The same for the sockets of these accounts, at once.
  void resume(const std::vector<uuid>& accounts);
  /// Sockets of an account on another gateway node.
  void elsewhere(account_elsewhere told);
  /// Pushes were lost: all sockets are told to resume.
  void lose_pushes();

  services& node;
  rpc::push_sink& sink;
  const courier_hooks hooks;

 private:
  std::vector<std::unique_ptr<courier_seat>> seats_;
};

}  // namespace nova::runtime
