// The gate before the links of a node: certificates, their renewal, and peers that it refuses. Rows of the hostile checklist are
// named as "row 41: …".
#include "actors/runtime/link/gate.hpp"

#include "actors/runtime/link/address.hpp"
#include "tests/runtime/station.hpp"

#include <openssl/ssl.h>
#include <unistd.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <fstream>
#include <random>

using namespace nova;
using namespace nova::link;
using namespace nova::link::test;
namespace net = boost::asio;

namespace {

/// True when the other side closes the connection after these bytes.
bool closes_after(const std::string& address, const std::string& bytes) {
  net::io_context io;
  net::ip::tcp::socket socket(io);
  boost::system::error_code ec;
  socket.connect(*parse_address(address), ec);
  if (ec) return false;
  net::write(socket, net::buffer(bytes), ec);
  std::string in(1 << 16, '\0');
  while (!ec) socket.read_some(net::buffer(in), ec);
  return true;
}

/// True when the node closes a connection with TLS whose dialler shows none.
bool tls_without_certificate(const std::string& address) {
  net::io_context io;
  net::ssl::context none(net::ssl::context::tls_client);
  net::ssl::stream<net::ip::tcp::socket> stream(io, none);
  boost::system::error_code ec;
  stream.next_layer().connect(*parse_address(address), ec);
  stream.handshake(net::ssl::stream_base::client, ec);
  std::array<char, 1> first{};
  if (!ec) net::read(stream, net::buffer(first), ec);
  return ec.failed();
}

}  // namespace

TEST_CASE("row 43: a frame over the limit is broken before its bytes have come") {
  for (const auto& head :
       {std::string("\x00\xff\xff\xff", 4), std::string("\xff\x00\x00\x01", 4)}) {
    incoming_lanes in;
    in.feed(head);
    std::string message;
    std::size_t part_bytes = 0;
    CHECK(in.next(message, part_bytes) == incoming_lanes::step::broken);
  }
}

TEST_CASE("row 41: without certificates only loopback is allowed") {
  auto s = named("a");
  CHECK(unsafe_without_certificates(s).empty());
  s.listen = "0.0.0.0:0";
  station open_to_all(s);
  CHECK(open_to_all.refused.find("cluster.listen is not on loopback") == 0);
  s = named("a", {"10.0.0.1:7400"});
  CHECK(unsafe_without_certificates(s).find("the seed 10.0.0.1:7400") == 0);
  s = named("a");
  s.advertise = "192.168.0.1:7400";
  CHECK_FALSE(unsafe_without_certificates(s).empty());
}

TEST_CASE("with certificates nodes of one authority are linked") {
  scratch dir;
  make(dir, {.nodes = {"a", "b"}});
  station a(secured(named("a"), dir, "a"));
  REQUIRE(a.refused.empty());
  station b(secured(named("b", {a.address}), dir, "b"));
  CHECK(a.sees("b"));
  REQUIRE(a.made->send(a.peer("b"), call(1, 500'000), lane::bulk));
  CHECK(b.until([&] { return b.calls.size() == 1; }));
}

TEST_CASE("row 42: a peer without a certificate of a node of this authority is refused") {
  scratch dir, other;
  make(dir, {.nodes = {"a", "b", "c", "gone"}});
  make(dir, {.nodes = {"old"}, .days = -1});
  make(dir, {.nodes = {"client"}, .node_uri = false});
  make(dir, {.nodes = {"dials"}, .uses = "clientAuth"});
  make(dir, {.nodes = {"listens"}, .uses = "serverAuth"});
  make(dir, {.nodes = {"alone"}, .self_signed = true});
  make(dir, {.revoked = {"gone"}});
  make(other, {.nodes = {"b"}});
  auto s = secured(named("a"), dir, "a");
  s.crl = (dir.folder / "crl.pem").string();
  station a(s);
  REQUIRE(a.refused.empty());
  /// Dials "a", which refuses it and logs a reason with this text.
  const auto refused_as = [&](const std::string& reason, config::cluster_settings who) {
    const auto before = a.refusals();
    const auto told = written("warn", [&](log::session&) {
      station stranger(std::move(who));
      REQUIRE(stranger.refused.empty());
      CHECK(a.refuses(before + 2));  // one may be the last attempt of the stranger before
      CHECK(stranger.made->counted().envelopes_in == 0);
    });
    CHECK(a.made->members()->size() == 1);
    CAPTURE(reason);
    CAPTURE(told);
    CHECK(told.find("level=warn event=link.refused from=127.0.0.1:") != told.npos);
    CHECK(told.find(reason) != told.npos);
    return a.refusals() > before;
  };
  const auto with = [&](const std::string& node, const scratch& of,
                        const std::string& certificate) {
    auto made = secured(named(node, {a.address}), of, certificate);
    made.ca = (dir.folder / "ca.pem").string();  // it would trust "a"
    return made;
  };
  CHECK(refused_as("reason=\"TLS: ", named("b", {a.address})));  // in plain text
  CHECK(refused_as(", self-signed certificate", with("alone", dir, "alone")));
  CHECK(refused_as(", certificate signature failure", with("b", other, "b")));  // another authority
  CHECK(refused_as(", certificate has expired", with("old", dir, "old")));
  CHECK(refused_as(", certificate revoked", with("gone", dir, "gone")));
  CHECK(refused_as(", unsuitable certificate purpose", with("listens", dir, "listens")));
  CHECK(refused_as("its certificate is not of a node", with("dials", dir, "dials")));
  CHECK(refused_as("its certificate is not of a node", with("client", dir, "client")));
  CHECK(refused_as("its certificate is of c", with("b", dir, "c")));
  const auto before = a.refusals();
  CHECK(tls_without_certificate(a.address));
  CHECK(a.refuses(before + 1));
  station b(with("b", dir, "b"));
  CHECK(a.sees("b"));
}

TEST_CASE("row 43: plain text and random bytes are closed") {
  scratch dir;
  make(dir, {.nodes = {"a"}});
  auto s = named("p");
  s.handshake_ms = 500;
  station plain(s);
  s.node = "a";
  station tls(secured(s, dir, "a"));
  std::mt19937_64 random(43);
  for (auto* node : {&plain, &tls}) {
    std::vector<std::string> all{std::string("\x00\xff\xff\xff", 4),
                                 std::string("\xff\xff\xff\xff", 4), "GET / HTTP/1.1\r\n\r\n"};
    for (int i = 0; i < 20; ++i) {
      auto& bytes = all.emplace_back(1 + random() % 40'000, '\0');
      for (auto& c : bytes) c = static_cast<char>(random());
    }
    for (const auto& bytes : all) CHECK(closes_after(node->address, bytes));
    CHECK(node->ups.empty());
    CHECK(node->refuses(all.size()));
  }
}

namespace {

/// Of this process, resident.
std::size_t memory_bytes() {
  std::size_t whole = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// A proved node of which the test says each byte.
class rude_node {
 public:
  rude_node(const station& to, const scratch& dir, const std::string& name)
      : identity_(*load_identity(secured(named(name), dir, name))), stream_(io_, *identity_) {
    stream_.next_layer().connect(*parse_address(to.address));
    stream_.handshake(net::ssl::stream_base::client);
    Hello hello;
    hello.set_version(gate::version);
    hello.set_cluster(to.settings.name);
    hello.mutable_self()->set_node(name);
    hello.mutable_self()->set_incarnation(std::string(16, '\1'));
    const auto text = hello.SerializeAsString();
    say(std::string({0, 0, 0, static_cast<char>(text.size())}) + text);
  }
  void say(const std::string& bytes) {
    boost::system::error_code closed;
    net::write(stream_, net::buffer(bytes), closed);
  }

 private:
  net::io_context io_;
  identity identity_;
  net::ssl::stream<net::ip::tcp::socket> stream_;
};

}  // namespace

TEST_CASE(
    "row 43: of a proved node, a frame or message over the limits ends its link and takes no "
    "memory") {
  scratch dir;
  make(dir, {.nodes = {"a", "b"}});
  station a(secured(named("a"), dir, "a"));
  std::string bytes;
  SUBCASE("a length of four bytes") { bytes.assign(4, '\xff'); }
  SUBCASE("a part that is too long") { bytes.assign("\x01\xff\xff\xff", 4); }
  SUBCASE("parts of a message without an end") {
    for (std::size_t sent = 0; sent < 4 * max_message_bytes; sent += 0x10000)
      bytes += std::string("\x03\x01\x00\x00", 4) + std::string(0x10000, 'x');
  }
  rude_node b(a, dir, "b");
  REQUIRE(a.sees("b"));
  const auto before = memory_bytes();
  b.say(bytes);
  REQUIRE(a.until([&] { return !a.downs.empty(); }));
  CHECK(a.downs[0].second == "b: a frame breaks the limits");
  CHECK(memory_bytes() < before + std::size_t{64} * 1024 * 1024 * slowdown);
}

namespace {

/// The serial number of the certificate that the node shows to a new peer; empty: it refuses the peer.
std::string serial_at(const station& node, const config::cluster_settings& peer) {
  net::io_context io;
  const auto mine = *load_identity(peer);
  net::ssl::stream<net::ip::tcp::socket> stream(io, *mine);
  boost::system::error_code ec;
  stream.next_layer().connect(*parse_address(node.address), ec);
  stream.handshake(net::ssl::stream_base::client, ec);
  std::array<char, 1> first{};  // of its hello: it has accepted this one's certificate
  if (!ec) net::read(stream, net::buffer(first), ec);
  if (ec) return {};
  const auto* number = X509_get0_serialNumber(SSL_get0_peer_certificate(stream.native_handle()));
  return {reinterpret_cast<const char*>(number->data), static_cast<std::size_t>(number->length)};
}

}  // namespace

TEST_CASE(
    "certificates and the list of revoked ones are renewed without a restart, and open links "
    "stay") {
  scratch dir;
  make(dir, {.nodes = {"a", "b", "c"}, .days = 1});
  const auto asks = secured(named("c"), dir, "c");
  station a(secured(named("a"), dir, "a"));
  station b(secured(named("b", {a.address}), dir, "b"));
  REQUIRE(a.sees("b"));
  const auto first = serial_at(a, asks);
  REQUIRE_FALSE(first.empty());
  make(dir, {.nodes = {"a"}});
  CHECK(serial_at(a, asks) == first);
  REQUIRE(a.made->renew(a.settings).has_value());
  const auto second = serial_at(a, asks);
  CHECK_FALSE(second.empty());
  CHECK(second != first);
  // A file that is no certificate, or another node's key, leaves those in force.
  const auto broken = dir.write("broken.pem", "no certificate");
  auto s = a.settings;
  s.certificate = broken.string();
  const auto refused = a.made->renew(s);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().detail.find("cluster.certificate: ") == 0);
  CHECK_FALSE(a.made->renew(config::cluster_settings()).has_value());
  CHECK(serial_at(a, asks) == second);
  // From now on b's own counts no more. Its link stays until it ends, and there is no next one.
  make(dir, {.revoked = {"b"}});
  s = a.settings;
  s.crl = (dir.folder / "crl.pem").string();
  REQUIRE(a.made->renew(s).has_value());
  CHECK(serial_at(a, asks) == second);
  CHECK(serial_at(a, secured(named("b"), dir, "b")).empty());
  REQUIRE(b.made->send(b.peer("a"), call(1, 10), lane::bulk));
  CHECK(a.until([&] { return a.calls.size() == 1; }));
  CHECK(a.made->counted().losses == 0);
  b.stop();
  REQUIRE(a.until([&] { return !a.downs.empty(); }));
  const auto before = a.refusals();
  b.begin();
  CHECK(a.refuses(before + 1));
  CHECK(a.ups.size() == 1);
  // With a new one it is let in again.
  b.stop();
  make(dir, {.nodes = {"b"}});
  b.begin();
  CHECK(a.until([&] { return a.ups.size() == 2; }));
}

TEST_CASE("a node of a later version of the links decides itself, and an earlier one is refused") {
  station a(named("a"));
  net::io_context io;
  const auto greet = [&](const std::string& node, std::uint32_t version,
                         const std::vector<std::string>& capabilities) {
    Hello hello;
    hello.set_version(version);
    hello.set_cluster(a.settings.name);
    hello.mutable_self()->set_node(node);
    hello.mutable_self()->set_incarnation(std::string(16, '\1'));
    for (const auto& c : capabilities) hello.add_capabilities(c);
    const auto text = hello.SerializeAsString();
    net::ip::tcp::socket socket(io);
    socket.connect(*parse_address(a.address));
    net::write(socket, net::buffer(std::string({0, 0, 0, static_cast<char>(text.size())}) + text));
    return socket;
  };
  const std::vector<std::string> more{"of a later release", std::string(capability::lists)};
  const auto later = greet("later", gate::version + 1, more);
  REQUIRE(a.sees("later"));
  CHECK(a.view("later").understands == more);
  const auto plain = greet("plain", gate::version, {});
  REQUIRE(a.sees("plain"));
  CHECK(a.view("plain").understands.empty());
  const auto before = a.refusals();
  const auto earlier = greet("earlier", gate::version - 1, more);
  CHECK(a.refuses(before + 1));
}

TEST_CASE("row 44: an earlier start of a node is refused while the later one is linked") {
  station a(named("a"));
  auto first = std::make_unique<links>(named("b", {a.address}), Member(), system_wall_clock(),
                                       system_random());
  a.until([] { return false; }, 5ms);  // incarnations are ordered by the millisecond of their start
  station later(named("b", {a.address}));
  REQUIRE(a.sees("b"));
  const auto peer = a.peer("b");
  const auto started = first->start({[](peer_number, const Member&) {},
                                     [](peer_number, const Member&, const std::string&) {},
                                     [](peer_number, Envelopes&) {}, [] {}});
  REQUIRE(started.has_value());
  CHECK(a.refuses(1));
  CHECK(a.peer("b") == peer);
  first->stop(0ms);
}
