// A small server that answers as a rival does on the recorded wire, and keeps what it was told: rival_adapter_test drives
// it over real sockets. Its faults are what a bench has to notice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct double_faults {
  std::size_t refuse_every = 0;  ///< of the sends, this one gets an error; 0: none
  std::size_t lose_every = 0;    ///< … no answer and no delivery
  std::size_t swap_every = 0;    ///< … is delivered behind its successor
  std::size_t close_after = 0;   ///< sends, then the sender's connection ends
};

class rival_double {
 public:
  /// `rival`: tinode, nakama or centrifugo. Listens on a port of its own choice.
  explicit rival_double(const std::string& rival, double_faults faults = {});
  ~rival_double();

  std::uint16_t port() const;
  /// First lines of the HTTP requests, upgrades included, and `body` of those that had one.
  std::vector<std::string> requests() const;
  /// Text frames in order of arrival, of connection `n` in order of acceptance.
  std::vector<std::string> frames(std::size_t n) const;

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::bench
