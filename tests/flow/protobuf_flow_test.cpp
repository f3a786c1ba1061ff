// The same job in protobuf: application/x-protobuf over HTTP and the subprotocol nova.v1.proto on the socket.
#include "tests/flow/proto_codec.hpp"
#include "tests/flow/world.hpp"

#include <sodium.h>

#include <boost/json/parse.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

using namespace nova::flow;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

proto_codec& codec() {
  static proto_codec c(NOVA_PROTO_ROOT);
  return c;
}

std::string base64(const std::string& bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.resize(out.size() - 1);
  return out;
}

std::string unbase64(const std::string& text) {
  std::string out(text.size(), '\0');
  std::size_t n = 0;
  REQUIRE(sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                            text.size(), nullptr, &n, nullptr,
                            sodium_base64_VARIANT_ORIGINAL) == 0);
  out.resize(n);
  return out;
}

/// A socket that speaks nova.v1.proto.
class proto_socket {
 public:
  explicit proto_socket(const account& a) {
    nova::client::session_events events;
    events.opened = [this](std::string_view) { add("opened"); };
    events.pushed = [this](std::string_view frame) { add(std::string(frame)); };
    session_ = nova::client::session::make(
        the_world().io, {.to = the_world().nova.at(), .raw = true, .subprotocol = "nova.v1.proto"},
        std::move(events));
    session_->start();
    REQUIRE(next() == "opened");
    opened_ = call("session.open", "nova.session.OpenRequest",
                   R"({"access_token":)" + quoted(a.access_token) + "}", "nova.session.OpenReply");
  }
  ~proto_socket() {
    session_->stop(0);
    the_world().io.run([this] { session_.reset(); });
  }

  json::object call(const std::string& method, const std::string& type, const std::string& params,
                    const std::string& reply_type) {
    const auto frame = codec().encode(
        "nova.session.Frame", R"({"call":{"id":)" + std::to_string(++id_) + R"(,"method":)" +
                                  quoted(method) + R"(,"params":")" +
                                  base64(codec().encode(type, params)) + "\"}}");
    the_world().io.run([&] { session_->send_frame(frame, true); });
    for (;;) {
      const auto f = frame_of(next());
      if (const auto* reply = f.if_contains("reply")) {
        REQUIRE(text(reply->as_object(), "id") == std::to_string(id_));
        if (const auto* error = reply->as_object().if_contains("error")) return error->as_object();
        return parse(codec().decode(reply_type, unbase64(text(reply->as_object(), "result"))));
      }
      kept_.push_back(f);
    }
  }

  json::object push(const std::string& method, const std::string& type) {
    for (;;) {
      json::object f;
      if (!kept_.empty()) f = std::move(kept_.front()), kept_.pop_front();
      else f = frame_of(next());
      const auto* push = f.if_contains("push");
      if (push && text(push->as_object(), "method") == method)
        return parse(codec().decode(type, unbase64(text(push->as_object(), "params"))));
    }
  }

  json::object opened_;

 private:
  static json::object parse(const std::string& s) { return json::parse(s).as_object(); }
  static json::object frame_of(const std::string& bytes) {
    return parse(codec().decode("nova.session.Frame", bytes));
  }

  void add(std::string frame) {
    std::lock_guard lock(mutex_);
    frames_.push_back(std::move(frame));
    changed_.notify_all();
  }

  std::string next() {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 5s, [this] { return !frames_.empty(); }));
    auto f = std::move(frames_.front());
    frames_.pop_front();
    return f;
  }

  std::shared_ptr<nova::client::session> session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> frames_;
  std::deque<json::object> kept_;
  int id_ = 0;
};

http_reply proto_post(const std::string& target, const std::string& bytes,
                      const std::string& bearer) {
  return http().send({"POST",
                      target,
                      bytes,
                      bearer,
                      "application/x-protobuf",
                      {{"Accept", "application/x-protobuf"}}});
}

}  // namespace

TEST_CASE("HTTP in protobuf both ways") {
  const auto ann = person("ann"), bob = person("bob");
  const auto made =
      proto_post("/v1/conversations",
                 codec().encode("nova.messaging.CreateConversationRequest",
                                R"({"kind":"direct","member_ids":[)" + quoted(bob.id) + "]}"),
                 ann.access_token);
  REQUIRE(made.status == 201);
  CHECK(made.header("content-type").starts_with("application/x-protobuf"));
  const auto conversation =
      json::parse(codec().decode("nova.messaging.Conversation", made.body)).as_object();
  const auto c = text(conversation, "conversation_id");
  CHECK(text(conversation, "kind") == "direct");
  const auto sent = proto_post(
      "/v1/conversations/" + c + "/messages",
      codec().encode("nova.messaging.SendRequest", R"({"client_id":"p","text":"bytes"})"),
      ann.access_token);
  REQUIRE(sent.status == 201);
  CHECK(text(json::parse(codec().decode("nova.messaging.SendReply", sent.body)).as_object(),
             "seq") == "1");
  const auto json_view = http().get("/v1/conversations/" + c + "/messages", bob.access_token);
  CHECK(nova::client::find_string(json_view.body, "text") == "bytes");
  CHECK(proto_post("/v1/conversations", "\xff\xff\xff", ann.access_token).status == 400);
}

TEST_CASE("a socket in protobuf and one in JSON talk to each other") {
  const auto ann = person("ann"), bob = person("bob");
  proto_socket anns(ann);
  CHECK(text(anns.opened_, "session_id") != "");
  CHECK(text(anns.opened_, "resume_token") != "");
  auto bobs = socket(bob, {.echo = false});
  const auto c = direct(ann, bob);
  const auto sent = anns.call("messaging.send", "nova.messaging.SendRequest",
                              message(c, "1", "from protobuf"), "nova.messaging.SendReply");
  CHECK(text(sent, "seq") == "1");
  CHECK(text(bobs->push("messaging.message").value(), "text") == "from protobuf");
  CHECK(text(anns.push("messaging.message", "nova.messaging.Message"), "client_id") == "1");
  REQUIRE(bobs->call("messaging.send", message(c, "1", "from JSON")).number("seq") == 2);
  const auto p = anns.push("messaging.message", "nova.messaging.Message");
  CHECK(text(p, "text") == "from JSON");
  CHECK(text(p, "seq") == "2");
  const auto refused = anns.call("messaging.send", "nova.messaging.SendRequest",
                                 message(c, "1", "another body"), "");
  CHECK(text(refused, "code") == "client_id_reused");
}
