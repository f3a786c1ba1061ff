// One device of a simulated person: a WebSocket client over a wire that resumes after every loss and remembers what it has
// seen. What it is told goes into its device_record. Used by workload.
#pragma once

#include "tests/crash/stream.hpp"
#include "tests/simulation/cluster.hpp"

#include <functional>
#include <map>
#include <string>

namespace nova::simulation {

struct person {
  std::string id, handle, email, password;
  std::string access_token;
  rpc::caller caller() const;
};

/// How a call over the socket ended. `lost`: the connection ended before an answer came.
struct socket_answer {
  bool lost = false;
  bool ok = false;
  std::string code = {};  ///< of the problem document
  std::string body = {};  ///< of the result
  bool uncertain() const;
};

class device {
 public:
  struct counts {
    std::uint64_t deliveries = 0, resumes = 0, gaps = 0, losses = 0, closed_slow = 0, replaced = 0;
  };

  device(cluster& c, const person& who, crash::history& record, std::string name);

  bool is_open() const noexcept { return state_ == state::open; }
  /// Carried out when the socket is open, at once or later.
  void call(std::string_view method, std::string params,
            std::function<void(const socket_answer&)> done);
  /// Its name, its state and the calls without answer; empty: there are none.
  std::string waits_for() const;
  /// The connection breaks, as seen from here.
  void cut();
  /// Reads nothing until then.
  void be_deaf(milliseconds until) { deaf_until_ = until; }
  void on_tick();
  bool step();

  const person& who() const noexcept { return who_; }
  crash::seen_marks seen;
  counts count;

 private:
  enum class state { offline, opening, open };
  struct outstanding {
    std::string text;
    std::function<void(const socket_answer&)> done;
    milliseconds since;
  };
  void connect();
  void lose();
  void send_open();
  void opened(std::string_view body);
  void take_frames();
  void frame(std::string_view payload);
  void pushed(std::string_view method, std::string_view body);
  void answered(std::uint64_t id, socket_answer a);

  cluster& cluster_;
  const person& who_;
  crash::history& record_;
  std::size_t at_;  ///< index in record.devices
  state state_ = state::offline;
  wire_ptr wire_;
  std::string buffer_;
  std::string resume_token_;
  std::map<std::uint64_t, outstanding> calls_;  ///< sent, without answer
  std::vector<outstanding> waiting_;            ///< for the socket to open
  std::uint64_t last_id_ = 0, open_id_ = 0;
  milliseconds retry_at_{0}, deaf_until_{0}, open_by_{0};
};

}  // namespace nova::simulation
