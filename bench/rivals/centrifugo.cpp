// Centrifugo's bidirectional protocol v2, JSON over WebSocket (6.9). Direct conversations and rooms are channels of the
// namespace `chat`, in which clients must be allowed to subscribe and publish. A frame may hold several lines.
#include "bench/rivals/rival_wire.hpp"

#include <boost/json.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <sodium.h>

namespace nova::bench {

namespace {

namespace json = boost::json;

constexpr std::uint64_t connect_id = 1, subscribe_id = 2, first_publish_id = 3;

const json::object* object_of(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v ? v->if_object() : nullptr;
}

class centrifugo_wire final : public rival_wire {
 public:
  centrifugo_wire(const rival_identity& who, wire_events events)
      : rival_wire(std::move(events)), user_(who.user), token_(who.token) {}

  void open() override { write(R"({"id":1,"connect":{"token":")" + token_ + "\"}}"); }

  void join(const std::string& target, bool) override {
    channel_ = target;
    write(R"({"id":2,"subscribe":{"channel":")" + channel_ + "\"}}");
  }

  void send(std::uint64_t number, std::size_t text_bytes) override {
    write(R"({"id":)" + std::to_string(number + first_publish_id) + R"(,"publish":{"channel":")" +
          channel_ + R"(","data":{"b":")" + numbered_text(number, text_bytes) + "\"}}}");
  }

  void read(std::string_view frame) override {
    for (std::size_t at = 0; at < frame.size();) {
      const auto end = std::min(frame.find('\n', at), frame.size());
      if (end > at) line(frame.substr(at, end - at));
      at = end + 1;
    }
  }

 private:
  void line(std::string_view text) {
    boost::system::error_code wrong;
    const auto value = json::parse(json::string_view(text.data(), text.size()), wrong);
    if (wrong || !value.is_object()) return ended("a line is not JSON");
    const auto& o = value.get_object();
    if (o.empty()) return write("{}");  // a ping
    if (const auto* push = object_of(o, "push")) return delivered(*push, text.size());
    const auto* id = o.if_contains("id");
    if (!id || !id->is_int64()) return;
    const auto n = static_cast<std::uint64_t>(id->get_int64());
    const bool fine = !o.contains("error");
    if (n >= first_publish_id) return answered(n - first_publish_id, fine);
    if (!fine)
      return ended((n == connect_id ? "the token was refused: " : "the channel was refused: ") +
                   json::serialize(o));
    if (n == connect_id) identified(user_);
    if (n == subscribe_id) joined(channel_);
  }

  void delivered(const json::object& push, std::size_t bytes) {
    const auto* pub = object_of(push, "pub");
    const auto* data = pub ? object_of(*pub, "data") : nullptr;
    const auto* b = data ? data->if_contains("b") : nullptr;
    if (!b || !b->is_string()) return;
    const auto* offset = pub->if_contains("offset");  // with history only
    received(b->get_string(), offset && offset->is_int64() ? offset->get_int64() : 0, bytes);
  }

  const std::string user_, token_;
  std::string channel_;
};

std::string base64_url(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                  '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  out.pop_back();
  return out;
}

}  // namespace

std::unique_ptr<rival_wire> make_centrifugo_wire(const rival_identity& who, wire_events events) {
  return std::make_unique<centrifugo_wire>(who, std::move(events));
}

std::string centrifugo_token(const std::string& user, const std::string& secret) {
  const auto signed_part =
      base64_url(R"({"alg":"HS256","typ":"JWT"})") + '.' + base64_url(R"({"sub":")" + user + "\"}");
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(), mac, &size);
  return signed_part + '.' + base64_url({reinterpret_cast<const char*>(mac), size});
}

}  // namespace nova::bench
