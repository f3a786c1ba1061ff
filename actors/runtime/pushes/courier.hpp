// Couriers know the sockets of each account: one actor per slot of accounts. They turn a
// push to accounts into one push_sink.deliver with the list of connections. They close replaced sockets
// and send presence to watchers.
#pragma once

#include "actors/runtime/kernel/services.hpp"
#include "actors/runtime/routing/delivery.hpp"

#include <boost/functional/hash.hpp>

#include <atomic>
#include <functional>
#include <map>
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
/// To the courier of the watched accounts: replaces that part of the watch set that lies in its slot.
struct watch_here {
  rpc::connection_id connection = 0;
  std::vector<uuid> accounts;
  std::vector<unix_ms> last_seen = {};  ///< of each account; 0: unknown
};
/// To the courier of the watched account: these sockets no longer receive its presence.
struct unwatch_here {
  uuid account{};
  std::vector<rpc::connection_id> connections;  ///< empty: all sockets
};
/// An account's sockets on another gateway node, as that node tells.
struct account_elsewhere {
  uuid account{};
  std::uint16_t gateway = 0;
  bool here = false;
  /// Of a socket that was resumed there: it replaces the sockets of its lineage here that were resumed before it. The note may come
  /// after one that was resumed later.
  uuid lineage{};
  unix_ms resumed_at = 0;  ///< 0: a node of an older release; all are replaced
};
/// The account's sockets here may have missed pushes of another node.
struct resume_account {
  uuid account{};
};
using courier_item =
    std::variant<delivery, attach_socket, detach_socket, watch_accounts, watch_here, end_watch,
                 unwatch_here, account_elsewhere, resume_account>;

class courier_seat final : public inbox<courier_item> {
 public:
  courier_seat(couriers& all, std::uint32_t slot, std::size_t limit);
  std::unique_ptr<occupant> occupy() override;

  couriers& all;
  const std::uint32_t slot;

  // A courier's data survives its restart, because sockets cannot be asked to attach again.
  struct socket {
    rpc::connection_id connection = 0;
    uuid lineage{};
    bool echo = true;
    std::uint64_t arrival =
        0;  ///< the value of `arrivals` when it came; 0: mute, it is told to resume
    unix_ms resumed_at = 0;  ///< as in rpc::attachment
  };
  struct account_row {
    std::vector<socket> sockets;
    std::unordered_set<rpc::connection_id> watchers;
    std::vector<std::uint16_t> elsewhere;  ///< other gateway nodes with sockets of the account
    unix_ms last_seen = 0;
    unix_ms noted_at = 0;    ///< last call of courier_hooks::note_seen
    bool announced = false;  ///< the presence that watchers were told last; true: online
    bool dirty = false;
    bool online() const noexcept { return !sockets.empty() || !elsewhere.empty(); }
  };
  struct watcher_row {
    std::vector<uuid> accounts;
  };
  std::unordered_map<uuid, account_row, boost::hash<uuid>> accounts;
  std::unordered_map<rpc::connection_id, watcher_row> watchers;
  /// By connection of this slot's accounts: a list of the slots that hold a part of its watch set.
  std::unordered_map<rpc::connection_id, std::vector<std::uint32_t>> watching;
  /// Pushes were dropped because this inbox was over its limit or an actor crashed. All
  /// sockets of this slot must resume.
  std::atomic<bool> lost{false};
  void lose() {
    mute();
    lost = true;
    wake();
  }
  /// Sockets that are here get no push any more: one behind a missed one would be a hole that no resume fills.
  void mute() { resume_before = arrivals.load(); }
  /// Bytes of the pushes in this inbox.
  std::atomic<std::size_t> bytes{0};
  /// Number of sockets that ever came to this slot, plus one. Raised before their `attached` is called.
  std::atomic<std::uint64_t> arrivals{1};
  /// Set when another node took a domain; its pushes no longer come to this node.
  std::atomic<bool> ousted{false};
  /// When sockets that may have missed pushes of other nodes are closed; `never`: not. Those that came later stay, the others are mute.
  std::atomic<std::int64_t> resume_at{never};
  std::atomic<std::uint64_t> resume_before{0};
  /// Pushes of one account and pace that wait since its last push. Each row has one entry in `paced_due`.
  struct paced_row {
    rpc::push_ptr latest;
    std::int64_t waiting = 0;
  };
  using paced_key = std::pair<uuid, const push_pace*>;
  std::map<paced_key, paced_row> paced;
  std::multimap<steady_time, paced_key> paced_due;
  bool occupied = false;      ///< an earlier occupant sat here
  std::vector<uuid> changed;  ///< accounts whose presence is sent at `flush_at`
  steady_time flush_at{};
};

class courier final : public occupant {
 public:
  explicit courier(courier_seat& s);
  bool turn() override;
  std::string current() const override { return "push"; }

 private:
  using account_row = courier_seat::account_row;

  void close_all(rpc::close_code code, const char* reason, std::uint64_t came_before = UINT64_MAX);
  void handle(delivery& d);
  void handle(attach_socket& a);
  void handle(detach_socket& d);
  void handle(watch_accounts& w);
  void handle(watch_here& w);
  void handle(end_watch& w);
  void handle(unwatch_here& w);
  void handle(account_elsewhere& e);
  void handle(resume_account& r);
  bool collect(const uuid& account, const account_row& row, const delivery& d);
  bool paced_now(const uuid& account, const delivery& d);
  void flush_paced();
  void collect_many(const delivery& d);
  void touch(const uuid& account, account_row& row);
  void note_seen(const uuid& account, account_row& row);
  void flush_presence();
  void tell(rpc::connection_id connection, const uuid& account, const account_row& row);
  void forget_if_empty(const uuid& account);
  void unwatch(rpc::connection_id connection);
  void set_alarm();

  courier_seat& seat_;
  couriers& all_;
  services& services_;
  std::vector<rpc::connection_id> to_;
};

}  // namespace nova::runtime
