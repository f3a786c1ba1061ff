// Many more sockets at one gateway, which is killed: all must come back at the other one. Their accounts are in no conversation, so what
// they cost is the return itself. Used by nemesis.cpp.
#pragma once

#include "tests/support/client/account.hpp"
#include "tests/support/client/io_thread.hpp"
#include "tests/support/client/session.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace nova::nemesis {

class herd {
 public:
  static constexpr std::size_t sockets = 400;

  herd(client::io_thread& io, std::vector<client::endpoint> gateways)
      : io_(io), gateways_(std::move(gateways)) {}
  ~herd() { disperse(); }
  herd(const herd&) = delete;
  herd& operator=(const herd&) = delete;

  /// Opens all sockets at the gateway. Registers their accounts when called first. False: `why` says what failed.
  bool gather(std::size_t gateway, std::string& why);
  /// Each socket that was open has been lost, and is open again. False after `within`.
  bool await_back(std::chrono::milliseconds within);
  /// Sockets that are back, and those of them that were resumed.
  std::size_t back();
  std::size_t resumed();
  /// Closes all.
  void disperse();

 private:
  struct animal {
    std::shared_ptr<client::session> socket;
    std::size_t opened = 0;  ///< times
  };

  void open_more();
  bool all(std::size_t times) const;

  client::io_thread& io_;
  const std::vector<client::endpoint> gateways_;
  std::vector<client::account> accounts_;
  std::vector<std::unique_ptr<animal>> animals_;
  std::size_t at_ = 0, open_ = 0, resumed_ = 0;
};

}  // namespace nova::nemesis
