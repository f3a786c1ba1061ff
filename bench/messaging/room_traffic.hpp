// One publisher and many listeners in a room of a chat_server: the traffic of fanout, on Nova and on its rivals.
#pragma once

#include "bench/messaging/room_order.hpp"
#include "bench/support/chat.hpp"
#include "bench/support/report.hpp"

#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct room_shape {
  std::size_t window = 1;  ///< messages that have not reached every listener
  double warm_up_seconds = 2;
  double seconds = 10;
  std::size_t text_bytes = 100;
};

struct room_figures {
  double server_cpu_per_million = 0;  ///< CPU seconds per million deliveries
  double deliveries_per_second = 0;
  double postgres_cpu_per_million = 0;
};

class room_traffic {
 public:
  explicit room_traffic(chat_server& server) : server_(server), io_(server.io()) {}
  ~room_traffic();

  /// Accounts: a publisher and at most `accounts` listeners, which the sockets share. False: see `problem`.
  bool set_up(std::size_t sockets, std::size_t accounts, std::string& problem);
  /// Writes the figures and the lost messages. May be called again.
  room_figures run(const room_shape& shape, report& out);
  /// Bytes of the last push, without the WebSocket header.
  std::size_t push_bytes() const { return push_bytes_; }
  /// Messages that were sent so far.
  std::uint64_t messages() const { return made_; }

 private:
  struct doorway;
  void let_in(const std::shared_ptr<doorway>& door);
  void socket_ended(const std::shared_ptr<doorway>& door, const std::string& why);
  void publish();
  void answered(std::uint64_t number, bool accepted);
  void received(std::size_t listener, std::uint64_t number, std::int64_t seq);
  room_figures measure(const cpu_split& used, double seconds, report& out);

  chat_server& server_;
  client::io_thread& io_;
  std::unique_ptr<chat_socket> publisher_;
  std::vector<std::unique_ptr<chat_socket>> listeners_;
  room_order order_;
  std::map<std::uint64_t, std::size_t> left_;  ///< by message: listeners that wait for the message
  room_shape shape_;
  std::size_t accounts_ = 1, push_bytes_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t made_ = 0, delivered_ = 0, counted_ = 0, wrong_ = 0, refused_ = 0;
  std::string ended_;
  bool publishing_ = false;
  std::promise<void> quiet_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< for timers that outlast this object
};

}  // namespace nova::bench
