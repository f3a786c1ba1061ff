// Search over real HTTP and sockets, by the contract alone (CONTRACT-SOCIAL §5): each sentence of it is a case.
#include "storage/postgres/conninfo.hpp"
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <set>

using namespace nova::flow;
using namespace std::chrono_literals;

namespace {

std::string escaped(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
    else ((out += '%') += hex[byte >> 4]) += hex[byte & 15];
  }
  return out;
}

http_reply ask(const account& a, std::string_view q, const std::string& more = {}) {
  return http().get("/v1/search?q=" + escaped(q) + more, a.access_token);
}

/// On a slow machine an answer may come without what another domain adds to it, and says so: it is asked for again.
object found(const account& a, std::string_view q, const std::string& more = {}) {
  for (int left = 20;; --left) {
    const auto reply = ask(a, q, more);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    auto page = reply.json().as_object();
    const bool whole = page.at("degraded").as_array().empty();
    if (whole || left == 0) return page;
  }
}

/// Ids of the items, in their order: of a post, account or message.
std::vector<std::string> ids(const object& page) {
  std::vector<std::string> out;
  for (const auto& item : page.at("items").as_array()) {
    const auto& o = item.as_object();
    const auto kind = text(o, "kind");
    if (kind == "post") out.push_back(text(o.at("post").as_object(), "post_id"));
    else if (kind == "user") out.push_back(text(o.at("user").as_object(), "account_id"));
    else out.push_back(text(o.at("message").as_object(), "message_id"));
  }
  return out;
}

bool finds(const account& a, std::string_view q, const std::string& id,
           const std::string& more = {}) {
  const auto all = ids(found(a, q, more));
  return std::find(all.begin(), all.end(), id) != all.end();
}

/// The contract's bound: visible and gone within 2 s.
bool soon(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 2s;;) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
  }
}

std::string post_of(const account& a, const std::string& text, const std::string& more = {}) {
  const auto reply =
      http().post("/v1/posts", R"({"text":)" + quoted(text) + more + "}", a.access_token);
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  return std::string(nova::client::find_string(reply.body, "post_id"));
}

struct sent {
  std::string id, path;
};

sent message_of(const account& a, const std::string& conversation, const std::string& text) {
  static int n = 0;
  const auto reply =
      http().post("/v1/conversations/" + conversation + "/messages",
                  R"({"client_id":"s-)" + std::to_string(++n) + R"(","text":)" + quoted(text) + "}",
                  a.access_token);
  INFO(reply.body);
  REQUIRE(reply.status == 201);
  const auto o = reply.json().as_object();
  return {nova::flow::text(o, "message_id"),
          "/v1/conversations/" + conversation + "/messages/" + std::to_string(number(o, "seq"))};
}

/// Of the item with this id: the field's parts, hits in brackets.
std::string highlight(const object& page, const std::string& id, std::string_view field = "text") {
  const auto all = ids(page);
  const auto at = std::find(all.begin(), all.end(), id) - all.begin();
  if (at == std::ssize(all)) return {};
  for (const auto& h :
       page.at("items").at(static_cast<std::size_t>(at)).at("highlights").as_array()) {
    if (h.at("field").as_string() != field) continue;
    std::string out;
    for (const auto& part : h.at("parts").as_array()) {
      const auto text = std::string(part.at("text").as_string());
      out += part.at("hit").as_bool() ? "[" + text + "]" : text;
    }
    return out;
  }
  return {};
}

int put(const account& a, const std::string& path) {
  return http().put(path, "{}", a.access_token).status;
}
int remove(const account& a, const std::string& path) {
  return http().del(path, a.access_token).status;
}

/// One cell from search's database, as its administrator.
std::string cell(const std::string& sql) {
  const auto data = the_world().nova.data();
  std::ifstream postmaster(data + "/postgres/postmaster.pid"), secrets(data + "/postgres.secrets");
  std::string line, folder, password;
  for (int n = 1; n <= 5 && std::getline(postmaster, line); ++n) folder = line;
  for (std::string name, secret; secrets >> name >> secret;)
    if (name == "postgres") password = secret;
  auto db = nova::storage::blocking_connection::open(
      "host=" + folder + " port=5432 user=postgres password=" + password + " dbname=nova_search");
  REQUIRE(db.has_value());
  const auto out = db->text(sql);
  REQUIRE(out.has_value());
  return *out;
}

/// The output of nova's command at the running server.
std::string command(const std::string& words) {
  const auto line =
      nova::client::default_binary() + " " + words + " --data " + the_world().nova.data() + " 2>&1";
  auto* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> piece{};
  while (const auto n = ::fread(piece.data(), 1, piece.size(), pipe)) out.append(piece.data(), n);
  ::pclose(pipe);
  return out;
}

/// A word that no other case uses.
std::string fresh_word() {
  static int n = 0;
  return "wort" + std::to_string(++n) + "q" +
         std::to_string(std::chrono::steady_clock::now().time_since_epoch().count() % 1'000'000);
}

}  // namespace

TEST_CASE("items have kind, score, the post, person or message, and highlights") {
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word();
  const auto post = post_of(ann, "Some " + word + " at four");
  const auto chat = direct(ann, bob);
  const auto message = message_of(bob, chat, "also " + word);
  REQUIRE(soon([&] { return ids(found(ann, word)).size() == 2; }));
  const auto page = found(ann, word);
  CHECK(page.at("next_cursor").is_null());
  CHECK(page.at("degraded").as_array().empty());
  CHECK(finds(ann, word, post, "&kind=posts"));
  CHECK_FALSE(finds(ann, word, post, "&kind=messages"));
  CHECK(finds(ann, word, message.id, "&kind=messages"));
  CHECK(ids(found(ann, word, "&kind=users")).empty());
  CHECK(highlight(page, post) == "Some [" + word + "] at four");
  CHECK(highlight(page, message.id) == "also [" + word + "]");
  for (const auto& item : page.at("items").as_array()) {
    CHECK(item.at("score").to_number<double>() > 0);
    if (item.at("kind").as_string() == "post") {
      CHECK(item.at("post").at("author").at("handle").as_string() == ann.handle);
      CHECK(item.at("post").at("counts").is_object());
    } else {
      const auto& m = item.at("message").as_object();
      CHECK(text(m, "conversation_id") == chat);
      CHECK(text(m, "sender_id") == bob.id);
      CHECK(text(m, "text") == "also " + word);
      CHECK(number(m, "seq") == 1);
    }
  }
  CHECK(ask({}, word).status == 401);
}

TEST_CASE("people are found by handle and name, with their card") {
  const auto ann = person("ann"), zoe = person("zoe");
  const auto word = fresh_word();
  REQUIRE(http()
              .patch("/v1/users/me", R"({"display_name":"Zoë )" + word + " 山田太郎\"}",
                     zoe.access_token)
              .status == 200);
  REQUIRE(soon([&] { return finds(ann, word, zoe.id, "&kind=users"); }));
  CHECK(finds(ann, "zoe " + word, zoe.id));
  CHECK(finds(ann, zoe.handle, zoe.id, "&kind=users"));
  CHECK(finds(ann, "@" + zoe.handle, zoe.id, "&kind=users"));
  CHECK(finds(ann, word + " 太郎", zoe.id, "&kind=users"));
  auto misspelt = word;
  misspelt.erase(misspelt.size() / 2, 1);
  CHECK(finds(ann, misspelt, zoe.id, "&kind=users"));
  CHECK_FALSE(finds(ann, misspelt, zoe.id));
  const auto page = found(ann, word, "&kind=users");
  CHECK(highlight(page, zoe.id, "display_name") == "Zoë [" + word + "] 山田太郎");
  const auto& card = page.at("items").at(0).at("user").as_object();
  CHECK(text(card, "handle") == zoe.handle);
  CHECK(card.contains("relation"));
  REQUIRE(http().patch("/v1/settings", R"({"discoverable":false})", zoe.access_token).status ==
          200);
  CHECK(soon([&] { return !finds(ann, word, zoe.id, "&kind=users"); }));
  CHECK_FALSE(finds(ann, misspelt, zoe.id, "&kind=users"));
  // Somebody who is nearly named so does not come in place of a person who is hidden.
  const auto mia = person("mia");
  REQUIRE(http()
              .patch("/v1/users/me", R"({"display_name":")" + misspelt + "\"}", mia.access_token)
              .status == 200);
  REQUIRE(soon([&] { return finds(ann, misspelt, mia.id, "&kind=users"); }));
  CHECK_FALSE(finds(ann, word, mia.id, "&kind=users"));
}

TEST_CASE("words are AND; phrases, exclusions, beginnings, tags and handles") {
  const auto ann = person("ann"), bob = person("bob");
  const auto a = fresh_word(), b = fresh_word();
  const auto one = post_of(ann, a + " " + b + " tea #Tag" + a + " @" + bob.handle);
  const auto two = post_of(ann, b + " coffee " + a);
  REQUIRE(soon([&] { return finds(ann, a, one) && finds(ann, a, two); }));
  CHECK(ids(found(ann, a + " " + b, "&kind=posts")).size() == 2);
  CHECK(ids(found(ann, a + " " + fresh_word())).empty());
  CHECK(ids(found(ann, "\"" + a + " " + b + "\"")) == std::vector{one});
  CHECK(ids(found(ann, a + " -coffee")) == std::vector{one});
  CHECK(ids(found(ann, a + " cof*")) == std::vector{two});
  CHECK(ids(found(ann, a + " cof")).empty());
  CHECK(ids(found(ann, "#tag" + a)) == std::vector{one});
  CHECK(ids(found(ann, "#TAG" + a)) == std::vector{one});
  CHECK(ids(found(ann, "#" + b)).empty());
  CHECK(ids(found(ann, a + " @" + bob.handle)) == std::vector{one});
}

TEST_CASE(
    "Chinese, Japanese and Korean are found by any run of characters; case, accents and width are "
    "folded") {
  const auto ann = person("ann");
  const auto tag = fresh_word();
  const auto zh = post_of(ann, tag + " 昨夜春风又绿江南岸");
  const auto ja = post_of(ann, tag + " 明日東京タワーへ行きます");
  const auto ko = post_of(ann, tag + " 오늘은날씨가좋네요");
  const auto fr = post_of(ann, tag + " L'École ＦＵＬＬ ｶﾞｯﾁｬ");
  REQUIRE(soon([&] { return ids(found(ann, tag)).size() == 4; }));
  for (const auto* run : {"春", "春风", "风又绿", "绿江南岸", "昨夜春风又绿江南岸"})
    CHECK_MESSAGE(ids(found(ann, tag + " " + run)) == std::vector{zh}, run);
  for (const auto* run : {"京", "タワー", "東京タワー", "行きます"})
    CHECK_MESSAGE(ids(found(ann, tag + " " + run)) == std::vector{ja}, run);
  for (const auto* run : {"날씨", "씨가좋"})
    CHECK_MESSAGE(ids(found(ann, tag + " " + run)) == std::vector{ko}, run);
  for (const auto* word : {"ecole", "ÉCOLE", "full", "ｆｕｌｌ", "ガッチャ"})
    CHECK_MESSAGE(ids(found(ann, tag + " " + word)) == std::vector{fr}, word);
  CHECK(ids(found(ann, tag + " 春绿")).empty());
  CHECK(highlight(found(ann, "風又綠 " + tag), zh).empty());  // another spelling is another word
  CHECK(highlight(found(ann, tag + " 东京"), ja).empty());
  CHECK(highlight(found(ann, tag + " タワー"), ja) == "[" + tag + "] 明日東京[タワー]へ行きます");
  CHECK(highlight(found(ann, tag + " ecole"), fr) == "[" + tag + "] L'[École] ＦＵＬＬ ｶﾞｯﾁｬ");
}

TEST_CASE("filters: from by id or handle, in, since inclusive, until exclusive, language") {
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word();
  const auto a = post_of(ann, word, R"(,"language":"en-GB")");
  const auto b = post_of(bob, word, R"(,"language":"de")");
  const auto room = group(ann, {bob});
  const auto m = message_of(ann, room, word);
  REQUIRE(soon([&] { return ids(found(ann, word)).size() == 3; }));
  CHECK(ids(found(ann, word, "&kind=posts&from=" + ann.id)) == std::vector{a});
  CHECK(ids(found(ann, word, "&kind=posts&from=" + bob.handle)) == std::vector{b});
  CHECK(ids(found(ann, word, "&from=nobody_at_all_x")).empty());
  CHECK(ids(found(ann, word, "&in=" + room)) == std::vector{m.id});
  CHECK(ids(found(ann, word, "&in=" + direct(ann, bob))).empty());
  CHECK(ids(found(ann, word, "&language=en")) == std::vector{a});
  CHECK(ids(found(ann, word, "&language=DE")) == std::vector{b});
  const auto at = std::string(
      http().get("/v1/posts/" + b, ann.access_token).json().at("created_at").as_string());
  CHECK(finds(ann, word, b, "&since=" + escaped(at)));
  CHECK_FALSE(finds(ann, word, b, "&until=" + escaped(at)));
  CHECK(finds(ann, word, a, "&kind=posts&until=" + escaped(at)));
}

TEST_CASE("what is empty, too long or not of its form is 400, with the field") {
  const auto ann = person("ann");
  std::string most;
  for (int i = 0; i < 256; ++i) most += "字";
  CHECK(ask(ann, most).status == 200);
  for (const auto& [target, field] : std::initializer_list<std::pair<std::string, std::string>>{
           {"/v1/search", "q"},
           {"/v1/search?q=", "q"},
           {"/v1/search?q=%20%E3%80%80", "q"},
           {"/v1/search?q=" + escaped(most + "字"), "q"},
           {"/v1/search?q=a&kind=things", "kind"},
           {"/v1/search?q=a&from=not%20a%20name", "from"},
           {"/v1/search?q=a&in=x", "in"},
           {"/v1/search?q=a&since=yesterday", "since"},
           {"/v1/search?q=a&limit=0", "limit"},
           {"/v1/search?q=a&limit=x", "limit"},
           {"/v1/search?q=a&cursor=x", "cursor"}}) {
    const auto reply = http().get(target, ann.access_token);
    INFO(target << " " << reply.body);
    CHECK(reply.status == 400);
    CHECK(reply.json().at("code").as_string() == "invalid_request");
    CHECK(reply.json().at("errors").at(0).at("field").as_string() == field);
  }
}

TEST_CASE("pages: every hit once, the highest score first, until next_cursor is null") {
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word();
  const auto chat = direct(ann, bob);
  std::set<std::string> all;
  for (int i = 0; i < 7; ++i) {
    all.insert(post_of(bob, word + (i % 2 == 0 ? " and " + word : " alone")));
    all.insert(message_of(bob, chat, word + " " + std::to_string(i)).id);
  }
  REQUIRE(soon([&] { return ids(found(ann, word)).size() == 14; }));
  std::set<std::string> seen;
  std::string cursor;
  double before = 1e9;
  for (int page = 0; page < 10; ++page) {
    const auto o = found(ann, word, "&limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& id : ids(o)) CHECK(seen.insert(id).second);
    for (const auto& item : o.at("items").as_array()) {
      CHECK(item.at("score").to_number<double>() <= before);
      before = item.at("score").to_number<double>();
    }
    if (o.at("next_cursor").is_null()) break;
    cursor = std::string(o.at("next_cursor").as_string());
  }
  CHECK(seen == all);
  CHECK(http().get("/v1/search?q=other&limit=3&cursor=" + cursor, ann.access_token).status == 400);
}

TEST_CASE("only what the caller may see: visibility, private accounts, membership") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto word = fresh_word();
  const auto followers = post_of(ann, word + " one", R"(,"visibility":"followers")");
  const auto mentioned = post_of(ann, word + " two @" + cyd.handle, R"(,"visibility":"mentioned")");
  const auto room = group(ann, {bob});
  const auto m = message_of(ann, room, word);
  REQUIRE(soon([&] { return ids(found(ann, word)).size() == 3; }));
  REQUIRE(soon([&] { return finds(bob, word, m.id); }));
  CHECK(ids(found(bob, word)) == std::vector{m.id});
  CHECK(ids(found(cyd, word)) == std::vector{mentioned});
  REQUIRE(put(bob, "/v1/users/" + ann.id + "/follow") == 204);
  CHECK(soon([&] { return finds(bob, word, followers); }));
  REQUIRE(remove(bob, "/v1/users/" + ann.id + "/follow") == 204);
  CHECK(soon([&] { return !finds(bob, word, followers); }));

  const auto open = post_of(ann, word + " open");
  REQUIRE(soon([&] { return finds(bob, word, open); }));
  REQUIRE(http().patch("/v1/users/me", R"({"private":true})", ann.access_token).status == 200);
  CHECK(soon([&] { return !finds(bob, word, open); }));
  CHECK(finds(ann, word, open));
}

TEST_CASE("gone within 2 s after an edit, a deletion, a block, a recall, leaving") {
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word(), other = fresh_word();
  const auto post = post_of(ann, word);
  const auto room = group(ann, {bob});
  const auto first = message_of(ann, room, word), second = message_of(ann, room, word);
  REQUIRE(soon([&] { return ids(found(bob, word)).size() == 3; }));

  REQUIRE(
      http().patch("/v1/posts/" + post, R"({"text":")" + other + "\"}", ann.access_token).status ==
      200);
  CHECK(soon([&] { return finds(bob, other, post); }));
  CHECK_FALSE(finds(bob, word, post));
  REQUIRE(remove(ann, "/v1/posts/" + post) == 204);
  CHECK(soon([&] { return !finds(bob, other, post); }));
  REQUIRE(http().post("/v1/posts/" + post + "/restore", "{}", ann.access_token).status == 200);
  CHECK(soon([&] { return finds(bob, other, post); }));

  REQUIRE(http().patch(first.path, R"({"text":")" + other + "\"}", ann.access_token).status == 200);
  CHECK(soon([&] { return finds(bob, other, first.id); }));
  CHECK_FALSE(finds(bob, word, first.id));
  REQUIRE(remove(ann, first.path) == 204);
  CHECK(soon([&] { return !finds(bob, other, first.id); }));
  CHECK(finds(bob, word, second.id));

  REQUIRE(put(ann, "/v1/users/" + bob.id + "/block") == 204);
  CHECK(soon([&] { return !finds(bob, other, post); }));
  CHECK_FALSE(finds(bob, ann.handle, ann.id, "&kind=users"));
  CHECK_FALSE(finds(ann, bob.handle, bob.id, "&kind=users"));
  REQUIRE(remove(ann, "/v1/users/" + bob.id + "/block") == 204);
  CHECK(soon([&] { return finds(bob, other, post); }));

  REQUIRE(remove(bob, "/v1/conversations/" + room + "/members/" + bob.id) == 204);
  CHECK(soon([&] { return ids(found(bob, word)).empty(); }));
  CHECK(finds(ann, word, second.id));
  REQUIRE(http()
              .post("/v1/conversations/" + room + "/members",
                    R"({"member_ids":[")" + bob.id + "\"]}", ann.access_token)
              .status == 200);
  CHECK(soon([&] { return finds(bob, word, second.id); }));
}

TEST_CASE("a late joiner finds what the conversation shows: messages from a seq on") {
  const auto ann = person("ann"), bob = person("bob"), cyd = person("cyd");
  const auto word = fresh_word();
  const auto room = group(ann, {bob});
  const auto before = message_of(ann, room, word + " before");
  const auto between = message_of(bob, room, word + " between");
  REQUIRE(soon([&] { return finds(bob, word, between.id); }));
  CHECK(ids(found(cyd, word)).empty());
  const auto path = "/v1/conversations/" + room;
  REQUIRE(http()
              .post(path + "/members", R"({"member_ids":[")" + cyd.id + "\"]}", ann.access_token)
              .status == 200);
  const auto after = message_of(ann, room, word + " after");
  const auto readable = [&] {
    std::set<std::string> out;
    const auto page = http().get(path + "/messages", cyd.access_token).json();
    for (const auto& m : page.at("items").as_array())
      if (const auto id = text(m.as_object(), "message_id");
          text(m.as_object(), "text").find(word) != std::string::npos)
        out.insert(id);
    return out;
  };
  const auto found_ids = [&] {
    const auto all = ids(found(cyd, word));
    return std::set<std::string>(all.begin(), all.end());
  };
  CHECK(readable() == std::set{before.id, between.id, after.id});
  CHECK(soon([&] { return found_ids() == readable(); }));

  if (needs_one_process()) return;
  CHECK(cell("UPDATE member SET from_seq = " + between.path.substr(between.path.rfind('/') + 1) +
             " WHERE account_id = '" + cyd.id + "' RETURNING from_seq > 1") == "t");
  CHECK(found_ids() == std::set{between.id, after.id});
  CHECK(finds(bob, word, before.id));
}

TEST_CASE(
    "a closed account's posts and person are found by no one; the socket has the method as well") {
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word();
  const auto post = post_of(ann, word);
  REQUIRE(soon([&] { return finds(bob, word, post); }));
  auto device = socket(bob);
  const auto reply = device->call("search.find", R"({"q":")" + word + "\"}");
  REQUIRE(reply.ok);
  CHECK(ids(reply.body.as_object()) == std::vector{post});
  const auto end = http().send(
      {"DELETE", "/v1/account", R"({"password":)" + quoted(ann.password) + "}", ann.access_token});
  INFO(end.body);
  REQUIRE(end.status == 202);
  CHECK(soon([&] { return !finds(bob, word, post); }));
  CHECK_FALSE(finds(bob, ann.handle, ann.id, "&kind=users"));
}

TEST_CASE("the index is rebuilt from events beside the live one, which answers meanwhile") {
  if (needs_one_process()) return;
  const auto ann = person("ann"), bob = person("bob");
  const auto word = fresh_word();
  const auto lost = post_of(ann, word + " lost"), kept = post_of(ann, word + " kept");
  const auto said = message_of(bob, group(ann, {bob}), word);
  REQUIRE(soon([&] { return ids(found(bob, word)).size() == 3; }));
  CHECK(cell("DELETE FROM post WHERE post_id = '" + lost + "' RETURNING text") == word + " lost");
  CHECK_FALSE(finds(bob, word, lost));
  const auto begun = command("events replay search --rebuild --reason 'a row was lost'");
  INFO(begun);
  std::string state = "reading";
  for (const auto end = std::chrono::steady_clock::now() + 30s;
       state != "done" && std::chrono::steady_clock::now() < end;) {
    CHECK(finds(bob, word, kept));
    CHECK(finds(bob, word, said.id));
    const auto lag = boost::json::parse(command("events lag --json"));
    for (const auto& r : lag.at("rebuilds").as_array())
      if (r.at("consumer").as_string() == "search") state = r.at("state").as_string();
    REQUIRE(state != "failed");
  }
  CHECK(state == "done");
  CHECK(finds(bob, word, lost));
  CHECK(ids(found(bob, word)).size() == 3);
}

TEST_CASE("the index lag is a metric for each source") {
  if (needs_one_process()) return;
  const auto metrics = http().get("/metrics").body;
  for (const auto* source : {"content", "messaging", "user"})
    CHECK(metrics.find("nova_event_lag_seconds_count{consumer=\"search\",source=\"" +
                       std::string(source) + "\"}") != metrics.npos);
}
