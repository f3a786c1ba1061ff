// The gateway of one simulated node without sockets: Nova's own session, tokens, queue and codec on an I/O thread that is
// stepped; a wire stands for each TCP connection. Mirrors what websocket_connection.cpp does with Beast. Used by virtual_node.
#pragma once

#include "actors/runtime/node/testing.hpp"
#include "gateway/loop/io_thread.hpp"
#include "gateway/session/edge.hpp"
#include "gateway/session/socket_session.hpp"
#include "gateway/websocket/socket_outbox.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace nova::simulation {

/// One connection as both ends see it. Either end may vanish; then the other reads what is on its way and sees the end.
struct wire {
  static constexpr std::size_t kernel_bytes =
      4096;  ///< what the server may have written and the client not read

  std::deque<std::string> up;     ///< whole messages of the client
  std::string down;               ///< frames of the server, in bytes
  std::deque<std::string> pongs;  ///< of the client, by their bytes
  bool client_gone = false;
  bool server_gone = false;
};
using wire_ptr = std::shared_ptr<wire>;

class virtual_socket;

class virtual_edge final : public rpc::push_sink {
 public:
  virtual_edge(config::gateway_settings settings, const wall_clock& wall, random_source& random,
               gateway::monotonic_clock now);
  ~virtual_edge() override;

  /// The node calls back into this edge from its construction on; calls go in from here.
  void serve(rpc::bus& bus);
  wire_ptr connect();
  /// One task of the I/O thread, one message of a client, or one write; false when there is nothing to do.
  bool step(runtime::seeded_random& choice);
  /// Deadlines of sessions and the refreshing of keys; after every move of the clock.
  void on_time();
  /// Another node owns accounts now, or the same one after a break.
  void read_revocations() { common_.tokens->read_revocations(); }
  bool can_verify() const { return common_.tokens->ready(); }
  /// All connections break, as when the process dies.
  void cut_all();

  void deliver(std::shared_ptr<const std::vector<rpc::connection_id>> to, rpc::push_ptr p) override;
  void close(rpc::connection_id connection, rpc::close_code code, std::string reason) override;
  void revoke_session(const uuid& session, unix_ms until) override;

 private:
  gateway::edge common_;
  std::shared_ptr<gateway::io_thread> thread_;
  std::vector<std::shared_ptr<virtual_socket>> sockets_;
  gateway::time_point next_token_tick_{};
};

}  // namespace nova::simulation
