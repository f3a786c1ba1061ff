// Live streams from outside, by the contract's §6: an encoder that puts HLS, players, viewers, the chat.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

using namespace nova::flow;
using namespace std::chrono_literals;
using headers = std::vector<std::pair<std::string, std::string>>;

namespace {

// Short times, so that the grace of a publisher can be waited for.
const bool short_times = [] {
  ::setenv("NOVA_STREAMING__PUBLISHER_GRACE_S", "2", 1);
  ::setenv("NOVA_STREAMING__PUBLISHER_SILENCE_S", "2", 1);
  return true;
}();

http_reply ask(std::string method, std::string target, const account* as, std::string body = {},
               headers more = {}) {
  nova::client::http_request q{std::move(method), std::move(target), std::move(body)};
  q.bearer = as != nullptr ? as->access_token : "";
  q.headers = std::move(more);
  return http().send(q);
}
object ok(const http_reply& r, int status = 200) {
  INFO(r.status << " " << r.body);
  REQUIRE(r.status == status);
  return r.json().as_object();
}
std::string code(const http_reply& r) {
  INFO(r.status << " " << r.body);
  return text(r.json().as_object(), "code");
}

/// The path of an address of this Nova.
std::string path_of(const std::string& address) {
  const auto host = address.find("://");
  REQUIRE(host != std::string::npos);
  return address.substr(address.find('/', host + 3));
}

bool names_a_gateway(const std::string& address) {
  return std::ranges::any_of(the_world().gateways, [&](auto* g) {
    return address.starts_with("http://127.0.0.1:" + std::to_string(g->at().port) + "/");
  });
}

/// A stream as its owner got it.
struct stream {
  object made;
  std::string id() const { return text(made, "stream_id"); }
  std::string chat() const { return text(made, "conversation_id"); }
  const object& ingest() const { return made.at("ingest").as_object(); }
  std::string put_url() const { return path_of(text(ingest(), "hls_put_url")); }
};
stream create(const account& as, const std::string& visibility = "public",
              const std::string& more = {}) {
  return {ok(ask("POST", "/v1/streams", &as,
                 R"({"title":"Tea, live","visibility":")" + visibility + '"' + more + "}"),
             201)};
}
object get(const stream& s, const account* as) {
  return ok(ask("GET", "/v1/streams/" + s.id(), as));
}
std::string state(const stream& s, const account* as) { return text(get(s, as), "state"); }

/// Puts segments of a size and the playlists that name them, as an encoder does.
struct encoder {
  std::string url;
  std::string agent = "encoder/1";
  int next = 0;

  http_reply put(const std::string& file, std::string body) {
    return ask("PUT", url + '/' + file, nullptr, std::move(body), {{"User-Agent", agent}});
  }
  static std::string bytes(int n) {
    return std::string(1'000 + static_cast<std::size_t>(n), static_cast<char>('a' + n % 26));
  }
  std::string playlist(bool end = false) const {
    std::string out = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n";
    const int first = std::max(0, next - 5);
    out += "#EXT-X-MEDIA-SEQUENCE:" + std::to_string(first) + '\n';
    for (int n = first; n < next; ++n) out += "#EXTINF:1.0,\nseg" + std::to_string(n) + ".ts\n";
    return end ? out + "#EXT-X-ENDLIST\n" : out;
  }
  /// The next segment and the playlist with it.
  void go_on(bool end = false) {
    const auto n = next++;
    const auto segment = put("seg" + std::to_string(n) + ".ts", bytes(n));
    INFO(segment.body);
    REQUIRE(segment.status == 204);
    const auto list = put("index.m3u8", playlist(end));
    INFO(list.body);
    REQUIRE(list.status == 204);
  }
};

bool soon(const std::function<bool()>& done, std::chrono::seconds within = 8s) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

/// Files of kept bytes that hold the words: finished ones, and parts of those that are being written.
std::size_t files_with(const std::string& words) {
  std::size_t found = 0;
  const std::filesystem::path kept(the_world().blobs());
  for (auto at = std::filesystem::recursive_directory_iterator(kept.parent_path());
       at != std::filesystem::recursive_directory_iterator(); ++at) {
    if (at->path().filename() == "postgres") at.disable_recursion_pending();
    std::error_code gone;
    if (!at->is_regular_file(gone)) continue;
    std::ifstream in(at->path(), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    if (all.str().find(words) != std::string::npos) ++found;
  }
  return found;
}

std::vector<std::string> addresses(const std::string& playlist) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < playlist.size();) {
    const auto end = std::min(playlist.find('\n', at), playlist.size());
    const auto line = playlist.substr(at, end - at);
    if (!line.empty() && line.front() != '#') out.push_back(line);
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE(
    "a stream waits, has its key once, and a new key ends the old one: not a byte is kept of what "
    "comes with it") {
  const auto ann = person("ann"), bob = person("bob");
  const auto s = create(ann, "public", R"(,"record":true)");
  CHECK(text(s.made, "state") == "waiting");
  CHECK_FALSE(text(s.ingest(), "key").empty());
  CHECK(s.put_url().ends_with(text(s.ingest(), "key")));
  CHECK(text(s.ingest(), "hls_put_url").starts_with("http://127.0.0.1:"));
  const auto called =
      socket(ann)->call("streaming.create", R"({"title":"Tea","visibility":"public"})");
  REQUIRE(called.ok);
  CHECK(names_a_gateway(text(called.body.at("ingest").as_object(), "hls_put_url")));
  const auto seen = get(s, &ann);
  CHECK_FALSE(seen.contains("ingest"));
  CHECK(number(seen, "viewers") == 0);
  CHECK(seen.at("started_at").is_null());
  CHECK(text(seen.at("owner").as_object(), "account_id") == ann.id);

  CHECK(ask("POST", "/v1/streams/" + s.id() + "/key", &bob).status == 403);
  const auto renewed = ok(ask("POST", "/v1/streams/" + s.id() + "/key", &ann));
  encoder old{s.put_url()}, fresh{path_of(text(renewed.at("ingest").as_object(), "hls_put_url"))};
  const std::string stranger = "bytes that no key goes with";
  CHECK(code(old.put("seg0.ts", stranger)) == "forbidden");
  CHECK(files_with(stranger) == 0);
  fresh.go_on();
  CHECK(files_with(encoder::bytes(0)) > 0);
  CHECK(soon([&] { return state(s, &ann) == "live"; }));
}

TEST_CASE("bad fields are named, another's stream is forbidden, an unknown one absent") {
  const auto ann = person("ann"), bob = person("bob");
  CHECK(ask("POST", "/v1/streams", &ann, R"({"title":"","visibility":"public"})").status == 400);
  CHECK(ask("POST", "/v1/streams", &ann, R"({"title":"x","visibility":"secret"})").status == 400);
  CHECK(ask("POST", "/v1/streams", nullptr, R"({"title":"x","visibility":"public"})").status ==
        401);
  const auto s = create(ann);
  const auto path = "/v1/streams/" + s.id();
  CHECK(ask("PATCH", path, &bob, R"({"title":"mine"})").status == 403);
  CHECK(ask("DELETE", path, &bob).status == 403);
  CHECK(text(ok(ask("PATCH", path, &ann, R"({"title":"Tea at five"})")), "title") == "Tea at five");
  CHECK(ask("DELETE", path, &ann).status == 204);
  CHECK(ask("GET", path, &ann).status == 404);
  CHECK(ask("GET", "/v1/streams/0190b2b0-52fe-7cc5-8a2c-8f2f1a5b9d11", &ann).status == 404);
}

TEST_CASE(
    "what an encoder puts is played, by a signed address and by a token, and never by who may "
    "not") {
  const auto ann = person("ann"), bob = person("bob");
  const auto s = create(ann, "followers");
  encoder e{s.put_url()};
  for (int i = 0; i < 4; ++i) e.go_on();
  CHECK(state(s, &ann) == "live");
  const auto url = text(get(s, &ann), "playback_url");
  const auto list = ask("GET", url, nullptr);
  REQUIRE(list.status == 200);
  CHECK(list.header("Content-Type").starts_with("application/vnd.apple.mpegurl"));
  const auto segments = addresses(list.body);
  REQUIRE(segments.size() >= 3);
  const auto base = url.substr(0, url.find("index.m3u8"));
  const auto last = ask("GET", base + segments.back(), nullptr);
  CHECK(last.status == 200);
  CHECK(last.body == encoder::bytes(3));
  CHECK(ask("GET", base + segments.back(), nullptr, {}, {{"Range", "bytes=0-9"}}).status == 206);

  // A gateway keeps the window for a moment, but not over a playlist that comes by it.
  const auto newest = [&] { return addresses(ask("GET", url, nullptr).body).back(); };
  const auto before = newest();
  e.go_on();
  const bool one_gateway = the_world().gateways.size() == 1;
  CHECK((one_gateway ? newest() != before : soon([&] { return newest() != before; })));

  const auto plain = base + "index.m3u8";
  CHECK(ask("GET", plain, &ann).status == 200);
  CHECK(ask("GET", plain, &bob).status == 404);
  CHECK(ask("GET", plain, nullptr).status == 404);
  CHECK(ask("GET", plain + "?token=x&until=99999999999&sig=y", nullptr).status == 404);
  CHECK(ask("GET", "/v1/streams/" + s.id(), &bob).status == 404);
  REQUIRE(ask("PUT", "/v1/users/" + ann.id + "/follow", &bob).status == 204);
  CHECK(soon([&] { return ask("GET", plain, &bob).status == 200; }));
}

TEST_CASE(
    "a second encoder is refused while the first one publishes, and an end list ends the stream") {
  const auto ann = person("ann");
  const auto s = create(ann);
  encoder first{s.put_url()}, second{s.put_url(), "encoder/2"}, same{s.put_url()};
  first.go_on();
  first.go_on();
  CHECK(code(second.put("seg0.ts", "other")) == "conflict");
  CHECK(second.put("seg0.ts", "other").status == 409);
  CHECK(same.put("seg0.ts", "other").status == 409);
  same.next = 1;
  CHECK(same.put("index.m3u8", same.playlist()).status == 409);
  CHECK(
      ask("DELETE", s.put_url() + "/seg0.ts", nullptr, {}, {{"User-Agent", "encoder/1"}}).status ==
      204);
  first.go_on(true);
  const auto ended = get(s, &ann);
  CHECK(text(ended, "state") == "ended");
  CHECK_FALSE(ended.at("ended_at").is_null());
  CHECK(first.put("seg9.ts", "x").status == 410);
  const auto list = ask("GET", text(ended, "playback_url"), nullptr);
  CHECK(list.body.find("#EXT-X-ENDLIST") != std::string::npos);
}

TEST_CASE(
    "a publisher that is gone: interrupted, back with the same key, and ended after the grace") {
  const auto ann = person("ann");
  const auto s = create(ann);
  const auto told = socket(ann);
  encoder e{s.put_url()};
  e.go_on();
  const auto live = told->push("streaming.state", with("stream_id", s.id()));
  REQUIRE(live);
  CHECK(text(*live, "state") == "live");
  CHECK(told->push("streaming.state", with("state", "interrupted"), 6s));
  encoder back{s.put_url(), "encoder/2"};
  back.go_on();
  CHECK(told->push("streaming.state", with("state", "live"), 4s));
  const auto list = ask("GET", text(get(s, &ann), "playback_url"), nullptr);
  CHECK(list.body.find("#EXT-X-DISCONTINUITY\n") != std::string::npos);
  CHECK(told->push("streaming.state", with("state", "ended"), 10s));
  CHECK(state(s, &ann) == "ended");
}

TEST_CASE("playback addresses that fetch the playlist are viewers; owner and viewers are told") {
  const auto ann = person("ann"), bob = person("bob");
  const auto s = create(ann);
  encoder e{s.put_url()};
  e.go_on();
  const auto told = socket(ann);
  const auto mine = text(get(s, &bob), "playback_url"),
             guest = text(get(s, nullptr), "playback_url");
  CHECK(mine != guest);
  REQUIRE(ask("GET", mine, nullptr).status == 200);
  CHECK(soon([&] {
    for (const auto& url : {mine, mine, guest}) ask("GET", url, nullptr);
    return number(get(s, &ann), "viewers") == 2;
  }));
  const auto push = told->push("streaming.viewers", with("stream_id", s.id()));
  REQUIRE(push);
  CHECK(number(*push, "viewers") >= 1);
  CHECK(soon([&] {
    ask("GET", mine, nullptr);
    return number(get(s, &ann), "peak") == 2;
  }));
}

TEST_CASE("live streams are listed to those who may see them") {
  const auto ann = person("ann"), bob = person("bob");
  const auto open = create(ann), closed = create(ann, "followers");
  for (const auto* s : {&open, &closed}) encoder{s->put_url()}.go_on();
  const auto listed = [&](const account* as, const stream& s) {
    const auto page = ok(ask("GET", "/v1/streams?state=live&limit=200", as));
    for (const auto& item : page.at("items").as_array())
      if (text(item.as_object(), "stream_id") == s.id()) return true;
    return false;
  };
  CHECK(listed(nullptr, open));
  CHECK(listed(&bob, open));
  CHECK_FALSE(listed(&bob, closed));
  CHECK(listed(&ann, closed));
  CHECK(ask("GET", "/v1/streams?state=nonsense", &ann).status == 400);
  const auto page = ok(ask("GET", "/v1/streams?limit=1", &ann));
  CHECK(page.at("items").as_array().size() == 1);
  CHECK_FALSE(page.at("next_cursor").is_null());
}

TEST_CASE(
    "the chat: who may see the stream joins and writes; moderators delete, silence, ban, pin, slow "
    "down") {
  const auto ann = person("ann"), bob = person("bob"), eve = person("eve");
  const auto s = create(ann);
  const auto chat = "/v1/conversations/" + s.chat();
  const auto say = [&](const account& as, const std::string& id) {
    return ask("POST", chat + "/messages", &as, R"({"client_id":")" + id + R"(","text":"hello"})");
  };
  CHECK(text(ok(ask("GET", chat, &ann)), "kind") == "channel");
  CHECK(ask("GET", chat, &bob).status == 404);
  CHECK(ask("POST", chat + "/join", &bob).status == 204);
  CHECK(ask("POST", chat + "/join", &bob).status == 204);
  CHECK(ask("POST", chat + "/join", &eve).status == 204);
  const auto sent = ok(say(bob, "1"), 201);
  CHECK(number(sent, "seq") == 1);
  CHECK(ask("DELETE", chat + "/messages/1", &eve).status == 403);
  CHECK(ask("DELETE", chat + "/messages/1", &ann).status == 204);

  CHECK(ask("PUT", chat + "/chat", &bob, R"({"slow_mode_s":60})").status == 403);
  CHECK(ask("PUT", chat + "/chat", &ann, R"({"slow_mode_s":60,"pinned_seq":1})").status == 204);
  const auto settings = ok(ask("GET", chat, &bob)).at("chat").as_object();
  CHECK(number(settings, "slow_mode_s") == 60);
  CHECK(number(settings, "pinned_seq") == 1);
  CHECK(say(bob, "2").status == 201);
  const auto slow = say(bob, "3");
  CHECK(slow.status == 429);
  CHECK_FALSE(slow.header("Retry-After").empty());
  CHECK(say(bob, "2").status == 201);
  CHECK(say(ann, "a").status == 201);
  CHECK(say(ann, "b").status == 201);
  CHECK(ask("PUT", chat + "/chat", &ann, R"({"slow_mode_s":0})").status == 204);

  CHECK(ask("PUT", chat + "/bans/" + eve.id, &ann, R"({"until":"2999-01-01T00:00:00.000Z"})")
            .status == 204);
  CHECK(say(eve, "1").status == 403);
  CHECK(ask("GET", chat + "/messages", &eve).status == 200);
  CHECK(ask("DELETE", chat + "/bans/" + eve.id, &ann).status == 204);
  CHECK(say(eve, "1").status == 201);
  CHECK(ask("PUT", chat + "/bans/" + eve.id, &ann, "{}").status == 204);
  CHECK(ask("GET", chat + "/messages", &eve).status == 404);
  CHECK(ask("POST", chat + "/join", &eve).status == 403);
}

TEST_CASE("a stream, its key and its segments survive a kill of Nova") {
  const auto ann = person("ann");
  const auto s = create(ann);
  encoder e{s.put_url()};
  for (int i = 0; i < 3; ++i) e.go_on();
  auto& w = the_world();
  w.nova.kill();
  start(w);
  const auto list = ask("GET", text(get(s, &ann), "playback_url"), nullptr);
  REQUIRE(list.status == 200);
  CHECK(addresses(list.body).size() >= 2);
  CHECK(soon([&] { return e.put("seg3.ts", encoder::bytes(3)).status == 204; }));
}

TEST_CASE(
    "with `record`, all segments become a medium that viewers of the stream see, and that outlives "
    "it") {
  const auto ann = person("ann"), bob = person("bob");
  const auto s = create(ann, "public", R"(,"record":true)"),
             closed = create(ann, "followers", R"(,"record":true)");
  std::string whole;
  encoder e{s.put_url()}, hidden{closed.put_url()};
  constexpr int more_than_a_window = 15;
  for (int n = 0; n < more_than_a_window; ++n) {
    whole += encoder::bytes(n);
    e.go_on(n + 1 == more_than_a_window);
  }
  hidden.go_on(true);
  const auto recorded = [&](const stream& x) {
    object seen;
    CHECK(soon([&] { return (seen = get(x, &ann)).contains("recording_media_id"); }, 20s));
    return "/v1/media/" + text(seen, "recording_media_id");
  };
  const auto path = recorded(s), hidden_path = recorded(closed);
  object medium;
  CHECK(soon([&] { return text(medium = ok(ask("GET", path, &ann)), "state") == "ready"; }, 20s));
  CHECK(text(medium, "kind") == "video");
  CHECK(number(medium, "size") == static_cast<std::int64_t>(whole.size()));
  CHECK(ask("GET", path + "/content", &bob).body == whole);
  CHECK(soon([&] { return ask("GET", path, &bob).status == 200; }));
  CHECK(ask("GET", hidden_path, &ann).status == 200);
  CHECK(ask("GET", hidden_path, &bob).status == 404);
  CHECK(code(ask("DELETE", path, &ann)) == "conflict");
  CHECK(number(ok(ask("GET", "/v1/media/usage", &ann)), "used") >
        static_cast<std::int64_t>(whole.size()));

  CHECK(ask("DELETE", "/v1/streams/" + s.id(), &ann).status == 204);
  CHECK(soon([&] { return ask("GET", path, &bob).status == 404; }));
  CHECK(ask("GET", path + "/content", &ann).body == whole);
  CHECK(soon([&] { return ask("DELETE", path, &ann).status == 204; }));
}
