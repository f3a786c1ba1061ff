// The rivals' adapters against their recorded wire: exactly these frames, and nothing lost, refused or out of order goes
// unnoticed. A rival itself is not needed.
#include "bench/messaging/pair_traffic.hpp"
#include "bench/messaging/room_traffic.hpp"
#include "bench/rivals/rival_chat.hpp"
#include "bench/rivals/rival_double.hpp"
#include "bench/rivals/rival_wire.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace nova::bench;

namespace {

/// A wire without a socket: what it writes and what it tells.
struct wired {
  std::vector<std::string> written, told;

  wire_events events() {
    wire_events e;
    e.write = [this](std::string frame) { written.push_back(std::move(frame)); };
    e.chat.identified = [this](const std::string& id) { told.push_back("identified " + id); };
    e.chat.joined = [this](const std::string& place) { told.push_back("joined " + place); };
    e.chat.answered = [this](std::uint64_t n, bool fine) {
      told.push_back((fine ? "accepted " : "refused ") + std::to_string(n));
    };
    e.chat.received = [this](std::uint64_t n, std::int64_t seq, std::size_t) {
      told.push_back("received " + std::to_string(n) + " seq " + std::to_string(seq));
    };
    e.chat.ended = [this](const std::string& why) { told.push_back("ended " + why.substr(0, 24)); };
    return e;
  }
};
using texts = std::vector<std::string>;

/// A rival's adapter with the double behind it.
struct meeting {
  meeting(const std::string& rival, double_faults faults) : server(rival, faults) {
    run_options options;
    options.against = rival + "=ws://127.0.0.1:" + std::to_string(server.port());
    options.against_key = rival == "nakama" ? "" : "key";
    chat = make_rival(options, io, problem);
    REQUIRE_MESSAGE(chat, problem);
  }
  std::string problem;
  rival_double server;
  nova::client::io_thread io;
  std::unique_ptr<chat_server> chat;
};

constexpr traffic_shape short_run{
    .window = 4, .warm_up_seconds = 0.05, .seconds = 0.3, .text_bytes = 20, .drain_seconds = 0.3};

bool says(const report& out, const std::string& part) {
  return std::ranges::any_of(out.problems(),
                             [&](const std::string& p) { return p.find(part) != p.npos; });
}

report send_against(const std::string& rival, double_faults faults, double& acked) {
  meeting m(rival, faults);
  report out("durable-send against " + rival);
  pair_traffic all(*m.chat);
  REQUIRE_MESSAGE(all.set_up(2, m.problem), m.problem);
  acked = all.run(short_run, out).acked_per_second;
  return out;
}

const char* const rivals[] = {"tinode", "nakama", "centrifugo"};

}  // namespace

TEST_CASE("tinode: the frames of a direct conversation and of a channel") {
  wired w;
  auto wire = make_tinode_wire({"ann", "", ""}, w.events());
  wire->open();
  wire->read(R"({"ctrl":{"id":"h","params":{"ver":"0.25"},"code":201,"text":"created"}})");
  wire->read(
      R"({"ctrl":{"id":"a","params":{"user":"usrAnn","token":"t"},"code":200,"text":"ok"}})");
  wire->join("usrBob", true);
  wire->read(R"({"ctrl":{"id":"s","topic":"usrBob","code":200,"text":"ok"}})");
  wire->send(7, 12);
  wire->read(R"({"ctrl":{"id":"7","params":{"seq":1},"code":202,"text":"accepted"}})");
  wire->read(R"({"ctrl":{"id":"8","code":403,"text":"permission denied"}})");
  wire->read(R"({"data":{"topic":"usrBob","from":"usrBob","seq":2,"content":"5 xxxx"}})");
  CHECK(
      w.written ==
      texts{
          R"({"hi":{"id":"h","ver":"0.25","ua":"b"}})",
          R"({"acc":{"id":"a","user":"new","scheme":"basic","secret":"YW5uOnBhc3MtYW5u","login":true,)"
          R"("desc":{"defacs":{"auth":"JRWPAS","anon":"N"}}}})",
          R"({"sub":{"id":"s","topic":"usrBob"}})",
          R"({"pub":{"id":"7","topic":"usrBob","noecho":true,"content":"7 xxxxxxxxxx"}})"});
  CHECK(w.told ==
        texts{"identified usrAnn", "joined usrBob", "accepted 7", "refused 8", "received 5 seq 2"});

  wired owner;
  wire = make_tinode_wire({"ann", "", ""}, owner.events());
  wire->join("nch1", true);
  wire->read(R"({"ctrl":{"id":"s","topic":"grpX","code":200,"text":"ok"}})");
  wire->send(0, 3);
  CHECK(owner.told == texts{"joined grpX"});
  CHECK(owner.written.back() ==
        R"({"pub":{"id":"0","topic":"grpX","noecho":true,"content":"0 x"}})");
  wire->read(R"({"ctrl":{"id":"a","code":409,"text":"duplicate credential"}})");
  CHECK(owner.told.back().starts_with("ended the account was refused"));
}

TEST_CASE("nakama: the frames of a direct channel and of a room, its pings and its echo") {
  const std::string bob = "11111111-2222-4333-8444-555555555555";
  wired w;
  auto wire = make_nakama_wire({"ann", "t", "ann-id"}, w.events());
  wire->open();
  wire->join(bob, true);
  wire->read(R"({"ping":{}})");
  wire->read(R"({"cid":"j","channel":{"id":"2.a.b","presences":[]}})");
  wire->send(7, 12);
  wire->read(
      R"({"channel_message":{"channel_id":"2.a.b","sender_id":"ann-id","content":"{\"b\":\"7 xx\"}"}})");
  wire->read(R"({"cid":"7","channel_message_ack":{"channel_id":"2.a.b","message_id":"m"}})");
  wire->read(R"({"cid":"8","error":{"code":3,"message":"Invalid channel"}})");
  wire->read(
      R"({"channel_message":{"channel_id":"2.a.b","sender_id":"bob-id","content":"{\"b\":\"5 xx\"}"}})");
  wire->join("room1", true);
  CHECK(
      w.written ==
      texts{
          R"({"cid":"j","channel_join":{"target":")" + bob +
              R"(","type":2,"persistence":true,"hidden":false}})",
          R"({"pong":{}})",
          R"({"cid":"7","channel_message_send":{"channel_id":"2.a.b","content":"{\"b\":\"7 xxxxxxxxxx\"}"}})",
          R"({"cid":"j","channel_join":{"target":"room1","type":1,"persistence":true,"hidden":false}})"});
  CHECK(w.told ==
        texts{"identified ann-id", "joined 2.a.b", "accepted 7", "refused 8", "received 5 seq 0"});
  wire->read(R"({"cid":"j","error":{"code":3,"message":"Invalid channel target"}})");
  CHECK(w.told.back().starts_with("ended the channel was"));
}

TEST_CASE("centrifugo: the frames of a channel, several lines in one, its pings") {
  wired w;
  auto wire = make_centrifugo_wire({"ann", "TOKEN", ""}, w.events());
  wire->open();
  wire->read(R"({"id":1,"connect":{"client":"c","version":"6.9.1","ping":25,"pong":true}})");
  wire->join("chat:x", true);
  wire->read(R"({"id":2,"subscribe":{}})");
  wire->send(0, 12);
  wire->read(
      "{\"id\":3,\"publish\":{}}\n{}\n{\"push\":{\"channel\":\"chat:x\",\"pub\":{\"data\":{\"b\":"
      "\"5 xx\"}}}}");
  wire->read(R"({"id":4,"error":{"code":103,"message":"permission denied"}})");
  CHECK(w.written == texts{R"({"id":1,"connect":{"token":"TOKEN"}})",
                           R"({"id":2,"subscribe":{"channel":"chat:x"}})",
                           R"({"id":3,"publish":{"channel":"chat:x","data":{"b":"0 xxxxxxxxxx"}}})",
                           "{}"});
  CHECK(w.told ==
        texts{"identified ann", "joined chat:x", "accepted 0", "received 5 seq 0", "refused 1"});
  wire->read(R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
  CHECK(w.told.back().starts_with("ended the channel was"));
}

TEST_CASE("centrifugo's token is an HS256 JWT: a known answer") {
  CHECK(centrifugo_token("ann", "secret") ==
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJzdWIiOiJhbm4ifQ.PjR3fgnevdXvvFDIexpV052PaeBybdsfUE102L3fkg4");
}

TEST_CASE("every rival: direct conversations over sockets, all answered and delivered in order") {
  for (const std::string rival : rivals) {
    CAPTURE(rival);
    double acked = 0;
    const auto out = send_against(rival, {}, acked);
    CHECK(out.problems().empty());
    CHECK(acked > 0);
    CHECK(out.figure("refused") == 0);
    CHECK(out.figure("lost") == 0);
  }
}

TEST_CASE("every rival: a room over sockets, one and eight messages under way") {
  for (const std::string rival : rivals) {
    CAPTURE(rival);
    meeting m(rival, {});
    report out("fanout against " + rival);
    room_traffic room(*m.chat);
    REQUIRE_MESSAGE(room.set_up(5, 5, m.problem), m.problem);
    for (const std::size_t window : {1u, 8u}) room.run({window, 0.05, 0.2, 20}, out);
    CHECK(out.problems().empty());
    CHECK(out.figure("deliveries_per_s") > 0);
  }
}

TEST_CASE("every rival: refused sends are counted and are no loss") {
  for (const std::string rival : rivals) {
    CAPTURE(rival);
    double acked = 0;
    const auto out = send_against(rival, {.refuse_every = 10}, acked);
    CHECK(out.figure("refused") > 0);
    CHECK(out.figure("lost") == 0);
    CHECK(out.sound());
  }
}

TEST_CASE(
    "every rival: a lost answer, an overtaken message and an ended connection make the run "
    "worthless") {
  for (const std::string rival : rivals) {
    CAPTURE(rival);
    double acked = 0;
    CHECK(says(send_against(rival, {.lose_every = 10}, acked), "never answered"));
    CHECK(says(send_against(rival, {.swap_every = 10}, acked), "out of order"));
    CHECK(says(send_against(rival, {.close_after = 20}, acked), "a socket ended"));
  }
}

TEST_CASE("nakama: the account comes over HTTP, its token goes into the upgrade") {
  meeting m("nakama", {});
  REQUIRE_MESSAGE(m.chat->prepare(1, m.problem), m.problem);
  const auto said = m.server.requests();
  REQUIRE(said.size() == 2);
  CHECK(said[0].starts_with("POST /v2/account/authenticate/device?create=true&username=bench"));
  CHECK(said[1].starts_with(R"({"id":"device-bench)"));
  CHECK(nakama_account("e30.eyJ1aWQiOiJ4In0.c2ln") == "x");
  CHECK(nakama_account("nonsense").empty());
}

TEST_CASE("an address that is none is refused with a reason") {
  nova::client::io_thread io;
  for (const auto* wrong : {"tinode=http://127.0.0.1:1", "matrix=ws://127.0.0.1:1", "tinode",
                            "nakama=ws://127.0.0.1"}) {
    run_options options;
    options.against = wrong;
    std::string problem;
    CHECK(make_rival(options, io, problem) == nullptr);
    CHECK(problem.find(wrong) != problem.npos);
  }
}
