// The cluster that all cases of cluster_flow_test share, people on it, and their sockets.
#pragma once

#include "tests/support/client/device.hpp"
#include "tests/support/cluster_processes.hpp"

#include <memory>
#include <string>

namespace nova::cluster {

/// The nodes `east` and `west` with all domains, and the gateways `front` and `side`.
processes& four();
/// Starts `east` and `west` where a case has ended them, and waits until each has its links.
void all_linked();

client::io_thread& io();
client::account person(client::http_client& http, const std::string& name);
std::unique_ptr<client::device> socket(const std::string& node, const client::account& a,
                                       const std::string& resume = {},
                                       const std::string& seen = {});
/// A conversation of the two.
std::string direct(client::http_client& http, const client::account& a, const client::account& b);
/// The parameters of messaging.send. The text is the client_id.
std::string message(const std::string& conversation, const std::string& client_id);

}  // namespace nova::cluster
