// A chat server as durable-send and fanout drive it: Nova (messaging/nova_chat.hpp) or a rival (rivals/rival_chat.hpp).
// Everything of a socket happens on the io_thread; the calls of a chat_server block and are made from another thread.
#pragma once

#include "bench/support/report.hpp"
#include "bench/support/stage.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace nova::bench {

struct chat_events {
  /// Signed in; `id` is how others name this account.
  std::function<void(const std::string& id)> identified = {};
  /// Sends go through and pushes arrive. `place` is how others find what was joined, where a server has such a name.
  std::function<void(const std::string& place)> joined = {};
  /// The answer to a send: accepted as the server promises, or refused.
  std::function<void(std::uint64_t number, bool accepted)> answered = {};
  /// Somebody's message arrived. `seq` is the server's own number, 0 where it has none; `bytes` the frame's size.
  std::function<void(std::uint64_t number, std::int64_t seq, std::size_t bytes)> received = {};
  /// The connection ended or could not be made useful; what was not answered never will be.
  std::function<void(const std::string& why)> ended = {};
};

class chat_socket {
 public:
  virtual ~chat_socket() = default;
  virtual void start() = 0;
  virtual void join(const std::string& target, bool publishes) = 0;
  /// Message `number` with a text of `text_bytes`.
  virtual void send(std::uint64_t number, std::size_t text_bytes) = 0;
};

/// What an answered send is worth.
struct promise_of_answer {
  bool stored = false;
  std::string text;    ///< one line
  std::string source;  ///< where it is said or was measured
};

class chat_server {
 public:
  virtual ~chat_server() = default;
  virtual std::string name() const = 0;
  virtual promise_of_answer promise() const = 0;

  /// Before sockets are made: as many accounts. False: `problem`.
  virtual bool prepare(std::size_t accounts, std::string& problem) = 0;
  /// A socket of account `number`, modulo what was prepared. On the io_thread.
  virtual std::unique_ptr<chat_socket> make_socket(std::size_t number, chat_events events) = 0;

  /// A conversation of two, by their ids: what each side joins.
  struct targets {
    std::string first, second;
    std::uint64_t messages = 0;  ///< that it holds already
  };
  virtual std::optional<targets> direct(std::size_t first, const std::string& first_id,
                                        std::size_t second, const std::string& second_id,
                                        std::string& problem) = 0;
  /// A room published to by account 0: what the publisher joins; what the listeners join, given the publisher's place.
  virtual std::optional<std::string> room(std::string& problem) = 0;
  virtual std::string room_of_listeners(const std::string& place) const = 0;

  /// Messages of a direct conversation that are stored for sure, asked of the server. Empty: it cannot be asked.
  virtual std::optional<std::uint64_t> stored(std::size_t first, const std::string& target) = 0;

  /// Before a measurement: what earlier ones left in the database's memory goes to its disk, where it can be told so.
  /// False: it did not.
  virtual bool settle() { return true; }

  virtual cpu_split cpu() const = 0;
  virtual std::uint64_t resident_bytes() const = 0;
  virtual client::io_thread& io() = 0;
};

/// Name and promise, among the run's facts.
void describe(const chat_server& server, report& out);

}  // namespace nova::bench
