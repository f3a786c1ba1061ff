// See rival_double.hpp.
#include "bench/rivals/rival_double.hpp"

#include "bench/rivals/rival_wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>

#include <sodium.h>

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace nova::bench {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using error_code = boost::system::error_code;

namespace {

struct connection {
  explicit connection(net::ip::tcp::socket s) : ws(std::move(s)) {}
  beast::websocket::stream<net::ip::tcp::socket> ws;
  beast::flat_buffer in;
  http::request<http::string_body> request;
  http::response<http::string_body> response;
  std::deque<std::string> out;
  std::size_t number = 0;
  std::string account, token;
  std::set<std::string> rooms;  ///< what it gets messages of
};
using connection_ptr = std::shared_ptr<connection>;

std::string text_of(const json::value& v, std::string_view name) {
  return std::string(v.as_object().at(name).as_string());
}

}  // namespace

struct rival_double::body {
  body(std::string r, double_faults f) : rival(std::move(r)), faults(f) {
    acceptor.listen();
    accept();
    thread = std::thread([this] { context.run(); });
  }
  ~body() {
    context.stop();
    thread.join();
  }

  std::string rival;
  double_faults faults;
  net::io_context context{1};
  net::ip::tcp::acceptor acceptor{context, {net::ip::make_address("127.0.0.1"), 0}, true};
  std::vector<connection_ptr> all;
  std::map<std::string, std::int64_t> seqs;  ///< by topic
  std::string held;                          ///< a delivery that its successor overtakes
  std::size_t sends = 0;
  mutable std::mutex mutex;
  std::vector<std::string> requests;
  std::vector<std::vector<std::string>> frames;
  std::thread thread;

  void accept();
  void serve(const connection_ptr& c);
  void read(const connection_ptr& c);
  void write(const connection_ptr& c, std::string frame);
  void write_next(const connection_ptr& c);
  void authenticate(const connection_ptr& c);
  void told(const connection_ptr& c, const std::string& frame);
  void tinode(const connection_ptr& c, const json::value& v);
  void nakama(const connection_ptr& c, const json::value& v);
  void centrifugo(const connection_ptr& c, const json::value& v);
  enum class fate { normal, refused, lost };
  fate next_send(const connection_ptr& c);
  void deliver(const std::string& room, const connection_ptr& from, std::string frame, bool echo);
  static bool due(std::size_t every, std::size_t n) { return every != 0 && n % every == 0; }
};

void rival_double::body::accept() {
  acceptor.async_accept([this](error_code ec, net::ip::tcp::socket s) {
    if (ec) return;
    s.set_option(net::ip::tcp::no_delay(true));
    serve(std::make_shared<connection>(std::move(s)));
    accept();
  });
}

void rival_double::body::serve(const connection_ptr& c) {
  http::async_read(c->ws.next_layer(), c->in, c->request, [this, c](error_code ec, std::size_t) {
    if (ec) return;
    {
      std::lock_guard lock(mutex);
      requests.push_back(std::string(c->request.method_string()) + ' ' +
                         std::string(c->request.target()));
      if (!c->request.body().empty()) requests.push_back(c->request.body());
    }
    if (!beast::websocket::is_upgrade(c->request)) return authenticate(c);
    const std::string target(c->request.target());
    if (const auto at = target.find("token="); at != target.npos) c->token = target.substr(at + 6);
    if (rival == "nakama") c->account = nakama_account(c->token);
    c->ws.async_accept(c->request, [this, c](error_code bad) {
      if (bad) return;
      c->number = all.size();
      all.push_back(c);
      {
        std::lock_guard lock(mutex);
        frames.emplace_back();
      }
      read(c);
    });
  });
}

// POST /v2/account/authenticate/device: a session token whose second part says uid and name.
void rival_double::body::authenticate(const connection_ptr& c) {
  const std::string target(c->request.target());
  const auto at = target.find("username=");
  const bool known =
      c->request[http::field::authorization] == "Basic ZGVmYXVsdGtleTo=" && at != target.npos;
  const auto name = known ? target.substr(at + 9) : "";
  const auto digits = name.substr(name.find_last_not_of("0123456789") + 1);
  const std::string uid = "00000000-0000-4000-8000-" +
                          std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits;
  const auto claims = R"({"uid":")" + uid + R"(","usn":")" + name + "\"}";
  std::string part(
      sodium_base64_encoded_len(claims.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(part.data(), part.size(), reinterpret_cast<const unsigned char*>(claims.data()),
                    claims.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  part.pop_back();
  c->response = {known ? http::status::ok : http::status::unauthorized, 11};
  c->response.body() = known ? R"({"created":true,"token":"e30.)" + part + ".c2ln\"}"
                             : R"({"error":"Server key required"})";
  c->response.prepare_payload();
  http::async_write(c->ws.next_layer(), c->response, [this, c](error_code ec, std::size_t) {
    c->request = {};
    if (!ec) serve(c);
  });
}

void rival_double::body::read(const connection_ptr& c) {
  c->ws.async_read(c->in, [this, c](error_code ec, std::size_t) {
    if (ec) return;
    const auto frame = beast::buffers_to_string(c->in.data());
    c->in.consume(c->in.size());
    {
      std::lock_guard lock(mutex);
      frames[c->number].push_back(frame);
    }
    told(c, frame);
    if (c->ws.is_open()) read(c);
  });
}

void rival_double::body::write(const connection_ptr& c, std::string frame) {
  c->out.push_back(std::move(frame));
  if (c->out.size() == 1) write_next(c);
}

void rival_double::body::write_next(const connection_ptr& c) {
  c->ws.async_write(net::buffer(c->out.front()), [this, c](error_code ec, std::size_t) {
    if (ec) return;
    c->out.pop_front();
    if (!c->out.empty()) write_next(c);
  });
}

void rival_double::body::told(const connection_ptr& c, const std::string& frame) {
  error_code wrong;
  const auto v = json::parse(frame, wrong);
  if (wrong || !v.is_object() || v.as_object().empty()) return;
  if (rival == "tinode") tinode(c, v);
  else if (rival == "nakama") nakama(c, v);
  else centrifugo(c, v);
}

rival_double::body::fate rival_double::body::next_send(const connection_ptr& c) {
  ++sends;
  if (faults.close_after != 0 && sends == faults.close_after) {
    error_code ignored;
    c->ws.next_layer().close(ignored);
    return fate::lost;
  }
  if (due(faults.refuse_every, sends)) return fate::refused;
  return due(faults.lose_every, sends) ? fate::lost : fate::normal;
}

void rival_double::body::deliver(const std::string& room, const connection_ptr& from,
                                 std::string frame, bool echo) {
  const bool hold = due(faults.swap_every, sends);
  for (const auto& c : all) {
    if (!c->rooms.contains(room) || (c == from && !echo) || hold) continue;
    write(c, frame);
    if (!held.empty()) write(c, held);
  }
  held = hold ? std::move(frame) : "";
}

void rival_double::body::tinode(const connection_ptr& c, const json::value& v) {
  const auto& o = v.as_object();
  const auto answer = [&](const std::string& id, const std::string& rest) {
    write(c, R"({"ctrl":{"id":")" + id + "\"," + rest + "}}");
  };
  if (o.contains("hi"))
    return answer("h", R"("params":{"ver":"0.25"},"code":201,"text":"created")");
  if (o.contains("acc")) {
    c->account = "usr" + std::to_string(c->number);
    return answer(
        "a", R"("params":{"user":")" + c->account + R"(","token":"t"},"code":200,"text":"ok")");
  }
  if (const auto* sub = o.if_contains("sub")) {
    const auto asked = text_of(*sub, "topic");
    const bool made = asked.starts_with("nch");
    const auto topic = made ? "grp1" : asked;
    // What is published to a user is for the one who is subscribed to the publisher.
    c->rooms.insert(topic.starts_with("usr") ? topic + ">" + c->account : "grp" + topic.substr(3));
    return answer("s", R"("topic":")" + topic + R"(","code":200,"text":"ok")");
  }
  const auto& pub = o.at("pub");
  const auto id = text_of(pub, "id"), topic = text_of(pub, "topic");
  const auto what = next_send(c);
  if (what == fate::refused) return answer(id, R"("code":403,"text":"permission denied")");
  if (what == fate::lost) return;
  const auto room = topic.starts_with("usr") ? c->account + ">" + topic : topic;
  const auto seq = std::to_string(++seqs[room]);
  answer(id, R"("params":{"seq":)" + seq + R"(},"code":202,"text":"accepted")");
  deliver(room, c,
          R"({"data":{"topic":")" + topic + R"(","from":")" + c->account + R"(","seq":)" + seq +
              R"(,"content":")" + text_of(pub, "content") + "\"}}",
          false);
}

void rival_double::body::nakama(const connection_ptr& c, const json::value& v) {
  const auto& o = v.as_object();
  if (o.contains("pong")) return;
  const auto cid = text_of(v, "cid");
  if (const auto* join = o.if_contains("channel_join")) {
    const auto target = text_of(*join, "target");
    const bool direct = join->as_object().at("type").as_int64() == 2;
    const auto id = direct
                        ? "2." + std::min(target, c->account) + '.' + std::max(target, c->account)
                        : "1." + target;
    c->rooms.insert(id);
    write(c, R"({"ping":{}})");
    return write(c, R"({"cid":"j","channel":{"id":")" + id + R"(","presences":[]}})");
  }
  const auto& send = o.at("channel_message_send");
  const auto what = next_send(c);
  if (what == fate::refused)
    return write(c, R"({"cid":")" + cid + R"(","error":{"code":3,"message":"Invalid channel"}})");
  if (what == fate::lost) return;
  const auto id = text_of(send, "channel_id");
  const auto content = json::serialize(json::value(send.as_object().at("content")));
  deliver(id, c,
          R"({"channel_message":{"channel_id":")" + id + R"(","sender_id":")" + c->account +
              R"(","content":)" + content + "}}",
          true);
  write(c, R"({"cid":")" + cid + R"(","channel_message_ack":{"channel_id":")" + id +
               R"(","message_id":"m"}})");
}

void rival_double::body::centrifugo(const connection_ptr& c, const json::value& v) {
  const auto& o = v.as_object();
  const auto id = std::to_string(o.at("id").as_int64());
  const auto answer = [&](const std::string& rest) {
    write(c, "{\"id\":" + id + ',' + rest + '}');
  };
  if (const auto* connect = o.if_contains("connect")) {
    c->token = text_of(*connect, "token");
    return answer(R"("connect":{"client":"c","version":"6.9.1","ping":25,"pong":true})");
  }
  if (const auto* sub = o.if_contains("subscribe")) {
    c->rooms.insert(text_of(*sub, "channel"));
    return answer(R"("subscribe":{})");
  }
  const auto& publish = o.at("publish");
  const auto what = next_send(c);
  if (what == fate::refused) return answer(R"("error":{"code":103,"message":"permission denied"})");
  if (what == fate::lost) return;
  answer(R"("publish":{})");
  const auto channel = text_of(publish, "channel");
  const auto push = R"({"push":{"channel":")" + channel + R"(","pub":{"data":)" +
                    json::serialize(publish.as_object().at("data")) + "}}}";
  deliver(channel, c, push + "\n{}\n", true);  // a ping in the same frame
}

rival_double::rival_double(const std::string& rival, double_faults faults)
    : body_(std::make_unique<body>(rival, faults)) {}
rival_double::~rival_double() = default;

std::uint16_t rival_double::port() const { return body_->acceptor.local_endpoint().port(); }

std::vector<std::string> rival_double::requests() const {
  std::lock_guard lock(body_->mutex);
  return body_->requests;
}

std::vector<std::string> rival_double::frames(std::size_t n) const {
  std::lock_guard lock(body_->mutex);
  return n < body_->frames.size() ? body_->frames[n] : std::vector<std::string>();
}

}  // namespace nova::bench
