// A small server that answers as a rival does on the recorded wire, and records its requests. rival_adapter_test uses
// this server over real sockets. A bench must detect the server's faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nova::bench {

struct double_faults {
  std::size_t refuse_every = 0;  ///< each n-th send gets an error; 0: none
  std::size_t lose_every = 0;    ///< each n-th send gets no answer and no delivery
  std::size_t swap_every = 0;    ///< each n-th send is delivered after the next one
  std::size_t close_after = 0;   ///< after this many sends the sender's connection ends
};

class rival_double {
 public:
  /// `rival`: tinode, nakama or centrifugo. Listens on a free port.
  explicit rival_double(const std::string& rival, double_faults faults = {});
  ~rival_double();

  std::uint16_t port() const;
  /// First lines of the HTTP requests, upgrades included, and `body` of requests that had one.
  std::vector<std::string> requests() const;
  /// Text frames of connection `n` (in order of acceptance), in order of arrival.
  std::vector<std::string> frames(std::size_t n) const;

 private:
  struct body;
  std::unique_ptr<body> body_;
};

}  // namespace nova::bench
