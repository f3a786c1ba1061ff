// Sends at a fixed pace into conversations of each part of messaging, also through faults: each is repeated with its client_id
// until it is answered, and its receiver's pushes are checked. The traffic of the scenarios moves and fail-over.
#pragma once

#include "bench/support/node_stage.hpp"
#include "bench/support/report.hpp"
#include "tests/support/client/session.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct part_send {
  std::size_t part = 0;
  std::uint64_t intended_us = 0;
  std::uint64_t answered_us = 0;  ///< 0: not yet
};

/// Starts the node `base` with the gateway and all domains but messaging, whose parts `left` and `right` own. False: see `problem`.
bool start_two_owners(node_stage& s, std::string& problem);

class part_traffic {
 public:
  explicit part_traffic(node_stage& s) : stage_(s), io_(s.io()) {}
  ~part_traffic();

  /// Opens the sockets, and makes `lanes` conversations in each part of messaging. `asked` names a node. False: see `problem`.
  bool set_up(std::size_t lanes, const std::string& asked, std::string& problem);
  /// `rate`: sends a second of all conversations together.
  void begin(double rate, std::size_t text_bytes);
  /// Ends the sending, waits for what is under way, and says what was lost, doubled or missed.
  void end(report& out);

  std::size_t parts() const { return parts_; }
  /// When the first answer came to a send of the part that was due after this moment; 0: none yet.
  std::uint64_t first_answer(std::size_t part, std::uint64_t after_us);
  /// Blocks until first_answer() of these parts is there. False: not within 30 s.
  bool await_answers(const std::vector<std::size_t>& parts, std::uint64_t after_us);
  /// Blocks until no socket was closed for a second: what a fault or its end does to sockets is over. False: not within 30 s.
  bool await_calm();
  /// All so far, in the order of their due times within a conversation.
  std::vector<part_send> sends();
  /// Answers other than success, by their code, and "lost" when a socket went before the answer.
  std::map<std::string, std::uint64_t> failures();
  /// Sockets that were closed, by the code of the close frame.
  std::map<int, std::uint64_t> closures();

 private:
  struct lane {
    std::size_t part = 0, from = 0, to = 0;
    std::string conversation;
    std::shared_ptr<client::session> sender =
        {};  ///< of this lane alone: a part that is away must not fill the others' socket
    std::uint64_t base = 0;      ///< messages in it before
    std::uint64_t seen = 0;      ///< highest seq that was pushed to the receiver
    std::uint64_t answered = 0;  ///< highest seq that was answered to the sender
    std::vector<part_send> sends = {};
    std::size_t unanswered = 0;
    double next_due_us = 0;
  };

  std::shared_ptr<client::session> make_socket(std::size_t account, bool listens);
  void send(lane& l, std::size_t number);
  void answered(lane& l, std::size_t number, const client::call_reply& r);
  void pushed(std::size_t account, std::string_view frame);
  void pace();
  std::string seen_by(std::size_t account) const;
  bool delivered() const;

  node_stage& stage_;
  client::io_thread& io_;
  std::vector<client::account> accounts_;
  std::size_t parts_ = 0;
  // After set_up() only io_'s thread uses the members below.
  std::vector<std::unique_ptr<lane>> lanes_;
  std::map<std::string, lane*, std::less<>> by_conversation_;
  std::vector<std::shared_ptr<client::session>> sockets_;
  std::size_t open_ = 0, text_bytes_ = 100;
  std::uint64_t last_closed_us_ = 0;
  double interval_us_ = 0;
  std::map<std::string, std::uint64_t> failures_;
  struct failure {
    std::size_t part = 0, number = 0;
    std::uint64_t due_us = 0, failed_us = 0;
    std::string error;
  };
  std::vector<failure> details_;  ///< of the first ones
  std::map<int, std::uint64_t> closures_;
  std::uint64_t holes_ = 0, doubles_ = 0, gaps_ = 0;
  bool sending_ = false;
  const std::string tag_ = client::unique_suffix();
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< for timers that outlast this object
};

/// The longest time between two answers, from the last answer before `from_us` to the first one after `to_us`, in
/// microseconds. 0: there are no such answers. `answers` is in order.
std::uint64_t longest_gap_us(const std::vector<std::uint64_t>& answers, std::uint64_t from_us,
                             std::uint64_t to_us);
/// The moments of the answers of each part, in order.
std::vector<std::vector<std::uint64_t>> answers_by_part(const std::vector<part_send>& sends,
                                                        std::size_t parts);

}  // namespace nova::bench
