// What a rival's clients say and hear on one WebSocket, as text: no sockets here. Made and fed by rival_chat.cpp. Shapes as
// the rivals' documents give them, seen on the versions named in promise().
#pragma once

#include "bench/support/chat.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nova::bench {

/// Who a socket is, as far as it is known before it connects.
struct rival_identity {
  std::string user;   ///< unique in the run
  std::string token;  ///< where one is got beforehand
  std::string id;     ///< where one is got beforehand
};

struct wire_events {
  chat_events chat;
  std::function<void(std::string frame)> write;
};

class rival_wire {
 public:
  explicit rival_wire(wire_events events) : events_(std::move(events)) {}
  virtual ~rival_wire() = default;
  rival_wire(const rival_wire&) = delete;
  rival_wire& operator=(const rival_wire&) = delete;

  /// The WebSocket is open.
  virtual void open() = 0;
  virtual void join(const std::string& target, bool publishes) = 0;
  virtual void send(std::uint64_t number, std::size_t text_bytes) = 0;
  virtual void read(std::string_view frame) = 0;

 protected:
  void write(std::string frame) const { events_.write(std::move(frame)); }
  void identified(const std::string& id) const {
    if (events_.chat.identified) events_.chat.identified(id);
  }
  void joined(const std::string& place) const {
    if (events_.chat.joined) events_.chat.joined(place);
  }
  void answered(std::uint64_t number, bool accepted) const {
    if (events_.chat.answered) events_.chat.answered(number, accepted);
  }
  void received(std::string_view text, std::int64_t seq, std::size_t bytes) const;
  void ended(const std::string& why) const {
    if (events_.chat.ended) events_.chat.ended(why);
  }

 private:
  wire_events events_;
};

/// The text of message `number`: the number, a space, and what is missing to `text_bytes`.
std::string numbered_text(std::uint64_t number, std::size_t text_bytes);

std::unique_ptr<rival_wire> make_tinode_wire(const rival_identity& who, wire_events events);
std::unique_ptr<rival_wire> make_nakama_wire(const rival_identity& who, wire_events events);
std::unique_ptr<rival_wire> make_centrifugo_wire(const rival_identity& who, wire_events events);

/// Standard base64.
std::string basic(std::string_view text);
/// The account in Nakama's session token (claim `uid`); empty: there is none.
std::string nakama_account(std::string_view token);
/// Centrifugo's connection token: HS256 with the server's secret, subject `user`.
std::string centrifugo_token(const std::string& user, const std::string& secret);

}  // namespace nova::bench
