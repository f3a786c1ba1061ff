// Beside the sockets' load, over HTTP on a thread of its own: registrations, and one person who blocks and unblocks
// others. Used by the crash test.
#pragma once

#include "tests/crash/history.hpp"
#include "tests/support/client/account.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nova::crash {

class side_load {
 public:
  /// `by` blocks and unblocks each of `whom` in turn. The accounts must live as long as the load.
  /// Of several gateways the next one is asked when one does not answer.
  side_load(std::vector<client::endpoint> gateways, const client::account& by,
            std::vector<const client::account*> whom);
  ~side_load();

  void begin();
  /// From the next request on.
  void move_to(client::endpoint to);
  /// Ends the thread, makes sure that one person is blocked, and adds its calls to `record`.
  void finish(history& record);
  /// Everybody it tried to register, with the password they would have.
  const std::vector<client::account>& registered() const noexcept { return registered_; }

 private:
  void run();
  void stop();
  /// False: no answer came.
  bool register_one(client::http_client& http);
  bool block_one(client::http_client& http);
  void leave_one_blocked();

  std::vector<client::endpoint> gateways_;  ///< mutex_; the one that is asked is the first
  bool moved_ = true;                       ///< mutex_; the connection is to another gateway
  const client::account& by_;
  std::vector<const client::account*> whom_;
  std::vector<client::account> registered_;
  std::vector<outcome> registrations_;
  std::vector<block_record> blocks_;
  std::vector<bool> blocked_;  ///< as last asked for, by index of whom_
  std::size_t turn_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace nova::crash
