// A chat server as durable-send and fanout use it: Nova (messaging/nova_chat.hpp) or a rival (rivals/rival_chat.hpp).
// Sockets run on the io_thread only. The calls of a chat_server block and are made from another thread.
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
  /// The account has signed in. Other accounts name it by `id`.
  std::function<void(const std::string& id)> identified = {};
  /// The socket has joined: sends succeed and pushes arrive. `place` is the server's name of the joined room, if it has one.
  std::function<void(const std::string& place)> joined = {};
  /// The answer to a send: accepted as the server's promise says, or refused.
  std::function<void(std::uint64_t number, bool accepted)> answered = {};
  /// A message of another socket arrived. `seq` is the server's own number, 0 if it has none; `bytes` is the frame's size.
  std::function<void(std::uint64_t number, std::int64_t seq, std::size_t bytes)> received = {};
  /// The connection ended or could not be set up. Open sends are never answered.
  std::function<void(const std::string& why)> ended = {};
};

class chat_socket {
 public:
  virtual ~chat_socket() = default;
  virtual void start() = 0;
  virtual void join(const std::string& target, bool publishes) = 0;
  /// Sends message `number` with a text of `text_bytes`.
  virtual void send(std::uint64_t number, std::size_t text_bytes) = 0;
};

/// The guarantee that an answered send gives.
struct promise_of_answer {
  bool stored = false;
  std::string text;    ///< one line
  std::string source;  ///< document or measurement that shows it
};

class chat_server {
 public:
  virtual ~chat_server() = default;
  virtual std::string name() const = 0;
  virtual promise_of_answer promise() const = 0;

  /// Makes this many accounts. Called before sockets are made. False: see `problem`.
  virtual bool prepare(std::size_t accounts, std::string& problem) = 0;
  /// Makes a socket of account `number`, modulo the prepared accounts. Called on the io_thread.
  virtual std::unique_ptr<chat_socket> make_socket(std::size_t number, chat_events events) = 0;

  /// A conversation of two accounts, named by their ids: the target that each side joins.
  struct targets {
    std::string first, second;
    std::uint64_t messages = 0;  ///< number of messages in it already
  };
  virtual std::optional<targets> direct(std::size_t first, const std::string& first_id,
                                        std::size_t second, const std::string& second_id,
                                        std::string& problem) = 0;
  /// A room in which account 0 publishes. Returns the publisher's target; room_of_listeners() returns the listeners' target.
  virtual std::optional<std::string> room(std::string& problem) = 0;
  virtual std::string room_of_listeners(const std::string& place) const = 0;

  /// Number of messages of a direct conversation that the server says it has stored. Empty: the server cannot be asked.
  virtual std::optional<std::uint64_t> stored(std::size_t first, const std::string& target) = 0;

  /// Called before a measurement: has the database write out data of earlier ones, if that is possible.
  /// False: it failed.
  virtual bool settle() { return true; }

  virtual cpu_split cpu() const = 0;
  virtual std::uint64_t resident_bytes() const = 0;
  virtual client::io_thread& io() = 0;
};

/// Adds name and promise to the run's facts.
void describe(const chat_server& server, report& out);

}  // namespace nova::bench
