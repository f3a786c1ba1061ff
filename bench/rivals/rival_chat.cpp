// See rival_chat.hpp.
#include "bench/rivals/rival_chat.hpp"

#include "bench/rivals/rival_wire.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/client/session.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <charconv>
#include <vector>

namespace nova::bench {

namespace {

using make_wire = std::unique_ptr<rival_wire> (*)(const rival_identity&, wire_events);

struct rival_kind {
  std::string_view name;
  make_wire make;
  promise_of_answer promise;
};

const rival_kind kinds[] = {
    {"tinode",
     make_tinode_wire,
     {true, "committed before the answer; a message that is sent again is stored again",
      "Tinode 0.25 API, ctrl 202; seen under kill -9"}},
    {"nakama",
     make_nakama_wire,
     {true,
      "committed before the answer, pushed before that; no sequence number, sent again is stored "
      "again",
      "Nakama 3.40 persistent channels; seen under kill -9"}},
    {"centrifugo",
     make_centrifugo_wire,
     {false, "in memory only, unless its PostgreSQL stream broker is configured",
      "Centrifugo 6.9 documentation of brokers"}},
};

class rival_socket final : public chat_socket {
 public:
  rival_socket(client::io_thread& io, client::session_options options, const rival_identity& who,
               make_wire make, chat_events events) {
    client::session_events e;
    e.closed = [ended = events.ended](int code, int status, std::string_view why) {
      if (ended) ended(std::to_string(status != 0 ? status : code) + " " + std::string(why));
    };
    e.opened = [this](std::string_view) { wire_->open(); };
    e.pushed = [this](std::string_view frame) { wire_->read(frame); };
    session_ = client::session::make(io, std::move(options), std::move(e));
    wire_ = make(who, {std::move(events),
                       [this](std::string frame) { session_->send_frame(std::move(frame)); }});
  }

  void start() override { session_->start(); }
  void join(const std::string& target, bool publishes) override { wire_->join(target, publishes); }
  void send(std::uint64_t number, std::size_t text_bytes) override {
    wire_->send(number, text_bytes);
  }

 private:
  std::unique_ptr<rival_wire> wire_;
  std::shared_ptr<client::session> session_;
};

class rival_chat final : public chat_server {
 public:
  rival_chat(const rival_kind& kind, client::endpoint at, const run_options& options,
             client::io_thread& io)
      : kind_(kind),
        at_(std::move(at)),
        key_(options.against_key),
        pids_(options.against_pids),
        io_(io) {
    if (key_.empty() && kind_.name == "nakama") key_ = "defaultkey";
  }

  std::string name() const override { return std::string(kind_.name); }
  promise_of_answer promise() const override { return kind_.promise; }

  bool prepare(std::size_t accounts, std::string& problem) override {
    while (people_.size() < accounts) {
      rival_identity who{"bench" + tag_ + 'u' + std::to_string(people_.size()), "", ""};
      if (kind_.name == "nakama" && !authenticate(who, problem)) return false;
      if (kind_.name == "centrifugo") who.token = centrifugo_token(who.user, key_);
      people_.push_back(std::move(who));
    }
    return true;
  }

  std::unique_ptr<chat_socket> make_socket(std::size_t number, chat_events events) override {
    const auto& who = people_[number % people_.size()];
    client::session_options o;
    o.to = at_;
    o.raw = true;
    o.subprotocol = "";
    if (kind_.name == "tinode") o.target = "/v0/channels?apikey=" + key_;
    else if (kind_.name == "nakama")
      o.target = "/ws?lang=en&status=false&format=json&token=" + who.token;
    else o.target = "/connection/websocket";
    return std::make_unique<rival_socket>(io_, std::move(o), who, kind_.make, std::move(events));
  }

  std::optional<targets> direct(std::size_t first, const std::string& first_id, std::size_t,
                                const std::string& second_id, std::string&) override {
    if (kind_.name != "centrifugo") return targets{second_id, first_id, 0};
    const auto channel = "chat:" + tag_ + 'p' + std::to_string(first);
    return targets{channel, channel, 0};
  }

  std::optional<std::string> room(std::string&) override {
    room_ = kind_.name == "tinode" ? "nch1"
                                   : (kind_.name == "nakama" ? "room" : "chat:room") + tag_ + 'r' +
                                         std::to_string(rooms_++);
    return room_;
  }
  std::string room_of_listeners(const std::string& place) const override {
    return kind_.name == "tinode" && place.size() > 3 ? "chn" + place.substr(3) : room_;
  }

  std::optional<std::uint64_t> stored(std::size_t, const std::string&) override { return {}; }

  cpu_split cpu() const override {
    cpu_split out{own_cpu(), 0, 0};
    if (!pids_.empty()) out.server = client::usage_of_family(pids_[0]).cpu_seconds;
    if (pids_.size() > 1) out.postgres = client::usage_of_family(pids_[1]).cpu_seconds;
    return out;
  }
  std::uint64_t resident_bytes() const override {
    return pids_.empty() ? 0 : client::usage_of(pids_[0]).rss_bytes;
  }
  client::io_thread& io() override { return io_; }

 private:
  bool authenticate(rival_identity& who, std::string& problem) {
    client::http_client http(at_);
    client::http_request q{"POST",
                           "/v2/account/authenticate/device?create=true&username=" + who.user};
    q.body = R"({"id":"device-)" + who.user + "\"}";
    q.headers = {{"Authorization", "Basic " + basic(key_ + ':')}};
    const auto reply = http.send(q);
    who.token = client::find_string(reply.body, "token");
    who.id = nakama_account(who.token);
    if (!who.id.empty()) return true;
    problem = "nakama refused an account: " + std::to_string(reply.status) + " " + reply.body;
    return false;
  }

  const rival_kind& kind_;
  const client::endpoint at_;
  std::string key_;
  const std::vector<int> pids_;
  client::io_thread& io_;
  const std::string tag_ = client::unique_suffix();
  std::vector<rival_identity> people_;
  std::string room_;
  std::size_t rooms_ = 0;
};

/// The numeric IPv4 address of HOST:PORT; empty port: not understood.
client::endpoint resolve(std::string_view host_port) {
  const auto colon = host_port.rfind(':');
  if (colon == host_port.npos) return {};
  const std::string host(host_port.substr(0, colon)), port(host_port.substr(colon + 1));
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return {};
  const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  const client::endpoint out{ntohs(address->sin_port), text};
  freeaddrinfo(found);
  return out;
}

// 64 senders, 2 shared cores, client, server and PostgreSQL on one machine; medians of three rounds.
constexpr known_figures known[] = {
    {"Tinode 0.25.3", "stored (three commits a message)", true, 1093, 1165, 986, 1.3, 31},
    {"Nakama 3.40.0", "stored", true, 4240, 4178, 336, 0.39, 16},
    {"Centrifugo 6.9.1, PostgreSQL broker", "stored for 7 days", true, 1424, 1537, 787, 1.0, 0},
    {"Centrifugo 6.9.1, memory", "not stored", false, 15'177, 40'715, 67, 0.05, 16},
};

}  // namespace

std::unique_ptr<chat_server> make_rival(const run_options& options, client::io_thread& io,
                                        std::string& problem) {
  const auto equals = options.against.find('=');
  const auto name = options.against.substr(0, equals);
  constexpr std::string_view scheme = "ws://";
  auto address = equals == std::string::npos ? "" : options.against.substr(equals + 1);
  const auto at =
      address.starts_with(scheme)
          ? resolve(address.substr(scheme.size(), address.find('/', scheme.size()) - scheme.size()))
          : client::endpoint{};
  for (const auto& kind : kinds)
    if (kind.name == name && at.port != 0)
      return std::make_unique<rival_chat>(kind, at, options, io);
  problem = "--against takes tinode, nakama or centrifugo =ws://HOST:PORT, not " + options.against;
  return nullptr;
}

std::span<const known_figures> known_rivals() { return known; }

}  // namespace nova::bench
