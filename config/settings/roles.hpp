// The roles of a node by its settings. Used by doctor and gateway/main.cpp.
#pragma once

#include "config/settings/cluster_settings.hpp"

#include <algorithm>
#include <string_view>

namespace nova::config {

inline constexpr std::string_view gateway_role = "gateway";

/// True when the settings name a cluster.
inline bool in_cluster(const cluster_settings& s) { return !s.node.empty(); }

/// `role` is a domain's name, or gateway_role. Outside a cluster a process has all roles.
inline bool has_role(const cluster_settings& s, std::string_view role) {
  return !in_cluster(s) || s.roles.empty() || std::ranges::find(s.roles, role) != s.roles.end();
}

}  // namespace nova::config
