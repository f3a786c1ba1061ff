// The role of a node in its cluster, and the state that operators see. Given to node by gateway/main.cpp.
#pragma once

#include "actors/runtime/api/module.hpp"
#include "config/settings/cluster_settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nova::link {
class network;
}

namespace nova::runtime {

struct cluster_options {
  config::cluster_settings settings;
  bool gateway = true;
  std::string release = {};
  /// Called on the links' thread when a domain has another owner, or the same one after a break.
  std::function<void(std::string_view domain)> owner_changed = {};
  std::vector<paced_push> paces = {};  ///< of all domains
  /// Between this node and the others; null: links over TLS.
  std::shared_ptr<link::network> network = {};
  /// Processor seconds of this process since its start, for each core; empty: other nodes are told no load.
  std::function<double()> processor_seconds = {};
};

struct member_load {
  std::uint32_t processor_percent = 0;  ///< of all its cores, in the last ten seconds
  std::uint32_t waiting_calls = 0;      ///< accepted there and not answered yet
  bool operator==(const member_load&) const = default;
};

struct cluster_status {
  struct member {
    std::string node, incarnation, address, operations, release;
    std::vector<std::string> roles;
    bool linked = false;
    bool leaving = false;
    bool self = false;
    std::optional<member_load> load = {};  ///< none: the node has not told it
  };
  struct owner {
    std::string domain;
    std::uint32_t part = 0;
    std::int64_t epoch = 0;
    std::string node;  ///< empty: none is known
    std::vector<std::uint32_t> shards;
  };
  std::vector<member> members;
  std::vector<owner> owners;
  std::vector<std::pair<std::string, std::uint64_t>> counters;  ///< of this node since its start
};

/// {"members":[…],"domains":[…]}
std::string json_of(const cluster_status& s);

}  // namespace nova::runtime
