// `nova cluster`: asks a node's operations pages and prints the answer. Called by gateway/main.cpp.
#pragma once

#include "protocols/core/error.hpp"

#include <string>
#include <string_view>

namespace nova::config {

/// The JSON of GET /cluster at "127.0.0.1:9400"; with an order, of POST /cluster<order>. Blocks for 5 s at most.
result<std::string> ask_cluster(const std::string& at, const std::string& order = {});

/// The answer as lines for a person. `topic`: status, members or shards, or an order. An order that was not accepted is an error.
result<std::string> print_cluster(std::string_view json, std::string_view topic);

}  // namespace nova::config
