// The network between the test's hosts: a switch in this process, which carries each packet from one TUN device to another, or loses,
// delays and reorders it as told. It needs no netem, no packet filter and no name in the kernel. Used by bed.cpp.
#pragma once

#include "tests/nemesis/host.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nova::nemesis {

/// One direction between two hosts.
struct wire {
  bool cut = false;
  double loss = 0;                     ///< share of the packets, 0 to 1
  std::chrono::microseconds delay{0};  ///< of each packet
  std::chrono::microseconds jitter{
      0};                         ///< up to so much more, by chance: packets overtake each other
  std::uint64_t bytes_per_s = 0;  ///< 0: no limit
};

struct network_counts {
  std::uint64_t passed = 0, bytes = 0;
  std::uint64_t cut = 0, lost = 0, delayed = 0;
};

class network {
 public:
  explicit network(std::uint64_t seed) : random_(seed) {}
  ~network();

  /// The host of this process, then all others; before begin(). Null: `why` says what failed.
  host* add(unsigned number, bool of_this_process, std::string& why);
  void begin();

  void set(unsigned from, unsigned to, const wire& w);
  /// All wires carry everything at once again. Packets that wait are carried when they are due.
  void heal();
  network_counts counts() const;

 private:
  using clock = std::chrono::steady_clock;
  struct waiting {
    clock::time_point due;
    std::uint64_t number;
    host* to;
    std::vector<char> packet;
    bool operator<(const waiting& o) const {
      return due != o.due ? due > o.due : number > o.number;
    }
  };
  struct line {
    wire rules;
    clock::time_point free_at{};  ///< of a limited wire
  };
  static constexpr std::size_t most_waiting = 20'000;
  static constexpr std::chrono::milliseconds longest_queue{
      400};  ///< of a limited wire; beyond it packets are lost

  void carry_on();
  void read_all(host& from);
  void take(unsigned from, const char* packet, std::size_t size);
  /// Under mutex_. False: the packet is lost.
  bool schedule(line& l, std::size_t size, clock::time_point& due);
  void deliver(host& to, const char* packet, std::size_t size);
  clock::time_point deliver_due();

  std::vector<std::unique_ptr<host>> hosts_;
  std::map<unsigned, host*> by_number_;
  mutable std::mutex mutex_;
  std::map<std::pair<unsigned, unsigned>, line> lines_;
  std::mt19937_64 random_;
  std::priority_queue<waiting> late_;  ///< the thread's own
  std::uint64_t number_ = 0;
  network_counts counts_;
  int wake_ = -1;
  std::thread thread_;
};

}  // namespace nova::nemesis
