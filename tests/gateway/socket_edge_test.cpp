// WebSockets over real sockets: handshake, JSON-RPC, session.open and resume, order, slow readers,
// limits, close codes.
#include "tests/gateway/socket_words.hpp"

#include "protocols/messaging/messaging.nova.hpp"
#include "protocols/messaging/messaging.pb.h"
#include "protocols/session/missed.hpp"
#include "protocols/session/session.pb.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <future>
#include <thread>

using namespace nova;
using namespace nova::test;
using ids = std::vector<rpc::connection_id>;

namespace {

rpc::push_ptr message_push(std::int64_t seq, std::size_t bytes = 2) {
  messaging::Message m;
  m.set_conversation_id("c");
  m.set_seq(seq);
  m.set_text(std::string(bytes, 'x'));
  return messaging::make_push(std::move(m));
}

void deliver(edge& e, rpc::connection_id to, rpc::push_ptr p) {
  e.server->sink().deliver(std::make_shared<const ids>(ids{to}), std::move(p));
}

std::int64_t seq_of(const ws_message& m) { return parsed(m).at("params").at("seq").as_int64(); }

std::string resume_token(const boost::json::value& answer) {
  return std::string(answer.at("result").at("resume_token").as_string());
}

std::string resume_of(const std::string& token, const std::string& more = {}) {
  return R"(,"resume":{"token":")" + token + '"' + more + "}";
}

}  // namespace

TEST_CASE("rows 9 and 10: the handshake judges origin and token, and chooses a subprotocol") {
  edge e([](auto& s) { s.allowed_origins = {"https://app.example"}; });
  auto with = [&](const std::string& fields) { return ws_client(e.port, fields); };
  auto json = with("Sec-WebSocket-Protocol: nova.v1.json\r\n");
  CHECK(json.open());
  CHECK(json.answer().fields.at("sec-websocket-protocol") == "nova.v1.json");
  CHECK(json.answer().fields.contains("x-request-id"));
  CHECK(with("Sec-WebSocket-Protocol: other, nova.v1.proto\r\n")
            .answer()
            .fields.at("sec-websocket-protocol") == "nova.v1.proto");
  auto none = with("");
  CHECK(none.open());
  CHECK_FALSE(none.answer().fields.contains("sec-websocket-protocol"));
  CHECK(with("Sec-WebSocket-Protocol: graphql-ws\r\n").answer().status == 400);
  CHECK(with("Origin: http://nova.test\r\n").open());
  CHECK(with("Origin: https://app.example\r\n").open());
  for (auto origin :
       {"http://evil.example", "https://app.example.evil", "null", "http://nova.test.evil"})
    CHECK(with("Origin: " + std::string(origin) + "\r\n").answer().status == 403);
  CHECK(with(e.bearer()).open());
  CHECK(with("Authorization: Bearer nonsense\r\n").answer().status == 401);
  CHECK(with("Authorization: Bearer " + e.token(e.account, e.session, -60) + "\r\n")
            .answer()
            .status == 401);
  CHECK(json.answer().fields.at("server") == "nova");
  CHECK(e.get("/v1/ws").status == 426);
}

TEST_CASE("a handshake needs version 13 and one key of 16 bytes") {
  edge e;
  const std::string version = "Sec-WebSocket-Version: 13\r\n",
                    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  auto upgrade = [&](const std::string& fields) {
    auto reply = e.get("/v1/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n" + fields);
    if (reply.status != 101) CHECK(reply.fields["content-type"] == "application/problem+json");
    return reply;
  };
  CHECK(upgrade(version + key).status == 101);
  CHECK(upgrade("Sec-WebSocket-Version: 12\r\n" + key).status == 426);
  CHECK(upgrade("Sec-WebSocket-Version: 8\r\n" + key).fields.at("sec-websocket-version") == "13");
  CHECK(upgrade(version + version + key).status == 426);
  CHECK(upgrade(key).status == 426);
  CHECK(upgrade(version).status == 400);
  CHECK(upgrade(version + key + key).status == 400);
  for (const std::string& bad : {std::string("abc"), std::string(24, 'a'), std::string(200, 'a'),
                                 std::string("dGhlIHNhbXBsZSBub25jZ!==")})
    CHECK(upgrade(version + "Sec-WebSocket-Key: " + bad + "\r\n").status == 400);
}

TEST_CASE("before session.open a guest's reads are answered where the setting allows them") {
  const std::string params = R"({"account_id":"0190a000-0000-7000-8000-000000000001"})";
  edge e, closed([](auto&s) { s.anonymous_read = false; });
  auto c = e.socket();
  CHECK(answer_to(c, call("1", "user.get", params)).as_object().contains("result"));
  auto d = closed.socket();
  CHECK(code(answer_to(d, call("1", "user.get", params))) == 4010);
}

TEST_CASE("before session.open everything else is unauthenticated; the token opens") {
  edge e;
  auto c = e.socket();
  CHECK(code(answer_to(c, typing("1"))) == 4010);
  CHECK(code(answer_to(c, open_call("nonsense"))) == 4010);
  CHECK(code(answer_to(c, call("2", "session.open"))) == 4010);
  auto answer = answer_to(c, open_call(e.token()));
  CHECK(answer.at("id") == "open");
  CHECK(answer.at("result").at("session_id").as_string() == to_string(e.session));
  CHECK(answer.at("result").at("resumed") == false);
  CHECK(answer.at("result").at("connection_id").as_string().size() == 16);
  auto a = e.bus.attachment();
  CHECK(a.account == e.account);
  CHECK(a.session == e.session);
  CHECK(a.echo);
  CHECK(answer_to(c, typing("3")).at("result").is_object());
}

TEST_CASE("JSON-RPC's rules") {
  edge e;
  auto c = e.opened();
  CHECK(code(answer_to(c, "{not json")) == -32700);
  CHECK(code(answer_to(c, "")) == -32700);
  CHECK(code(answer_to(c, std::string(5000, '['))) == -32700);
  CHECK(code(answer_to(c, "[" + typing("1") + "]")) == -32600);
  CHECK(code(answer_to(c, "[]")) == -32600);
  CHECK(code(answer_to(c, "42")) == -32600);
  CHECK(code(answer_to(c, R"({"id":1,"method":"messaging.typing"})")) == -32600);
  CHECK(code(answer_to(c, R"({"jsonrpc":"1.0","id":1,"method":"messaging.typing"})")) == -32600);
  CHECK(code(answer_to(c, R"({"jsonrpc":"2.0","id":1,"method":5})")) == -32600);
  for (auto id : {R"({"a":1})", "[1]", "true"}) {
    auto answer = answer_to(c, typing(id));
    CHECK(code(answer) == -32600);
    CHECK(answer.at("id").is_null());
  }
  CHECK(answer_to(c, typing(R"("text \u00e9")")).at("id") == "text \xc3\xa9");
  CHECK(answer_to(c, typing("-7")).at("id") == -7);
  CHECK(answer_to(c, typing("null")).at("id").is_null());
  auto unknown = answer_to(c, call("9", "no.such"));
  CHECK(code(unknown) == -32601);
  CHECK(unknown.at("id") == 9);
  CHECK(code(answer_to(c, call("9", "auth.Auth.Keys"))) == -32601);
  auto bad = answer_to(c, call("10", "messaging.send", R"({"text":"x"})"));
  CHECK(code(bad) == -32602);
  CHECK(bad.at("error").at("data").at("code") == "invalid_request");
  CHECK(bad.at("error").at("data").at("errors").as_array().size() == 2);
  CHECK(bad.at("error").at("data").at("request_id").is_string());
  CHECK(code(answer_to(c, call("11", "messaging.typing", "[1]"))) == -32602);
  auto lone = call(
      "12", "messaging.send",
      R"({"conversation_id":"0190a000-0000-7000-8000-000000000001","client_id":"a","text":"\ud800"})");
  auto surrogate = answer_to(c, lone);
  CHECK(code(surrogate) == -32602);
  CHECK(surrogate.at("id") == 12);
}

TEST_CASE("a notification is carried out without an answer, failures included") {
  edge e;
  auto c = e.opened();
  c.send(
      R"({"jsonrpc":"2.0","method":"messaging.typing","params":{"conversation_id":"0190a000-0000-7000-8000-000000000001"}})");
  c.send(R"({"jsonrpc":"2.0","method":"messaging.typing","params":{}})");
  c.send(R"({"jsonrpc":"2.0","method":"no.such"})");
  CHECK(answer_to(c, typing("5")).at("id") == 5);
  CHECK(e.bus.calls("messaging.typing", 2).size() == 2);
}

TEST_CASE("a domain's error carries the table's number and the problem document") {
  edge e;
  e.bus.on("messaging.typing", [](rpc::call& c) { c.reply(make_error(errc::blocked, "No.")); });
  auto c = e.opened();
  auto answer = answer_to(c, typing("1"));
  CHECK(code(answer) == 4031);
  CHECK(answer.at("error").at("data").at("status") == 403);
  CHECK(answer.at("error").at("message").is_string());
}

TEST_CASE(
    "calls go out in order without waiting; answers as they come; beyond the limit the socket is "
    "not read") {
  std::mutex mutex;
  std::vector<rpc::reply_fn> replies;
  edge e([](auto& s) { s.max_inflight_per_socket = 3; });
  e.bus.on("messaging.typing", [&](rpc::call& c) {
    std::lock_guard lock(mutex);
    replies.push_back(c.reply);
  });
  auto c = e.opened();
  for (int i = 1; i <= 6; ++i) c.send(typing(std::to_string(i)));
  CHECK(e.bus.calls("messaging.typing", 3).size() == 3);
  auto answer = [&](std::size_t i) {
    rpc::reply_fn f;
    {
      std::lock_guard lock(mutex);
      f = replies[i];
    }
    f(rpc::message_ptr(std::make_shared<messaging::Empty>()));
  };
  answer(1);
  CHECK(parsed(c.read()).at("id") == 2);
  CHECK(e.bus.calls("messaging.typing", 4).size() == 4);
  answer(0);
  CHECK(parsed(c.read()).at("id") == 1);
}

TEST_CASE(
    "a bearer header attaches at once; pushes wait for session.open, or for the first other call") {
  edge e([](auto& s) { s.hold_for_open_ms = 60'000; });
  auto c = e.socket(e.bearer());
  auto a = e.bus.attachment();
  deliver(e, a.connection, message_push(1));
  CHECK(c.raw().read_some(100).empty());
  c.send(call("1", "session.open"));
  CHECK(parsed(c.read()).at("id") == 1);
  CHECK(seq_of(c.read()) == 1);

  auto d = e.socket(e.bearer());
  deliver(e, e.bus.attachment(1).connection, message_push(2));
  d.send(typing("7"));
  CHECK(seq_of(d.read()) == 2);
  CHECK(parsed(d.read()).at("id") == 7);
}

TEST_CASE("without a call, a bearer socket gets its pushes after the hold") {
  edge e([](auto& s) { s.hold_for_open_ms = 100; });
  auto c = e.socket(e.bearer());
  deliver(e, e.bus.attachment().connection, message_push(1));
  CHECK(seq_of(c.read()) == 1);
}

TEST_CASE("on resume: the answer, what was missed in order, what was held, live") {
  std::promise<rpc::reply_fn> asked;
  edge e;
  auto first = e.socket();
  auto token = resume_token(answer_to(first, open_call(e.token())));
  auto lineage = e.bus.attachment(0).lineage;
  e.bus.on("messaging.Messaging.Missed", [&](rpc::call& c) { asked.set_value(c.reply); });
  auto c = e.socket();
  c.send(open_call(e.token(), resume_of(token, R"(,"seen":{"c":{"seq":3}})")));
  c.send(typing("8"));  // waits behind session.open
  auto reply = asked.get_future().get();
  auto a = e.bus.attachment(1);
  CHECK(a.lineage.is_nil());
  auto request = e.bus.calls("messaging.Messaging.Missed", 1)[0];
  const auto& missed = static_cast<const session::MissedRequest&>(*request.request);
  CHECK(missed.has_seen());
  CHECK(missed.seen().at("c").seq() == 3);
  CHECK(missed.account_id() == to_string(e.account));
  CHECK(request.caller.kind == rpc::caller_kind::node);
  deliver(e, a.connection, message_push(9));  // live, before the answer: must wait
  deliver(e, a.connection, message_push(10));
  auto out = std::make_shared<session::MissedReply>();
  messaging::Message seventh, eighth;
  messaging::Updated change;
  seventh.set_seq(7);
  eighth.set_seq(8);
  change.set_rev(2);
  session::add_gap(*out, "c", 4, 6);
  session::add_push(*out, messaging::message_push(), seventh);
  session::add_push(*out, messaging::updated_push(), change);
  session::add_push(*out, messaging::message_push(), eighth);
  reply(rpc::message_ptr(out));
  auto answer = parsed(c.read());
  CHECK(answer.at("id") == "open");
  CHECK(answer.at("result").at("resumed") == true);
  auto gap_push = parsed(c.read());
  CHECK(gap_push.at("method") == "session.gap");
  CHECK(gap_push.at("params").at("to_seq") == 6);
  CHECK(seq_of(c.read()) == 7);
  CHECK(parsed(c.read()).at("method") == "messaging.updated");
  for (int seq : {8, 9, 10}) CHECK(seq_of(c.read()) == seq);
  CHECK(parsed(c.read()).at("id") == 8);
  deliver(e, a.connection, message_push(11));
  CHECK(seq_of(c.read()) == 11);
  CHECK(e.bus.attachment(2).lineage == lineage);
}

TEST_CASE("a resumed socket takes no other's place before its client has the answer") {
  edge e;
  auto first = e.socket();
  const auto token = resume_token(answer_to(first, open_call(e.token())));
  auto c = e.socket();
  c.send(open_call(e.token(), resume_of(token)));
  c.send_frame(10, "to another ping");
  c.send(typing("7"));
  e.bus.calls("messaging.typing", 1);
  CHECK(e.bus.attached() == 2);
  CHECK(e.bus.attachment(1).lineage.is_nil());
  CHECK(e.bus.attachment(1).resumed_at == 0);
  CHECK(parsed(c.read()).at("id") == "open");
  CHECK(parsed(c.read()).at("id") == 7);  // behind the ping
  const auto a = e.bus.attachment(2);
  CHECK(a.connection == e.bus.attachment(1).connection);
  CHECK(a.lineage == e.bus.attachment(0).lineage);
  CHECK(a.resumed_at != 0);
}

TEST_CASE("a resumed socket takes the others' place also when its client reads nothing") {
  edge e;
  auto first = e.socket();
  const auto token = resume_token(answer_to(first, open_call(e.token())));
  auto c = e.socket();
  c.send(open_call(e.token(), resume_of(token)));
  CHECK(e.bus.attachment(2).lineage == e.bus.attachment(0).lineage);
}

TEST_CASE("a resume that is larger than a socket's queue comes whole, and before it nothing live") {
  constexpr int owed = 4000, text_bytes = 200;
  edge e([](auto& s) {
    s.max_queued_bytes = 4096;
    s.max_queued_frames = 64;
  });
  auto first = e.socket();
  const auto token = resume_token(answer_to(first, open_call(e.token())));
  std::promise<rpc::reply_fn> asked;
  e.bus.on("messaging.Messaging.Missed", [&](rpc::call& c) { asked.set_value(c.reply); });
  auto out = std::make_shared<session::MissedReply>();
  for (int seq = 1; seq <= owed; ++seq) {
    messaging::Message m;
    m.set_seq(seq);
    m.set_text(std::string(text_bytes, 'x'));
    session::add_push(*out, messaging::message_push(), m);
  }
  auto c = e.socket();
  c.send(open_call(e.token(), resume_of(token)));
  const auto reply = asked.get_future().get();
  deliver(e, e.bus.attachment(1).connection, message_push(owed + 1));
  reply(rpc::message_ptr(out));
  CHECK(parsed(c.read()).at("result").at("resumed") == true);
  c.send(typing("8"));  // is carried out meanwhile; its answer comes when there is room for it
  int last = 0;
  bool answered = false;
  while (last <= owed) {
    const auto m = c.read();
    REQUIRE(m.opcode == 1);
    if (parsed(m).as_object().contains("id")) answered = true;
    else CHECK(seq_of(m) == ++last);
  }
  if (!answered) CHECK(parsed(c.read()).at("id") == 8);
}

TEST_CASE("resumed is false only for tokens that are expired, forged or of another account") {
  edge e([](auto& s) { s.resume_key = std::string(32, 'k'); });
  auto c = e.socket();
  auto token = resume_token(answer_to(c, open_call(e.token())));
  auto resumed = [&](const std::string& access, const std::string& resume) {
    auto s = e.socket();
    return answer_to(s, open_call(access, resume_of(resume))).at("result").at("resumed").as_bool();
  };
  CHECK(resumed(e.token(), token));
  CHECK_FALSE(resumed(e.token(make_uuid_v7(1, system_random()), e.session), token));
  auto forged = token;
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  CHECK_FALSE(resumed(e.token(), forged));
  CHECK_FALSE(resumed(e.token(), "short"));
  auto before = e.bus.calls("messaging.Messaging.Missed", 1).size();
  CHECK(before == 1);
  {
    edge again([](auto& s) {
      s.resume_key = std::string(32, 'k');
    });  // another process with the same secret
    again.account = e.account;
    auto s = again.socket();
    CHECK(answer_to(s, open_call(again.token(), resume_of(token))).at("result").at("resumed") ==
          true);
  }
  e.clock.ahead_ms = 31LL * 24 * 3600 * 1000;
  CHECK_FALSE(resumed(e.token(), token));
}

TEST_CASE(
    "each resume of a lineage is later than the one before it, also on a gateway whose clock is "
    "behind") {
  edge e;
  auto first = e.socket();
  auto token = resume_token(answer_to(first, open_call(e.token())));
  CHECK(e.bus.attachment(0).resumed_at == 0);
  unix_ms last = 0;
  for (std::size_t n = 1; n <= 3; ++n) {
    auto c = e.socket();
    token = resume_token(answer_to(c, open_call(e.token(), resume_of(token))));
    answer_to(c, typing("1"));  // and to the ping before it
    CHECK(e.bus.attachment(2 * n).resumed_at > last);
    last = e.bus.attachment(2 * n).resumed_at;
    e.clock.ahead_ms = -60'000;
  }
}

TEST_CASE(
    "when the missed cannot be read, session.open fails retryably and no push slips through") {
  edge e;
  auto first = e.socket();
  auto token = resume_token(answer_to(first, open_call(e.token())));
  e.bus.on("messaging.Messaging.Missed",
           [](rpc::call& c) { c.reply(make_error(errc::unavailable)); });
  auto c = e.socket();
  CHECK(code(answer_to(c, open_call(e.token(), resume_of(token)))) == 5030);
  CHECK(e.bus.detached(1) == 1);
  e.bus.on("messaging.Messaging.Missed",
           [](rpc::call& c) { c.reply(rpc::message_ptr(c.method->reply->make())); });
  CHECK(answer_to(c, open_call(e.token(), resume_of(token))).at("result").at("resumed") == true);
}

TEST_CASE("echo is passed on, and a second session.open changes it") {
  edge e;
  auto c = e.opened(R"(,"echo":false)");
  CHECK_FALSE(e.bus.attachment(0).echo);
  CHECK(answer_to(c, open_call(e.token())).at("result").is_object());
  CHECK(e.bus.attachment(1).echo);
  CHECK(e.bus.attachment(1).connection == e.bus.attachment(0).connection);
  auto stranger = answer_to(c, open_call(e.token(make_uuid_v7(1, system_random()), e.session)));
  CHECK(code(stranger) == 4094);
}

TEST_CASE("row 14: close codes: expiry, revocation, replacement, silence before session.open") {
  edge e([](auto& s) { s.open_timeout_ms = 300; });
  auto silent = e.socket();
  CHECK(silent.read_close_code() == 4401);

  auto revoked = e.opened(), kept = e.socket();
  kept.send(open_call(e.token(e.account, make_uuid_v7(1, system_random()))));
  kept.read();
  e.server->sink().revoke_session(e.session, e.clock.now() + 60'000);
  CHECK(revoked.read_close_code() == 4401);
  CHECK(answer_to(kept, typing("1")).at("id") == 1);
  auto later = e.socket();
  CHECK(code(answer_to(later, open_call(e.token()))) == 4010);
}

TEST_CASE("row 14: a socket ends with its token, unless a fresh one comes in time") {
  edge e;
  auto open_with = [&](ws_client& c, int ttl_s) {
    return answer_to(c, open_call(e.token(e.account, e.session, ttl_s)));
  };
  auto expires = e.socket(), refreshed = e.socket();
  CHECK(open_with(expires, 2).at("result").is_object());
  CHECK(open_with(refreshed, 2).at("result").is_object());
  CHECK(open_with(refreshed, 900).at("result").is_object());
  CHECK(expires.read_close_code() == 4401);
  CHECK(answer_to(refreshed, typing("1")).at("id") == 1);
}

TEST_CASE("replaced by the runtime: 4409, and the attachment is given back") {
  edge e;
  auto c = e.opened();
  e.server->sink().close(e.bus.attachment().connection, rpc::close_code::replaced,
                         "resumed elsewhere");
  CHECK(c.read_close_code() == 4409);
  CHECK(e.bus.detached(1) == 1);
}

TEST_CASE(
    "a reader that is too slow is closed with 4008 after what was begun, and other sockets go on") {
  edge e([](auto& s) {
    s.max_queued_bytes = 200'000;
    s.send_buffer_bytes = 8192;
  });
  ws_client slow(e.port, "Sec-WebSocket-Protocol: nova.v1.json\r\n", 8192);
  CHECK(answer_to(slow, open_call(e.token())).at("result").is_object());
  auto quick = e.opened();
  auto both = std::make_shared<const ids>(
      ids{e.bus.attachment(0).connection, e.bus.attachment(1).connection});
  for (int i = 1; i <= 50; ++i) {
    e.server->sink().deliver(both, message_push(i, 10'000));
    CHECK(seq_of(quick.read()) == i);
  }
  std::int64_t last = 0;
  ws_message m;
  while ((m = slow.read()).opcode == 1) {
    CHECK(seq_of(m) == last + 1);
    last = seq_of(m);
  }
  CHECK(m.close_code() == 4008);
  CHECK(last < 50);
  CHECK(e.metric("queue_overflows_total") == 1);
}

TEST_CASE("a slow reader that never reads is cut within the close time-out") {
  edge e([](auto& s) {
    s.max_queued_bytes = 100'000;
    s.send_buffer_bytes = 8192;
    s.close_timeout_ms = 300;
  });
  ws_client slow(e.port, "Sec-WebSocket-Protocol: nova.v1.json\r\n", 8192);
  CHECK(answer_to(slow, open_call(e.token())).at("result").is_object());
  auto to = e.bus.attachment().connection;
  for (int i = 1; i <= 50; ++i) deliver(e, to, message_push(i, 10'000));
  CHECK(e.bus.detached(1) == 1);
  for (int i = 0; i < 100 && e.metric("cut_total") == 0; ++i) raw_client(e.port).read_some(30);
  CHECK(e.metric("cut_total") == 1);
}

TEST_CASE("frames that wait leave together") {
  std::promise<void> blocked, go;
  edge e;
  auto c = e.opened();
  auto to = e.bus.attachment().connection;
  auto writes = e.metric("socket_writes_total"), frames = e.metric("frames_written_total");
  e.bus.on("messaging.typing",
           [&](rpc::call& call) {  // runs on the socket's thread and keeps it busy
             blocked.set_value();
             go.get_future().wait();
             call.reply(rpc::message_ptr(std::make_shared<messaging::Empty>()));
           });
  c.send(typing("1"));
  blocked.get_future().wait();
  for (int i = 1; i <= 32; ++i) deliver(e, to, message_push(i));
  go.set_value();
  for (int i = 1; i <= 32; ++i) CHECK(seq_of(c.read()) == i);
  CHECK(parsed(c.read()).at("id") == 1);
  CHECK(e.metric("frames_written_total") == frames + 33);
  CHECK(e.metric("socket_writes_total") <= writes + 2);
}

TEST_CASE("the binary subprotocol") {
  edge e;
  ws_client c(e.port, "Sec-WebSocket-Protocol: nova.v1.proto\r\n" + e.bearer());
  auto send = [&](std::uint64_t id, const std::string& method,
                  const google::protobuf::Message& params) {
    session::Frame f;
    f.mutable_call()->set_id(id);
    f.mutable_call()->set_method(method);
    params.SerializeToString(f.mutable_call()->mutable_params());
    c.send_frame(2, f.SerializeAsString());
  };
  auto read = [&] {
    auto m = c.read();
    CHECK(m.opcode == 2);
    session::Frame f;
    CHECK(f.ParseFromString(m.data));
    return f;
  };
  send(1, "session.open", session::OpenRequest());
  auto opened = read();
  session::OpenReply reply;
  CHECK(reply.ParseFromString(opened.reply().result()));
  CHECK(reply.session_id() == to_string(e.session));
  deliver(e, e.bus.attachment().connection, message_push(3));
  auto pushed = read();
  CHECK(pushed.push().method() == "messaging.message");
  messaging::Message message;
  CHECK(message.ParseFromString(pushed.push().params()));
  CHECK(message.seq() == 3);
  send(2, "no.such", session::OpenRequest());
  CHECK(read().reply().error().number() == -32601);
  send(3, "messaging.typing", messaging::TypingRequest());
  auto invalid = read();
  CHECK(invalid.reply().id() == 3);
  CHECK(invalid.reply().error().number() == -32602);
  CHECK(invalid.reply().error().errors_size() == 1);
  c.send_frame(2, "\xff\xff\xff");
  CHECK(read().reply().error().number() == -32700);
}

TEST_CASE("only so many sockets may wait for their session.open") {
  edge e([](auto& s) { s.max_unauthenticated_sockets = 2; });
  auto one = e.socket();
  auto two = e.socket();
  CHECK(one.open());
  CHECK(two.open());
  auto three = e.socket();
  CHECK(three.answer().status == 503);
  CHECK(three.answer().fields.contains("retry-after"));
  CHECK(answer_to(one, open_call(e.token())).at("result").is_object());
  CHECK(e.socket().open());
}

TEST_CASE("a socket that is gone is skipped, and its number does not come back") {
  edge e;
  rpc::connection_id old = 0;
  {
    auto c = e.opened();
    old = e.bus.attachment(0).connection;
    c.send_frame(8, std::string("\x03\xe8", 2));
    CHECK(c.read_close_code() == 1000);
  }
  CHECK(e.bus.detached(1) == 1);
  std::vector<ws_client> others;
  for (int i = 0; i < 4; ++i) others.push_back(e.opened());
  for (std::size_t i = 1; i <= 4; ++i) CHECK(e.bus.attachment(i).connection != old);
  deliver(e, old, message_push(1));
  deliver(e, e.bus.attachment(1).connection, message_push(2));
  CHECK(seq_of(others[0].read()) == 2);
}
