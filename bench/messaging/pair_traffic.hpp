// Senders and receivers in direct conversations of a chat_server: the traffic of durable-send, on Nova and on its rivals.
#pragma once

#include "bench/support/chat.hpp"
#include "bench/support/report.hpp"

#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct traffic_shape {
  std::size_t window = 16;  ///< unanswered sends per sender
  double rate =
      0;  ///< intended sends a second of all senders together, open loop; 0: as many as the window allows
  double warm_up_seconds = 2;
  double seconds = 10;
  std::size_t text_bytes = 100;
  double drain_seconds =
      20;  ///< a message not answered and delivered this long after the last send is lost
};

struct traffic_result {
  double acked_per_second = 0;
  latencies answer;                ///< from the intended start
  latencies delivery;              ///< from the intended start, at the receiver
  double server_cpu_per_1000 = 0;  ///< seconds of the server alone
  double postgres_cpu_per_1000 = 0;
};

class pair_traffic {
 public:
  explicit pair_traffic(chat_server& server) : server_(server), io_(server.io()) {}
  ~pair_traffic();

  /// Blocks until all sockets have joined. False: see `problem`.
  bool set_up(std::size_t pairs, std::string& problem);
  /// Writes the figures, and the lost, doubled and misordered messages. May be called again.
  traffic_result run(const traffic_shape& shape, report& out);

 private:
  struct pair {
    std::unique_ptr<chat_socket> sender, receiver;
    std::string sender_id, receiver_id, target;
    std::size_t joined = 0;
    std::uint64_t made = 0, answered = 0, refused = 0, delivered = 0, out_of_order = 0;
    std::uint64_t next_number = 0;
    std::uint64_t stored = 0;  ///< before the run
    std::int64_t last_seq = 0;
    std::uint64_t first = 0;              ///< number of the first message of intended
    std::vector<std::uint64_t> intended;  ///< microseconds
    double next_due_us = 0;               ///< open loop
  };
  struct counts {
    std::uint64_t refused = 0, out_of_order = 0, lost = 0, undelivered = 0;
  };

  void add_pair(std::size_t n);
  void send(pair& p, std::uint64_t intended_us);
  void answered(pair& p, std::uint64_t number, bool accepted);
  void received(pair& p, std::uint64_t number, std::int64_t seq);
  void begin();
  void pace();
  std::string why_ended();
  counts count() const;
  void measure(report& out, const cpu_split& used, double seconds);
  void verify(report& out);

  chat_server& server_;
  client::io_thread& io_;
  // After a socket has started, only io_'s thread uses the members below.
  std::vector<std::unique_ptr<pair>> pairs_;
  traffic_shape shape_;
  traffic_result result_;
  std::uint64_t acked_ = 0, delivered_ = 0;
  std::string ended_;
  bool sending_ = false, measuring_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< for timers that outlast this object
};

}  // namespace nova::bench
