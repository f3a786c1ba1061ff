// The router of a node among others: what is owned here goes the local way, everything else over a link. Keeps which node owns
// which part of which domain, and decides when this node may claim one. Made by node when the settings name a cluster.
#pragma once

#include "actors/runtime/placement/attendance.hpp"
#include "actors/runtime/placement/cluster_options.hpp"
#include "actors/runtime/placement/gateway_accounts.hpp"
#include "actors/runtime/placement/known_lists.hpp"
#include "actors/runtime/placement/local_router.hpp"
#include "actors/runtime/placement/processor_load.hpp"
#include "actors/runtime/placement/push_journal.hpp"
#include "actors/runtime/placement/remote_calls.hpp"
#include "actors/runtime/placement/remote_effects.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nova::runtime {

class cluster_router final : public router, public rpc::push_sink, private placement_rule {
 public:
  cluster_router(services& s, couriers& c, directory& d, local_router& local, rpc::push_sink& edge,
                 cluster_options options);
  ~cluster_router() override { links_->stop(std::chrono::milliseconds(0)); }

  /// Opens the port for links. Call after directory::connect.
  result<std::uint16_t> start();
  /// Other nodes may claim what this one owns; it takes nothing new.
  void leave();
  /// Begins planned moves: of one part, or of all parts of the domain that this node owns. An error says why it cannot.
  result<void> give(const std::string& domain, std::optional<std::uint32_t> part,
                    const std::string& node);
  /// Begins to give each part to the best other node, again when calls held one up; none is taken from now on.
  void give_all();
  /// A part is served here, or the end of its move is not sent yet.
  bool owns_any() const;
  /// All parts have given their leases back: others may claim them now.
  void give_back();
  void stop(std::chrono::milliseconds budget);

  void attach(const rpc::attachment& a, std::function<void(result<void>)> attached);
  /// The last socket of the account left this node. Called by couriers.
  void left(const uuid& account) { attendance_.left(account); }
  /// True when every part has an owner that this node reaches, or had one a moment ago.
  bool complete() const;
  link::network& links() noexcept { return *links_; }

  cluster_status status() const;

  // router
  void call(rpc::call c) override;
  bool wanted(std::string_view domain) const override;
  void publish(shard_address source, const relay_batch_ptr& batch) override;
  void announce(shard_address source) override;
  void tap(std::uint32_t event, const rpc::message_ptr& body) override { local_.tap(event, body); }
  void tap_stored(std::uint32_t event, const std::string& payload) override {
    local_.tap_stored(event, payload);
  }
  bool settle(shard_address source, std::string_view consumer, settle_wait question) override;
  std::uint64_t last_event(shard_address source) const override;
  bool knows_events(shard_address source) const override;
  bool read_elsewhere(shard_address home) const override;
  void pull(shard_address source, pull_request request) override;
  void deliver(shard_address target, event_delivery event) override;
  void deliver_part(shard_address target, part_ptr part) override;
  void refresh(shard_address target, std::string_view kind, const std::string& key,
               std::function<void()> done) override;
  std::size_t slots() const override { return local_.slots(); }
  std::uint64_t arrivals(std::uint32_t slot) const override { return local_.arrivals(slot); }
  void push(std::uint32_t slot, std::vector<delivery>& waiting) override {
    local_.push(slot, waiting);
  }
  bool spreads() const override { return true; }
  void push_away(shard_address source, const outgoing& o) override;
  void watch(watch_accounts set) override;
  void lose_pushes() override;
  void unwatch(end_watch pair) override;

  // rpc::push_sink, for taps: what is told to the edge here is told to the edge of every node.
  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to,
               rpc::push_ptr p) override {
    edge_.deliver(std::move(to), std::move(p));
  }
  void close(rpc::connection_id connection, rpc::close_code code, std::string reason) override {
    edge_.close(connection, code, std::move(reason));
  }
  void revoke_session(const uuid& session, unix_ms until) override;

 private:
  struct domain_places;
  /// A part, and its owner as far as this node knows.
  struct place {
    place(domain_places& d, std::uint32_t n) : domain(d), part(n) {}

    domain_places& domain;
    const std::uint32_t part;
    domain_part* here = nullptr;              ///< null: this node never owns it
    std::atomic<link::peer_number> owner{0};  ///< another node; 0: this one or none
    std::atomic<std::int64_t> epoch{0};
    std::atomic<bool> moving{false};     ///< this node gives it up: calls wait for the next owner
    std::atomic<bool> claim_now{false};  ///< the last owner gave it to this node
    std::atomic<std::int64_t> reserved_ns{0};  ///< until then only the named next owner claims
    std::string next = {};                     ///< links' thread: receiver of a planned move
    /// Links' thread: the nodes for which its place was last looked at. Only another set of nodes moves it by itself.
    std::string settled_for = {};
    /// Links' thread: the last owner and its epoch. The same one after a break sends what was missed.
    std::pair<link::peer_number, std::int64_t> last_owner = {};
    bool planned = false;  ///< links' thread: the last owner gave it up in order
    bool opens = false;    ///< links' thread: told as owned here; served in a moment
    bool served() const { return here != nullptr && here->serving.load(); }
    bool takes_calls() const { return served() && !moving; }
    /// Links' thread: nodes that lost it without giving it up. Sockets were told to resume then, and have what such a node still sends.
    std::set<link::peer_number> lost_by = {};
    /// Links' thread: the last owner of a planned move, while its last pushes may be on their way; and pushes of the next one, which
    /// wait for them.
    link::peer_number parting = 0;
    steady_time parting_until = {};
    std::vector<std::pair<link::Push, audience>> early = {};
    std::size_t early_bytes = 0;
    std::atomic<std::int64_t> seen_ns{0};  ///< when an owner was last known
    std::set<link::peer_number> resume_at =
        {};  ///< links' thread: owners that do not know all accounts yet
  };
  struct domain_places {
    std::string_view name;
    std::uint32_t shards = 0;
    domain_seats* here = nullptr;  ///< null: a domain that this node never owns
    std::vector<std::unique_ptr<place>> parts = {};
    std::vector<domain_places*> consumers = {};  ///< domains that take its events
    std::atomic<bool> taken_elsewhere{false};    ///< readers of its events live on other nodes
    std::unique_ptr<std::atomic<std::uint64_t>[]> last_event = {};  ///< by shard
    std::unique_ptr<std::atomic<bool>[]> told = {};                 ///< by shard: its last_event

    place& at(std::uint32_t shard) const { return *parts[shard % parts.size()]; }
    /// Where this domain's reader of a source's shard lives.
    place& reader_of(std::uint32_t source_shard) const { return at(source_shard % shards); }
    bool served() const {
      return std::ranges::any_of(parts, [](const auto& p) { return p->served(); });
    }
  };
  struct asked_page {
    link::peer_number peer = 0;
    std::function<void(result<relay_batch_ptr>)> done;
  };

  // placement_rule
  bool may_claim(const domain_part& p) const override;
  void owns(domain_part& p, std::function<void()> told) override;
  void served(domain_part& p, bool serving) override;
  void kept(domain_part& p) override;
  /// The node itself, and the linked ones with the role that count by now, with their weights.
  std::vector<std::pair<std::string, double>> candidates(std::string_view domain) const;
  /// No node has owned the part for a while.
  bool is_nowhere(const place& p) const;
  /// By shard: the highest event that every consumer has read durably, wherever its reader lives.
  std::vector<std::int64_t> read_by_all(const domain_seats& source) const;
  std::int64_t read_here(std::string_view source, std::uint32_t shard,
                         std::string_view consumer) const;
  void tell_read();
  void tell_load();
  void begin_to_give(place& p, std::string node);
  void balance();

  domain_places* find(std::string_view domain) const;
  /// Null for a domain or part that this cluster does not have.
  place* find(std::string_view domain, std::uint32_t part) const;
  place& place_of(const domain_part& p) const { return *find(p.link.domain.name, p.number); }
  /// Of the call's entity, by its key.
  place* place_of(const rpc::call& c) const;
  /// Calls f with each place of each domain.
  template <class F>
  void each_place(F f) const {
    for (const auto& d : domains_)
      for (const auto& p : d->parts) f(*p);
  }
  bool served_here(shard_address a) const;
  owner_hint owner_of(const rpc::call& c) const;
  bool send(link::peer_number to, const link::Envelope& e, link::lane on = link::lane::bulk) {
    return links_->send(to, e, on);
  }
  static std::vector<account_list> lists_of(const audience& to);
  void push_away(link::Push p, const outgoing& o, const std::vector<account_list>& lists);
  void to_consumers(shard_address source, const link::Envelope& e);
  owner_hint owner_of(shard_address a) const;
  void owner_known();
  void to_gateways(const link::Envelope& e, link::lane on);

  // cluster_receiver.cpp: on the links' thread
  void up(link::peer_number peer, const link::Member& m);
  void down(link::peer_number peer, const link::Member& m);
  void received(link::peer_number from, link::Envelopes& batch);
  void handle(link::peer_number from, link::Envelope& e);
  void handle(link::peer_number from, const link::Owned& told);
  void handle(link::peer_number from, const link::Call& c);
  void handle(link::peer_number from, const link::Events& told);
  void handle(link::peer_number from, const link::Pull& asked);
  void handle(link::peer_number from, link::Page& page);
  void handle(link::peer_number from, const link::Settle& asked);
  void handle(link::peer_number from, const link::Interest& told);
  void handle(link::peer_number from, const link::Push& p);
  void handle(link::peer_number from, const link::Deliver& told);
  void handle(link::peer_number from, const link::Refresh& asked);
  void replace_accounts(link::peer_number gateway, const std::vector<uuid>& all);
  void forget_gateways();
  void tell_place(place& p, bool serving);
  void end_move(place& p, steady_time latest);
  void look_for_events(const place& p);
  bool any_gateway_behind() const;
  link::Envelope owned(const place& p, bool serving) const;
  void new_owner(place& p, link::peer_number owner);
  void end_pushes(place& p, link::peer_number of);
  bool pushes(link::peer_number owner, std::string_view domain) const;
  void take(const link::Push& told, audience listed);
  void refuse_stale() { stale_.fetch_add(1, std::memory_order_relaxed); }
  /// The last pushes of the parting owner have come, or will not come in their order.
  void parted(place& p, bool in_order);
  void tell_new_reader(link::peer_number to, const place& consumer);
  void resume_sockets(std::string_view domain);
  void want_tick();
  void tick();
  void recount();

  services& services_;
  couriers& couriers_;
  directory& directory_;
  local_router& local_;
  rpc::push_sink& edge_;
  const cluster_options options_;
  std::vector<std::unique_ptr<domain_places>> domains_;
  const std::shared_ptr<link::network> links_;
  remote_calls calls_;
  remote_effects effects_;
  attendance attendance_;
  gateway_accounts elsewhere_;
  push_journal journal_;
  std::map<link::peer_number, std::vector<uuid>>
      arriving_;                                          ///< links' thread: whole sets under way
  std::map<link::peer_number, std::uint64_t> last_push_;  ///< links' thread: of pushes to this node
  std::map<link::peer_number, known_lists> lists_;        ///< links' thread: of pushes to this node
  fanout incoming_;                                       ///< links' thread
  const std::unique_ptr<link::alarm> tick_alarm_, balance_alarm_;
  std::atomic<bool> ticking_{false}, leaving_{false};
  std::atomic<bool> gives_all_{false};  ///< parts are given to other nodes, and none is taken
  steady_time started_{};
  std::atomic<std::uint64_t> pushes_out_{0}, pushes_in_{0};
  std::mutex asked_mutex_;
  std::uint64_t last_asked_ = 0;
  std::map<std::uint64_t, asked_page> pages_;
  std::map<std::uint64_t, settle_wait> settles_;
  mutable std::mutex read_mutex_;
  std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>>
      read_elsewhere_;  ///< by consumer and source, as other nodes told
  std::uint32_t balances_ = 0;
  processor_load load_;                   ///< links' thread
  std::optional<member_load> told_load_;  ///< links' thread
  std::atomic<std::uint64_t> stale_{0};   ///< news and pushes of nodes that had lost the part
};

}  // namespace nova::runtime
