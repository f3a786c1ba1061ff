// Nakama's realtime protocol, JSON over WebSocket (3.40). The session token is got over HTTP; a direct conversation is a
// channel of type 2 named by the peer's account, a room one of type 1.
#include "bench/rivals/rival_wire.hpp"

#include <boost/json.hpp>

#include <sodium.h>

#include <charconv>

namespace nova::bench {

namespace {

namespace json = boost::json;

const json::object* object_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v ? v->if_object() : nullptr;
}

std::string_view text_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

class nakama_wire final : public rival_wire {
 public:
  nakama_wire(const rival_identity& who, wire_events events)
      : rival_wire(std::move(events)), account_(who.id) {}

  // The token in the URL was enough.
  void open() override { identified(account_); }

  void join(const std::string& target, bool) override {
    // Accounts are UUIDs, rooms have names.
    const bool direct = target.size() == 36 && target[8] == '-';
    write(R"({"cid":"j","channel_join":{"target":")" + target + R"(","type":)" +
          (direct ? "2" : "1") + R"(,"persistence":true,"hidden":false}})");
  }

  void send(std::uint64_t number, std::size_t text_bytes) override {
    write(R"({"cid":")" + std::to_string(number) + R"(","channel_message_send":{"channel_id":")" +
          channel_ + R"(","content":"{\"b\":\")" + numbered_text(number, text_bytes) + R"(\"}"}})");
  }

  void read(std::string_view frame) override {
    boost::system::error_code wrong;
    const auto value = json::parse(json::string_view(frame.data(), frame.size()), wrong);
    if (wrong || !value.is_object()) return ended("a frame is not JSON");
    const auto& o = value.get_object();
    if (o.contains("ping")) return write(R"({"pong":{}})");
    if (const auto* message = object_of(o, "channel_message"))
      return delivered(*message, frame.size());
    const auto cid = text_of(o, "cid");
    if (cid == "j") return came_in(o);
    std::uint64_t number = 0;
    if (const auto [end, bad] = std::from_chars(cid.data(), cid.data() + cid.size(), number);
        bad == std::errc{})
      answered(number, o.contains("channel_message_ack"));
    else if (o.contains("error")) ended(json::serialize(o));
  }

 private:
  void came_in(const json::object& o) {
    const auto* channel = object_of(o, "channel");
    if (!channel) return ended("the channel was refused: " + json::serialize(o));
    channel_ = std::string(text_of(*channel, "id"));
    joined(channel_);
  }

  void delivered(const json::object& m, std::size_t bytes) {
    if (text_of(m, "sender_id") == account_) return;  // the echo of an own message
    boost::system::error_code wrong;
    const auto text = text_of(m, "content");
    const auto content = json::parse(json::string_view(text.data(), text.size()), wrong);
    if (!wrong && content.is_object()) received(text_of(content.get_object(), "b"), 0, bytes);
  }

  const std::string account_;
  std::string channel_;
};

}  // namespace

std::unique_ptr<rival_wire> make_nakama_wire(const rival_identity& who, wire_events events) {
  return std::make_unique<nakama_wire>(who, std::move(events));
}

std::string nakama_account(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == token.npos || second == token.npos) return "";
  const auto body = token.substr(first + 1, second - first - 1);
  std::string claims(body.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(claims.data()), claims.size(), body.data(),
                        body.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return "";
  boost::system::error_code wrong;
  const auto value = json::parse(json::string_view(claims.data(), size), wrong);
  return wrong || !value.is_object() ? "" : std::string(text_of(value.get_object(), "uid"));
}

}  // namespace nova::bench
