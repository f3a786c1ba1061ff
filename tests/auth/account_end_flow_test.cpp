// The end of an account from outside, over all domains: closed at once, taken back in time, erased after the grace; then a search for
// its words in all databases, logs and kept bytes finds nothing, and others keep what is theirs.
#include "storage/postgres/conninfo.hpp"
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

using namespace nova::flow;
using namespace std::chrono_literals;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

// The server inherits it. Longer than what is asked for within the grace takes, shorter than a test may wait.
const bool short_grace = setenv("NOVA_AUTH__DELETION_GRACE_S", "3", 1) == 0 &&
                         setenv("NOVA_MEDIA__BLOB_GRACE_S", "1", 1) == 0;

bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + limit;
  do {
    if (holds()) return true;
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

http_reply act(const account& a, const std::string& verb, const std::string& path,
               const std::string& body = {}) {
  return http().send({verb, path, body, a.access_token});
}

json::object done(const account& a, const std::string& verb, const std::string& path,
                  const std::string& body = {}) {
  const auto r = act(a, verb, path, body);
  INFO(verb, " ", path, " ", r.body);
  REQUIRE(r.status / 100 == 2);
  return r.status == 204 ? json::object() : r.json().as_object();
}

std::string post(const account& a, const std::string& words, const std::string& rest = {}) {
  return text(done(a, "POST", "/v1/posts", R"({"text":)" + nova::flow::quoted(words) + rest + "}"),
              "post_id");
}

json::object shown(const account& a, const std::string& path) { return done(a, "GET", path); }

std::size_t items(const account& a, const std::string& path) {
  return shown(a, path).at("items").as_array().size();
}

http_reply leave(const account& a) {
  return act(a, "DELETE", "/v1/account", R"({"password":)" + nova::flow::quoted(a.password) + "}");
}

// ---- the search

std::string hex(const std::string& word) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : word) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::string database(const std::string& domain) {
  std::ifstream postmaster(the_world().nova.data() + "/postgres/postmaster.pid"),
      secrets(the_world().nova.data() + "/postgres.secrets");
  std::string line, folder, password;
  for (int n = 1; n <= 5 && std::getline(postmaster, line); ++n) folder = line;
  for (std::string name, secret; secrets >> name >> secret;)
    if (name == "postgres") password = secret;
  return "host=" + folder + " port=5432 user=postgres password=" + password + " dbname=" + domain;
}

/// Rows of all tables of all databases with the word, as text or in bytes.
std::string rows_with(const std::string& word) {
  auto first = nova::storage::blocking_connection::open(database("postgres"));
  REQUIRE(first.has_value());
  std::istringstream names(
      *first->text("SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'nova_%'"));
  std::string found;
  std::size_t tables = 0;
  for (std::string name; names >> name;) {
    auto db = nova::storage::blocking_connection::open(database(name));
    REQUIRE(db.has_value());
    std::istringstream list(
        *db->text("SELECT string_agg(table_name, ' ') FROM information_schema.tables WHERE "
                  "table_schema = 'public' AND table_type = 'BASE TABLE'"));
    for (std::string table; list >> table; ++tables) {
      const auto rows = db->text("SELECT string_agg(x::text, E'\\n') FROM " + table +
                                     " x WHERE position($1 IN lower(x::text)) > 0 OR position($2 "
                                     "IN lower(x::text)) > 0",
                                 {word, hex(word)});
      REQUIRE(rows.has_value());
      if (!rows->empty()) found += name + "." + table + ": " + *rows + "\n";
    }
  }
  CHECK(tables > 60);
  return found;
}

/// Files of the data folder with the word: logs, kept bytes, segments. PostgreSQL's own files are searched by rows_with.
std::string files_with(const std::string& word) {
  std::string found;
  const fs::path data(the_world().nova.data());
  for (const auto& entry :
       fs::recursive_directory_iterator(data, fs::directory_options::skip_permission_denied)) {
    std::error_code gone;
    if (!entry.is_regular_file(gone)) continue;
    const auto path = fs::relative(entry.path(), data).string();
    if (path.starts_with("postgres/")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    if (all.str().find(word) != std::string::npos) found += path + "\n";
  }
  return found;
}

// ---- a life

struct life {
  account ann, bob;
  std::string word;  ///< in every text of ann, in her names, and nowhere else
  std::string bobs_post, comment, answer, poll, anns_post, talk, medium, stream;
};

/// A file with the word in its name, its description and its bytes.
std::string medium_of(const account& ann, const std::string& word) {
  nova::client::http_request upload{
      "POST", "/v1/media",
      "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + word +
          ".txt\"\r\nContent-Type: text/plain\r\n\r\nbytes of " + word + "\r\n--xyz--\r\n"};
  upload.bearer = ann.access_token;
  upload.content_type = "multipart/form-data; boundary=xyz";
  const auto sent = http().send(upload);
  INFO(sent.body);
  REQUIRE(sent.status == 201);
  const auto id = text(sent.json().as_object(), "media_id");
  done(ann, "PATCH", "/v1/media/" + id, R"({"alt":"shows )" + word + R"("})");
  return id;
}

/// A live stream with the word in its title, its chat, its encoder's name, the name of a segment and the bytes.
std::string stream_of(const account& ann, const account& bob, const std::string& word) {
  const auto made =
      done(ann, "POST", "/v1/streams", R"({"title":"Live )" + word + R"(","visibility":"public"})");
  const auto id = text(made, "stream_id");
  const auto put_url = text(made.at("ingest").as_object(), "hls_put_url");
  const auto put = [&](const std::string& file, const std::string& body) {
    nova::client::http_request q{
        "PUT", put_url.substr(put_url.find('/', put_url.find("://") + 3)) + '/' + file, body};
    q.headers = {{"User-Agent", word}};
    const auto r = http().send(q);
    INFO(r.body);
    REQUIRE(r.status == 204);
  };
  for (const auto& file : {word + "0.ts", word + "1.ts"}) put(file, "seen of " + word + file);
  put("index.m3u8", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n" + word + "0.ts\n");
  const auto chat = "/v1/conversations/" + text(made, "conversation_id");
  REQUIRE(within(4s, [&] { return act(bob, "POST", chat + "/join").status == 204; }));
  done(ann, "PATCH", "/v1/streams/" + id, R"({"title":"Again )" + word + R"("})");
  REQUIRE(within(4s, [&] { return text(shown(bob, chat), "title") == "Again " + word; }));
  done(ann, "POST", chat + "/messages",
       R"({"client_id":"c)" + word + R"(","text":"welcome )" + word + R"("})");
  return id;
}

/// Segments that nothing names are swept once they are of some age.
void make_segments_old() {
  const auto long_ago = fs::file_time_type::clock::now() - 10min;
  for (const auto& file : fs::recursive_directory_iterator(the_world().nova.data() + "/segments"))
    if (file.is_regular_file()) fs::last_write_time(file, long_ago);
}

life lived() {
  life x;
  x.bob = person("bob");
  x.word = "marker" + nova::client::unique_suffix();
  x.ann = nova::client::unregistered(x.word);
  REQUIRE(nova::client::take_tokens(
      x.ann, http().post("/v1/auth/register", nova::client::register_body(x.ann))));
  const auto &ann = x.ann, &bob = x.bob;
  const auto& word = x.word;
  done(ann, "PATCH", "/v1/users/me",
       R"({"display_name":"The )" + word + R"(","bio":")" + word + R"(","links":[{"title":")" +
           word + R"(","url":"https://example.org/)" + word + R"("}]})");
  done(ann, "PATCH", "/v1/account/handle", R"({"handle":"n)" + word + R"("})");
  done(ann, "PUT", "/v1/users/" + bob.id + "/follow");
  done(bob, "PUT", "/v1/users/" + ann.id + "/follow");
  x.bobs_post = post(bob, "of bob");
  x.poll = post(bob, "which", R"(,"poll":{"options":["a","b"],"ends_in_s":600})");
  x.medium = medium_of(ann, word);
  x.stream = stream_of(ann, bob, word);
  x.anns_post = post(ann, word + " #" + word,
                     R"(,"content_warning":")" + word + R"(","quote":")" + x.bobs_post +
                         R"(","media_ids":[")" + x.medium + R"("])");
  done(ann, "PATCH", "/v1/posts/" + x.anns_post, R"({"text":"again )" + word + R"("})");
  const auto gone = post(ann, "deleted " + word);
  done(ann, "DELETE", "/v1/posts/" + gone);
  done(ann, "POST", "/v1/posts",
       R"({"text":")" + word + R"(","scheduled_at":"2027-06-01T00:00:00.000Z"})");
  done(ann, "POST", "/v1/drafts", R"({"text":"draft )" + word + R"("})");
  x.comment = text(done(ann, "POST", "/v1/posts/" + x.bobs_post + "/comments",
                        R"({"text":"I say )" + word + R"("})"),
                   "comment_id");
  done(ann, "PATCH", "/v1/comments/" + x.comment, R"({"text":"I said )" + word + R"("})");
  x.answer = text(done(bob, "POST", "/v1/posts/" + x.bobs_post + "/comments",
                       R"({"text":"an answer","parent":")" + x.comment + R"("})"),
                  "comment_id");
  done(ann, "POST", "/v1/posts/" + x.bobs_post + "/comments",
       R"({"text":"alone )" + word + R"("})");
  done(bob, "POST", "/v1/posts/" + x.anns_post + "/comments", R"({"text":"under it"})");
  done(ann, "PUT", "/v1/posts/" + x.bobs_post + "/reactions/%F0%9F%91%8D");
  done(ann, "PUT", "/v1/comments/" + x.answer + "/reactions/%F0%9F%91%8D");
  done(ann, "PUT", "/v1/posts/" + x.bobs_post + "/share");
  done(ann, "PUT", "/v1/posts/" + x.bobs_post + "/bookmark");
  done(ann, "PUT", "/v1/posts/" + x.poll + "/poll", R"({"choices":[1]})");
  done(bob, "PUT", "/v1/posts/" + x.poll + "/poll", R"({"choices":[1]})");
  done(ann, "PUT", "/v1/hashtags/" + word + "/follow");
  done(ann, "PUT", "/v1/posts/" + x.anns_post + "/pin");
  done(ann, "PUT", "/v1/feed/preferences",
       R"({"mode":"ranked","muted_words":[")" + word + R"("]})");
  x.talk = direct(ann, bob);
  done(ann, "POST", "/v1/conversations/" + x.talk + "/messages",
       R"({"client_id":")" + word + R"(","text":"hi )" + word + R"("})");
  REQUIRE(within(4s, [&] { return items(bob, "/v1/feed") >= 3; }));
  REQUIRE(within(4s, [&] {
    const auto counts = shown(bob, "/v1/posts/" + x.bobs_post).at("counts").as_object();
    return number(counts, "quotes") == 1 && number(counts, "comments") == 3;
  }));
  return x;
}

// ---- events that other domains could not take

void change(const std::string& domain, const std::string& statement) {
  auto db = nova::storage::blocking_connection::open(database("nova_" + domain));
  REQUIRE(db.has_value());
  const auto done = db->text(statement);
  REQUIRE_MESSAGE(done.has_value(), statement);
}

/// Types of the domain's dead letters with the word.
std::string letters_with(const std::string& domain, const std::string& word) {
  auto db = nova::storage::blocking_connection::open(database("nova_" + domain));
  REQUIRE(db.has_value());
  return *db->text(
      "SELECT coalesce(string_agg(DISTINCT type::text, ' ' ORDER BY type::text), '') FROM "
      "dead_letter WHERE position(convert_to($1, 'UTF8') IN payload) > 0",
      {word});
}

/// Tables and the checks on them that refuse what acts of ann would write, by domain.
using poisons = std::vector<std::array<std::string, 3>>;

void add(const poisons& all) {
  for (const auto& [domain, table, check] : all)
    change(domain,
           "ALTER TABLE " + table + " ADD CONSTRAINT poison CHECK (" + check + ") NOT VALID");
}
void take_away(const poisons& all) {
  for (const auto& [domain, table, check] : all)
    change(domain, "ALTER TABLE " + table + " DROP CONSTRAINT poison");
}

/// 503 says that it is stored and that another domain has not taken it; the same key asks for the answer again.
json::object made_at_last(const account& a, const std::string& path, const std::string& body) {
  nova::client::http_request q{"POST", path, body, a.access_token};
  q.headers = {{"Idempotency-Key", nova::client::unique_suffix()}};
  http_reply r;
  CHECK(within(5s, [&] { return (r = http().send(q)).status != 503; }));
  INFO(path, " ", r.body);
  REQUIRE(r.status == 201);
  return r.json().as_object();
}

/// Acts of ann that other domains cannot take: her words wait in dead letters, as long as the poisons are there.
poisons leave_letters(const life& x) {
  const auto medium = medium_of(x.ann, x.word);
  poisons all{{"user", "tally", "account_id <> '" + x.ann.id + "'"},
              {"feed", "post", "author_id <> '" + x.ann.id + "'"},
              {"search", "post", "text NOT LIKE 'poison%'"},
              {"search", "message", "text NOT LIKE 'poison%'"},
              {"media", "reference", "media_id <> '" + medium + "'"},
              {"messaging", "conversation", "title NOT LIKE 'poison%'"}};
  add(all);
  const auto& word = x.word;
  const auto attached = R"(,"media_ids":[")" + medium + R"("])";
  const auto poison =
      "/v1/posts/" +
      text(made_at_last(x.ann, "/v1/posts",
                        R"({"text":"poison )" + word + " #" + word + '"' + attached + "}"),
           "post_id");
  done(x.ann, "PATCH", poison, R"({"text":"poison of )" + word + " #" + word + R"("})");
  done(x.ann, "PATCH", poison, R"({"visibility":"followers"})");
  const auto talk = "/v1/conversations/" + x.talk + "/messages";
  const auto sent = done(x.ann, "POST", talk,
                         R"({"client_id":"p","text":"poison )" + word + '"' + attached + "}");
  done(x.ann, "PATCH", talk + "/" + std::to_string(number(sent, "seq")),
       R"({"text":"poison of )" + word + R"("})");
  const auto stream = made_at_last(x.ann, "/v1/streams",
                                   R"({"title":"poison )" + word + R"(","visibility":"public"})");
  done(x.ann, "PATCH", "/v1/streams/" + text(stream, "stream_id"),
       R"({"title":"poison of )" + word + R"("})");
  const std::map<std::string, std::string> expected{{"user", "4001 4002"},
                                                    {"feed", "4001 4002 4003"},
                                                    {"search", "4001 4002 5001 5002"},
                                                    {"media", "4001 5001 5002"},
                                                    {"messaging", "11001 11002"}};
  for (const auto& [domain, types] : expected) {
    std::string found;
    CHECK_MESSAGE(within(20s, [&] { return (found = letters_with(domain, word)) == types; }),
                  domain, ": ", found);
  }
  return all;
}

void is_everywhere(const std::string& word) {
  const auto rows = rows_with(word);
  for (const auto* domain :
       {"auth", "user", "messaging", "content", "feed", "search", "media", "streaming"})
    CHECK_MESSAGE(rows.find("nova_" + std::string(domain) + '.') != rows.npos, domain);
  const auto kept = files_with(word);
  CHECK(kept.find("blobs/") != kept.npos);
  CHECK(kept.find("segments/") != kept.npos);
}

}  // namespace

TEST_CASE("an account that is closed is gone at once, and back as it was when taken back") {
  REQUIRE(short_grace);
  const auto ann = person("ann"), bob = person("bob");
  const auto id = post(ann, "mine");
  const auto wrong = act(ann, "DELETE", "/v1/account", R"({"password":"not this one"})");
  CHECK(wrong.status == 401);
  CHECK(wrong.code() == "invalid_credentials");
  const auto left = leave(ann);
  INFO(left.body);
  REQUIRE(left.status == 202);
  const auto reply = left.json().as_object();
  CHECK(reply.at("deletes_at").is_string());
  CHECK(act(bob, "GET", "/v1/users/" + ann.id).status == 404);
  CHECK(within(2s, [&] { return act(bob, "GET", "/v1/posts/" + id).status == 404; }));
  CHECK(within(5s, [&] { return act(ann, "GET", "/v1/users/me").status == 401; }));
  CHECK(http().get("/v1/deletions/" + text(reply, "certificate_id")).status == 404);
  const auto undo = [&](const std::string& token) {
    return http().post("/v1/account/undelete",
                       R"({"undo_token":)" + nova::flow::quoted(token) + "}");
  };
  CHECK(undo(ann.id + ".AAAA").status == 401);
  CHECK(undo(text(reply, "undo_token")).status / 100 == 2);
  CHECK(within(2s, [&] { return act(bob, "GET", "/v1/users/" + ann.id).status == 200; }));
  CHECK(within(2s, [&] { return act(bob, "GET", "/v1/posts/" + id).status == 200; }));
  another_login(ann);
}

TEST_CASE("afterwards every trace is gone within 10 s of the certificate; others keep theirs") {
  if (needs_one_process()) return;
  const auto x = lived();
  const auto poisoned = leave_letters(x);
  const auto& bob = x.bob;
  is_everywhere(x.word);
  make_segments_old();
  const auto left = leave(x.ann);
  INFO(left.body);
  REQUIRE(left.status == 202);
  const auto certificate = "/v1/deletions/" + text(left.json().as_object(), "certificate_id");
  REQUIRE(within(20s, [&] { return http().get(certificate).status == 200; }));
  const auto c = http().get(certificate).json().as_object();
  INFO(json::serialize(c));
  CHECK(c.at("completed_at").is_string());
  for (const auto* domain :
       {"auth", "user", "messaging", "content", "feed", "search", "media", "streaming"}) {
    REQUIRE_MESSAGE(c.at("domains").as_object().contains(domain), domain);
    const auto& counts = c.at("domains").at(domain).as_object();
    CHECK_MESSAGE(number(counts, "erased") + number(counts, "anonymised") > 0, domain);
  }
  std::string found;
  CHECK(within(10s, [&] { return (found = rows_with(x.word)).empty(); }));
  CHECK(found == "");
  CHECK(within(10s, [&] { return (found = files_with(x.word)).empty(); }));
  CHECK(found == "");
  take_away(poisoned);

  // Counters of others are the numbers of what is left.
  const auto bobs = shown(bob, "/v1/posts/" + x.bobs_post);
  const auto& counts = bobs.at("counts").as_object();
  CHECK(number(counts, "comments") == 1);
  CHECK(number(counts, "shares") == 0);
  CHECK(counts.at("reactions").as_object().empty());
  CHECK(within(2s, [&] {
    return number(shown(bob, "/v1/posts/" + x.bobs_post).at("counts").as_object(), "quotes") == 0;
  }));
  const auto poll = shown(bob, "/v1/posts/" + x.poll).at("poll").as_object();
  CHECK(number(poll.at("options").at(1).as_object(), "votes") == 1);
  const auto me = shown(bob, "/v1/users/me");
  CHECK(number(me, "followers_count") == 0);
  CHECK(number(me, "following_count") == 0);
  CHECK(items(bob, "/v1/users/" + bob.id + "/followers") == 0);
  CHECK(items(bob, "/v1/notifications") == 0);
  CHECK(number(shown(bob, "/v1/notifications"), "unread") == 0);
  CHECK(items(bob, "/v1/feed") == 2);
  CHECK(act(bob, "GET", "/v1/posts/" + x.anns_post).status == 404);

  // The comment with an answer leaves its place, without a name.
  const auto comments = shown(bob, "/v1/posts/" + x.bobs_post + "/comments").at("items").as_array();
  REQUIRE(comments.size() == 1);
  CHECK(comments[0].at("deleted") == true);
  CHECK(items(bob, "/v1/posts/" + x.bobs_post + "/comments?parent=" + x.comment) == 1);

  // Names are free again: the present handle, the former one, and the address.
  auto again = x.ann;
  CHECK(nova::client::take_tokens(
      again, http().post("/v1/auth/register", nova::client::register_body(again))));
  CHECK(again.id != x.ann.id);
  CHECK(http()
            .post("/v1/account/undelete",
                  R"({"undo_token":)" +
                      nova::flow::quoted(text(left.json().as_object(), "undo_token")) + "}")
            .status == 401);
}

TEST_CASE("an export is a ZIP with a manifest and a folder for each domain, at a signed address") {
  const auto x = lived();
  const auto kept = "media/files/" + x.medium;
  const auto started = act(x.ann, "POST", "/v1/account/export");
  INFO(started.body);
  REQUIRE(started.status == 202);
  const auto path = "/v1/account/exports/" + text(started.json().as_object(), "export_id");
  json::object state;
  REQUIRE(within(20s, [&] {
    state = shown(x.ann, path);
    return text(state, "state") == "ready";
  }));
  CHECK(state.at("progress").to_number<double>() == 1);
  CHECK(state.at("expires_at").is_string());
  CHECK(act(x.bob, "GET", path).status == 404);
  CHECK(http().get(path).status == 401);
  const auto url = text(state, "url");
  const auto file = http().get(url);
  REQUIRE(file.status == 200);
  CHECK(file.header("Content-Type") == "application/zip");
  CHECK(file.body.starts_with("PK"));
  for (const auto* name :
       {"manifest.json", "auth/account-1.json", "user/profile-1.json", "content/posts-1.json",
        "content/comments-1.json", "content/drafts-1.json", "messaging/messages-1.json",
        "feed/preferences-1.json", "search/index-1.json", "media/usage-1.json",
        "media/media-1.json", "streaming/streams-1.json", kept.c_str()})
    CHECK_MESSAGE(file.body.find(name) != std::string::npos, name);
  CHECK(file.header("Content-Length") == std::to_string(file.body.size()));
  for (const auto& words :
       {"bytes of " + x.word, x.ann.email, "again " + x.word, "I said " + x.word, "draft " + x.word,
        "hi " + x.word, "shows " + x.word, "Again " + x.word, x.stream, "welcome " + x.word})
    CHECK_MESSAGE(file.body.find(words) != std::string::npos, words);
  CHECK(file.body.find("an answer") == std::string::npos);
  auto forged = url;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  forged[forged.size() - 4] = forged[forged.size() - 4] == 'A' ? 'B' : 'A';
  CHECK(http().get(forged).status == 404);
  CHECK(http().get(url.substr(0, url.find('?'))).status / 100 == 4);
  REQUIRE(leave(x.ann).status == 202);
  CHECK(within(2s, [&] { return http().get(url).status == 404; }));
}
