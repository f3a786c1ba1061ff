// The frames that a rival's clients send and receive on one WebSocket, as text; no sockets. Made and fed by rival_chat.cpp. The
// shapes follow the rivals' documents, and were seen on the versions that promise() names.
#pragma once

#include "bench/support/chat.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nova::bench {

/// The identity of a socket, as far as it is known before the socket connects.
struct rival_identity {
  std::string user;   ///< unique in the run
  std::string token;  ///< if known before the connection
  std::string id;     ///< if known before the connection
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

  /// Called when the WebSocket is open.
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

/// The text of message `number`: the number, a space, and padding up to `text_bytes`.
std::string numbered_text(std::uint64_t number, std::size_t text_bytes);

std::unique_ptr<rival_wire> make_tinode_wire(const rival_identity& who, wire_events events);
std::unique_ptr<rival_wire> make_nakama_wire(const rival_identity& who, wire_events events);
std::unique_ptr<rival_wire> make_centrifugo_wire(const rival_identity& who, wire_events events);

/// Returns standard base64 of `text`.
std::string basic(std::string_view text);
/// The account in Nakama's session token (claim `uid`); empty: there is no such claim.
std::string nakama_account(std::string_view token);
/// Centrifugo's connection token: HS256 with the server's secret, subject `user`.
std::string centrifugo_token(const std::string& user, const std::string& secret);

}  // namespace nova::bench
