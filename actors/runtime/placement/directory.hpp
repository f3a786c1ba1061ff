// The top level of a node: its domains with their seats, the routes of methods, the taps of events, and
// the reaction when another node takes a domain. Built by node before the start; used by local_router and
// domain heads.
#pragma once

#include "actors/runtime/entities/shard.hpp"
#include "actors/runtime/events/reader.hpp"
#include "actors/runtime/placement/domain_head.hpp"
#include "actors/runtime/pushes/couriers.hpp"
#include "actors/runtime/routing/domain_link.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nova::runtime {

/// One domain of this node with the seats of its actors, from add() to the end of the process.
struct domain_seats {
  domain_seats(domain d, std::shared_ptr<storage::database> db, services& s, router& r,
               directory& all);

  domain_link link;
  std::vector<std::unique_ptr<shard_seat>> shards;
  std::vector<std::unique_ptr<reader_seat>> readers;     ///< of this domain, one per source shard
  std::vector<std::unique_ptr<domain_head_seat>> heads;  ///< by part
  /// By shard of this domain: readers of other domains that take its events.
  std::vector<std::vector<reader_seat*>> listeners;
};

/// The target of a method.
struct route {
  domain_seats* domain = nullptr;
  std::size_t kind = 0;
  const erased_handler* handler = nullptr;
};

/// A domain of the cluster that this node never owns. Readers here may take its events.
struct foreign_domain {
  std::string name;
  std::uint32_t shards = 0;
  std::vector<std::string> sources;                  ///< domains whose events it takes
  std::vector<std::vector<reader_seat*>> listeners;  ///< by its shard
};

class directory {
 public:
  using tap_fn = std::function<void(const rpc::message_ptr&)>;
  struct tapped {
    const rpc::event_type* type = nullptr;
    std::vector<tap_fn> call;
  };

  directory(services& s, couriers& c) : services_(s), couriers_(c) {}

  // Before the start:
  void add(domain d, std::shared_ptr<storage::database> db, router& r);
  /// A domain that other nodes own: its outline, of which nothing is called but the rules of its keys.
  void know(const domain& outline);
  void tap(const rpc::event_type& event, tap_fn f);
  /// The rule by which domains are claimed, in a cluster. It outlives the actors.
  void place_by(placement_rule& rule) { rule_ = &rule; }
  /// Connects readers with their sources. Call after all domains have been added.
  void connect();

  const std::vector<std::unique_ptr<domain_seats>>& domains() const noexcept { return domains_; }
  const std::vector<std::unique_ptr<foreign_domain>>& foreign() const noexcept { return foreign_; }
  placement_rule* rule() const noexcept { return rule_; }
  domain_seats* find(std::string_view domain) const;
  /// All domains that take events of the source, of this node and of others.
  std::vector<std::string_view> consumers_of(std::string_view source) const;
  /// Readers of this node that take the shard's events.
  const std::vector<reader_seat*>& listeners(shard_address source) const;
  const route* find_route(std::uint32_t method) const;
  /// How the keys of the method's entities are normalised, also for a domain of other nodes. Null: an unknown method.
  using key_rule = std::function<result<std::string>(const rpc::method&, std::string raw)>;
  const key_rule* find_key_rule(std::uint32_t method) const;
  const tapped* taps(std::uint32_t event) const;

  /// Without a cluster one node must hold all domains. Only the owner of the first domain may claim the others.
  const domain_part& anchor() const { return *domains_.front()->link.parts.front(); }
  /// True if another node owns a domain that pushes.
  bool ousted() const;
  /// Another node took a domain that pushes. Sockets are closed, so that clients connect to that node.
  void oust() { couriers_.oust(); }

 private:
  void connect(domain_seats& consumer);
  void connect(domain_seats& consumer, std::string_view source,
               std::vector<std::vector<reader_seat*>>& listeners);

  services& services_;
  couriers& couriers_;
  std::vector<std::unique_ptr<domain_seats>> domains_;
  std::vector<std::unique_ptr<foreign_domain>> foreign_;
  placement_rule* rule_ = nullptr;
  std::unordered_map<std::uint32_t, route> routes_;
  std::unordered_map<std::uint32_t, key_rule> key_rules_;
  std::unordered_map<std::uint32_t, tapped> taps_;
};

}  // namespace nova::runtime
