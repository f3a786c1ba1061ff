// What the flow tests stand on: one Nova for the whole executable, people, and their sockets. With NOVA_FLOW_NODES=yes in the
// environment that Nova is three nodes with two gateways, which requests and sockets use in turn.
#pragma once

#include "tests/support/client/device.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/server_process.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace nova::cluster {
class processes;
}

namespace nova::flow {

using boost::json::object;
using client::account;
using client::call_result;
using client::device;
using client::http_reply;
using client::quoted;

struct world {
  world();
  ~world();
  /// The gateway whose turn it is.
  client::server_process& gateway();
  /// Where kept bytes of media are.
  std::string blobs() const;

  std::unique_ptr<cluster::processes> nodes;  ///< null: one process
  std::unique_ptr<client::server_process> alone;
  std::vector<client::server_process*> gateways;
  client::server_process& nova;  ///< the first gateway
  client::io_thread io;
  std::vector<std::unique_ptr<client::http_client>> http;  ///< one a gateway
  std::size_t turn = 0;
};

/// Started on first use, stopped at the executable's end.
world& the_world();
/// Starts it again after it was killed.
void start(world& w);

/// A connection to the gateway whose turn it is.
client::http_client& http();

/// True on nodes, with a printed reason: the case looks into one process, or into its own databases.
bool needs_one_process();

/// A registered person; `name` begins the handle.
account person(const std::string& name);

/// A second login of the same person, with tokens of its own session.
account another_login(const account& a);

struct socket_options {
  bool echo = true;
  std::string resume_token = {};
  std::string seen = {};  ///< JSON object; empty: resumes without it
  std::string subprotocol = "nova.v1.json";
};
/// An open socket of the person.
std::unique_ptr<device> socket(const account& a, socket_options options = {});

/// The one direct conversation of two people.
std::string direct(const account& a, const account& b);
std::string group(const account& owner, const std::vector<account>& others,
                  const std::string& kind = "group");

/// `{"conversation_id":…` plus `rest` and the closing brace; `rest` begins with a comma or is empty.
std::string in(const std::string& conversation, const std::string& rest = {});
/// The params of a send.
std::string message(const std::string& conversation, const std::string& client_id,
                    const std::string& text);

/// Fits pushes whose member `name` is `value`.
device::predicate with(const std::string& name, std::string_view value);
inline device::predicate with(const std::string& name, const char* value) {
  return with(name, std::string_view(value));
}
device::predicate with(const std::string& name, bool value);
std::int64_t number(const object& o, std::string_view name);
std::string text(const object& o, std::string_view name);

}  // namespace nova::flow
