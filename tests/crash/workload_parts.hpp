// What workload.cpp and operations.cpp share of the workload's inside.
#pragma once

#include "tests/crash/stream.hpp"
#include "tests/crash/workload.hpp"

#include <deque>

namespace nova::crash {

/// A conversation and who may do what in it. Numbers are indices of accounts.
struct workload::place {
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
  std::map<std::pair<std::string, std::string>, std::int64_t>
      read_by;                                  ///< (conversation, account) → read_seq as told
  std::map<std::string, std::string> presence;  ///< of accounts it watches
  seen_marks seen;
  std::vector<place*> places;   ///< where it may send
  std::deque<own_message> own;  ///< its latest acknowledged messages
  std::size_t in_flight = 0;
};

}  // namespace nova::crash
