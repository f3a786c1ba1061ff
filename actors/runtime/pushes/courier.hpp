// Couriers know which sockets belong to which account: one actor per slot of accounts. They turn a
// push to accounts into one push_sink.deliver with the list of connections, close replaced sockets,
// and tell watchers of presence.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/routing/delivery.hpp"

#include <boost/functional/hash.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace nova::runtime {

class couriers;

struct attach_socket {
  rpc::attachment socket;
  std::function<void(result<void>)> attached;
};
struct detach_socket {
  rpc::connection_id connection = 0;
  uuid account{};
};
/// To the courier of the watched accounts: replaces the part of the set that lies here.
struct watch_here {
  rpc::connection_id connection = 0;
  std::vector<uuid> accounts;
};
/// To the courier of the watched account: these sockets are no longer told of it.
struct unwatch_here {
  uuid account{};
  std::vector<rpc::connection_id> connections;
};
using courier_item = std::variant<delivery, attach_socket, detach_socket, watch_accounts,
                                  watch_here, end_watch, unwatch_here>;

class courier_seat final : public inbox<courier_item> {
 public:
  courier_seat(couriers& all, std::uint32_t slot, std::size_t limit);
  std::unique_ptr<occupant> occupy() override;

  couriers& all;
  const std::uint32_t slot;

  // What a courier knows survives its restart: sockets cannot be asked to attach again.
  struct socket {
    rpc::connection_id connection = 0;
    uuid lineage{};
    bool echo = true;
  };
  struct account_row {
    std::vector<socket> sockets;
    std::unordered_set<rpc::connection_id> watchers;
    unix_ms last_seen = 0;
    bool announced = false;  ///< online, as the watchers were told last
    bool dirty = false;
  };
  struct watcher_row {
    std::vector<uuid> accounts;
  };
  std::unordered_map<uuid, account_row, boost::hash<uuid>> accounts;
  std::unordered_map<rpc::connection_id, watcher_row> watchers;
  /// By connection of this slot's accounts: the slots that hold a part of its watch set, as a list.
  std::unordered_map<rpc::connection_id, std::vector<std::uint32_t>> watching;
  /// Pushes were dropped, because this inbox was over its limit or because an actor fell: all
  /// sockets here must resume.
  std::atomic<bool> lost{false};
  void lose() {
    lost = true;
    wake();
  }
  /// Of the pushes that wait here.
  std::atomic<std::size_t> bytes{0};
  /// Sockets that came to this slot so far, plus one; raised before their `attached` is called.
  std::atomic<std::uint64_t> arrivals{1};
  /// Set when another node took a domain: its pushes do not come here any more.
  std::atomic<bool> ousted{false};
  bool occupied = false;      ///< somebody sat here before
  std::vector<uuid> changed;  ///< presence to be told at `flush_at`
  steady_time flush_at{};
};

class courier final : public occupant {
 public:
  explicit courier(courier_seat& s);
  bool turn() override;
  std::string current() const override { return "push"; }

 private:
  using account_row = courier_seat::account_row;

  void close_all(rpc::close_code code, const char* reason);
  void handle(delivery& d);
  void handle(attach_socket& a);
  void handle(detach_socket& d);
  void handle(watch_accounts& w);
  void handle(watch_here& w);
  void handle(end_watch& w);
  void handle(unwatch_here& w);
  bool collect(const uuid& account, const account_row& row, const delivery& d);
  void touch(const uuid& account, account_row& row);
  void flush_presence();
  void tell(rpc::connection_id connection, const uuid& account, const account_row& row);
  void forget_if_empty(const uuid& account);
  void unwatch(rpc::connection_id connection);

  courier_seat& seat_;
  couriers& all_;
  services& services_;
  std::vector<rpc::connection_id> to_;
};

}  // namespace nova::runtime
