// What workload.cpp and operations.cpp share of the workload's inside.
#pragma once

#include "tests/crash/stream.hpp"
#include "tests/crash/workload.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nova::crash {

/// A conversation and who may do what in it. Numbers are indices of accounts.
struct workload::place {
  std::size_t number = 0;  ///< in the record
  std::string id;
  std::size_t owner = 0;
  std::vector<std::size_t> senders;
  std::set<std::size_t> founders;
  bool group = false;
  std::size_t guest = 0;      ///< of a group: who is added and removed
  bool guest_wanted = false;  ///< by the last operation
  bool members_busy = false;
};

struct workload::device {
  struct own_message {
    place* at = nullptr;
    std::int64_t seq = 0;
  };

  std::size_t account = 0, record = 0;
  std::string name;
  std::shared_ptr<client::session> session;
  bool stubborn = false;  ///< stays where it is when others move
  bool slow = false;      ///< has a small receive buffer, and stops reading when told
  int drops = 0;          ///< times that the load cut its socket
  /// Of watched attempts that were lost: the socket's end comes next and says why.
  std::vector<std::function<void(int close_code)>> lost_attempts;
  std::map<std::pair<std::string, std::string>, std::int64_t>
      read_by;                                  ///< (conversation, account) → read_seq as told
  std::map<std::string, std::string> presence;  ///< of accounts it watches
  seen_marks seen;
  std::vector<place*> places;   ///< where it may send
  std::deque<own_message> own;  ///< its latest acknowledged messages
  std::size_t in_flight = 0;
  /// Methods of the calls without answer, and when each was made first.
  std::multimap<std::string, std::chrono::steady_clock::time_point> asked;
  std::string last_refusal;  ///< code of the last refusal after which a send was made again
  int last_close = 0;

  void begin(std::string_view method) {
    asked.emplace(method, std::chrono::steady_clock::now());
    ++in_flight;
  }
  void end(std::string_view method) {
    asked.erase(asked.find(std::string(method)));
    --in_flight;
  }
};

}  // namespace nova::crash
