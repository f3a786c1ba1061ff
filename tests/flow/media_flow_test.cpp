// Media from outside, by the contract's §4: uploads by tus and at once, contents with ranges, who may read, usage.
#include "tests/flow/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <functional>
#include <random>

using namespace nova::flow;
using namespace std::chrono_literals;
using headers = std::vector<std::pair<std::string, std::string>>;

namespace {

http_reply ask(std::string method, std::string target, const account* as, headers more = {},
               std::string body = {}, std::string type = {}) {
  nova::client::http_request q{std::move(method), std::move(target), std::move(body)};
  q.bearer = as != nullptr ? as->access_token : "";
  q.content_type = std::move(type);
  q.headers = std::move(more);
  return http().send(q);
}

headers tus(headers more = {}) {
  more.emplace_back("Tus-Resumable", "1.0.0");
  return more;
}

http_reply open_upload(const account& as, std::size_t length, headers more = {}) {
  more.emplace_back("Upload-Length", std::to_string(length));
  return ask("POST", "/v1/uploads", &as, tus(std::move(more)));
}
std::string location(const http_reply& r) {
  INFO(r.status << " " << r.body);
  REQUIRE(r.status == 201);
  return r.header("Location");
}
http_reply patch(const account& as, const std::string& upload, std::size_t offset,
                 std::string bytes, headers more = {}) {
  more.emplace_back("Upload-Offset", std::to_string(offset));
  return ask("PATCH", upload, &as, tus(std::move(more)), std::move(bytes),
             "application/offset+octet-stream");
}
http_reply head(const account& as, const std::string& upload) {
  return ask("HEAD", upload, &as, tus());
}

/// Bytes that look like nothing.
std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(0x80 | (random() & 0x3f));
  return out;
}

object uploaded(const account& as, std::string bytes, const std::string& type = "text/plain") {
  const auto r = ask("POST", "/v1/media", &as, {}, std::move(bytes), type);
  INFO(r.status << " " << r.body);
  REQUIRE(r.status == 201);
  return r.json().as_object();
}
std::string id_of(const object& medium) { return text(medium, "media_id"); }
std::string content(const std::string& id) { return "/v1/media/" + id + "/content"; }

bool soon(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (!done())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

}  // namespace

TEST_CASE("tus: OPTIONS names version, extensions and checksums; another version is 412") {
  const auto r = ask("OPTIONS", "/v1/uploads", nullptr);
  CHECK(r.status == 204);
  CHECK(r.header("Tus-Resumable") == "1.0.0");
  CHECK(r.header("Tus-Version") == "1.0.0");
  CHECK(r.header("Tus-Extension") ==
        "creation,creation-with-upload,expiration,checksum,termination,concatenation");
  CHECK(r.header("Tus-Checksum-Algorithm") == "sha1,sha256");
  CHECK(std::stoll(r.header("Tus-Max-Size")) > 0);
  const auto ann = person("ann");
  const auto old =
      ask("POST", "/v1/uploads", &ann, {{"Upload-Length", "1"}, {"Tus-Resumable", "0.2.2"}});
  CHECK(old.status == 412);
  CHECK(old.code() == "tus_version");
  CHECK(old.header("Tus-Version") == "1.0.0");
  CHECK(ask("POST", "/v1/uploads", nullptr, tus({{"Upload-Length", "1"}})).status == 401);
  for (const auto* large : {"10000000000", "1125899906842624", "100000000000000000000000"})
    CHECK(ask("POST", "/v1/uploads", &ann, tus({{"Upload-Length", large}})).status == 413);
}

TEST_CASE(
    "tus: an upload in two requests is a medium after its last byte, equal to what was sent") {
  const auto ann = person("ann");
  const auto bytes = noise(300'000, 1);
  const auto opened = open_upload(
      ann, bytes.size(),
      {{"Upload-Metadata", "filename ZGF0YS5iaW4=,filetype YXBwbGljYXRpb24vb2N0ZXQtc3RyZWFt"}});
  const auto upload = location(opened);
  CHECK(opened.header("Upload-Expires").ends_with(" GMT"));
  CHECK(head(ann, upload).header("Upload-Offset") == "0");
  auto r = patch(ann, upload, 0, bytes.substr(0, 100'000));
  CHECK(r.status == 204);
  CHECK(r.header("Upload-Offset") == "100000");
  CHECK(r.header("Upload-Media-Id").empty());
  CHECK(patch(ann, upload, 7, "x").status == 409);
  CHECK(patch(ann, upload, 100'000, bytes.substr(100'000) + "more").status == 413);
  r = head(ann, upload);
  CHECK(r.status == 200);
  CHECK(r.header("Upload-Offset") == "100000");
  CHECK(r.header("Upload-Length") == "300000");
  CHECK(r.header("Cache-Control") == "no-store");
  r = patch(ann, upload, 100'000, bytes.substr(100'000));
  CHECK(r.status == 204);
  CHECK(r.header("Upload-Offset") == "300000");
  const auto id = r.header("Upload-Media-Id");
  REQUIRE_FALSE(id.empty());
  CHECK(head(ann, upload).header("Upload-Media-Id") == id);
  CHECK(patch(ann, upload, 300'000, "more").status == 413);
  const auto medium = http().get("/v1/media/" + id, ann.access_token).json().as_object();
  CHECK(text(medium, "state") == "ready");
  CHECK(text(medium, "kind") == "file");
  CHECK(number(medium, "size") == 300'000);
  CHECK(medium.at("variants").as_object().empty());
  const auto got = http().get(content(id), ann.access_token);
  CHECK(got.status == 200);
  CHECK(got.body == bytes);
  CHECK(got.header("Content-Disposition").find("data.bin") != std::string::npos);
  CHECK(got.header("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("tus: creation with upload, checksums, termination, a foreign upload") {
  const auto ann = person("ann"), ben = person("ben");
  const auto whole = ask("POST", "/v1/uploads", &ann, tus({{"Upload-Length", "5"}}), "hello",
                         "application/offset+octet-stream");
  CHECK(whole.status == 201);
  CHECK(whole.header("Upload-Offset") == "5");
  CHECK_FALSE(whole.header("Upload-Media-Id").empty());

  const auto upload = location(open_upload(ann, 5));
  auto r =
      patch(ann, upload, 0, "hello", {{"Upload-Checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="}});
  CHECK(r.status == 460);
  CHECK(r.code() == "checksum_mismatch");
  CHECK(head(ann, upload).header("Upload-Offset") == "0");
  CHECK(patch(ann, upload, 0, "hello", {{"Upload-Checksum", "md5 AAAA"}}).status == 400);
  CHECK(patch(ben, upload, 0, "hello").status == 404);
  CHECK(head(ben, upload).status == 404);
  r = patch(ann, upload, 0, "hello", {{"Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="}});
  CHECK(r.status == 204);

  const auto given_up = location(open_upload(ann, 5));
  CHECK(ask("DELETE", given_up, &ann, tus()).status == 204);
  CHECK(head(ann, given_up).status == 404);
  CHECK(ask("PATCH", upload, &ann, tus({{"Upload-Offset", "0"}}), "x", "text/plain").status == 415);
  CHECK(ask("GET", "/v1/uploads", &ann, tus()).status == 405);
}

TEST_CASE(
    "with an Idempotency-Key the same bytes at once are one medium, other bytes are refused") {
  const auto ann = person("ann");
  const auto send = [&](const std::string& key, const std::string& words) {
    if (key == "raw")
      return ask("POST", "/v1/media", &ann, {{"Idempotency-Key", key}}, words, "text/plain");
    const auto form =
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"a.txt\"\r\nContent-Type: "
        "text/plain\r\n\r\n" +
        words + "\r\n--xyz--\r\n";
    return ask("POST", "/v1/media", &ann, {{"Idempotency-Key", key}}, form,
               "multipart/form-data; boundary=xyz");
  };
  for (const std::string key : {"raw", "form"}) {
    CAPTURE(key);
    const auto first = send(key, "one text");
    REQUIRE(first.status == 201);
    const auto again = send(key, "one text");
    CHECK(again.status == 201);
    CHECK(nova::client::find_string(again.body, "media_id") ==
          nova::client::find_string(first.body, "media_id"));
    for (const auto* other : {"two text", "one", "one text and more", ""}) {
      CAPTURE(other);
      const auto refused = send(key, other);
      CHECK(refused.status == 409);
      CHECK(refused.code() == "idempotency_key_reused");
    }
  }
}

TEST_CASE("tus: two parts are concatenated") {
  const auto ann = person("ann");
  std::string parts;
  for (const auto* half : {"hello ", "world"}) {
    const auto upload =
        location(open_upload(ann, std::string(half).size(), {{"Upload-Concat", "partial"}}));
    const auto r = patch(ann, upload, 0, half);
    CHECK(r.status == 204);
    CHECK(r.header("Upload-Media-Id").empty());
    CHECK(head(ann, upload).header("Upload-Concat") == "partial");
    parts += (parts.empty() ? "" : " ") + upload;
  }
  const auto r = ask("POST", "/v1/uploads", &ann, tus({{"Upload-Concat", "final;" + parts}}));
  INFO(r.body);
  REQUIRE(r.status == 201);
  CHECK(http().get(content(r.header("Upload-Media-Id")), ann.access_token).body == "hello world");
  CHECK(head(ann, location(r)).header("Upload-Length") == "11");
}

TEST_CASE("one request brings a file, raw or as a form; type and size are judged") {
  const auto ann = person("ann");
  const auto raw = uploaded(ann, "some text");
  CHECK(text(raw, "content_type") == "text/plain");
  CHECK(text(raw, "url").find("sig=") != std::string::npos);
  const std::string form =
      "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\npost\r\n"
      "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a "
      "b\xc3\xa9.txt\"\r\nContent-Type: text/plain\r\n\r\n"
      "line\r\n--xy not the end\r\n--xyz--\r\n";
  const auto formed = uploaded(ann, form, "multipart/form-data; boundary=xyz");
  const auto got = http().get(content(id_of(formed)), ann.access_token);
  CHECK(got.body == "line\r\n--xy not the end");
  CHECK(got.header("Content-Disposition").find("filename*=UTF-8''a%20b%C3%A9.txt") !=
        std::string::npos);

  CHECK(ask("POST", "/v1/media", &ann, {}, "plain words", "image/png").status == 415);
  CHECK(ask("POST", "/v1/media", &ann, {}, "MZ" + std::string(62, '\0'), "").status == 415);
  // Noise that libmagic takes for a DOS program without a head is a file like others.
  const auto noise =
      uploaded(ann, "\x8c\x61\xab\x2e\xda\x0a\x7f\x52\xf6\x38\x3a\x96\x8a\xdf\x9a\xad",
               "application/octet-stream");
  CHECK(text(noise, "content_type") == "application/octet-stream");
  const auto large = ask("POST", "/v1/media", &ann, {}, std::string(17 << 20, 'x'), "text/plain");
  CHECK(large.status == 413);
  CHECK(large.code() == "payload_too_large");
  CHECK(ask("POST", "/v1/media", &ann, {}, "--xyz\r\n\r\n", "multipart/form-data; boundary=xyz")
            .status == 400);
  CHECK(ask("PUT", "/v1/media", &ann, {}, "x").status == 405);
  CHECK(ask("POST", "/v1/media", nullptr, {}, "x", "text/plain").status == 401);
}

TEST_CASE(
    "what a browser would run is an attachment; each content is in a sandbox, by its policy") {
  const auto ann = person("ann");
  const auto fields_of = [&](const std::string& bytes, const std::string& type) {
    const auto medium = uploaded(ann, bytes, type);
    CHECK(text(medium, "content_type") == type);
    const auto r = http().get(text(medium, "url"));
    CHECK(r.status == 200);
    CHECK(r.header("X-Content-Type-Options") == "nosniff");
    const auto policy = r.header("Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none';"));
    CHECK(policy.ends_with("; sandbox"));
    CHECK(policy.find("script") == std::string::npos);
    return r.header("Content-Disposition");
  };
  CHECK(fields_of("<!DOCTYPE html><html><script>1</script></html>", "text/html")
            .starts_with("attachment"));
  CHECK(fields_of("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
                  "onload=\"alert(1)\"><script>1</script></svg>",
                  "image/svg+xml")
            .starts_with("attachment"));
  CHECK(fields_of("plain words", "text/plain").starts_with("inline"));
}

TEST_CASE("ranges, conditions and HEAD of a content") {
  const auto ann = person("ann");
  const auto url = content(id_of(uploaded(ann, "0123456789")));
  auto r = ask("GET", url, &ann, {{"Range", "bytes=2-4"}});
  CHECK(r.status == 206);
  CHECK(r.body == "234");
  CHECK(r.header("Content-Range") == "bytes 2-4/10");
  const auto etag = r.header("ETag");
  CHECK(ask("GET", url, &ann, {{"Range", "bytes=-3"}}).body == "789");
  CHECK(ask("GET", url, &ann, {{"Range", "bytes=8-"}}).body == "89");
  CHECK(ask("GET", url, &ann, {{"Range", "bytes=0-0,5-6"}}).status == 200);
  CHECK(ask("GET", url, &ann, {{"Range", "bytes=2-4"}, {"If-Range", etag}}).status == 206);
  CHECK(ask("GET", url, &ann, {{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}}).status == 200);
  r = ask("GET", url, &ann, {{"Range", "bytes=10-"}});
  CHECK(r.status == 416);
  CHECK(r.code() == "range_not_satisfiable");
  CHECK(r.header("Content-Range") == "bytes */10");
  r = ask("GET", url, &ann, {{"If-None-Match", etag}});
  CHECK(r.status == 304);
  CHECK(r.body.empty());
  r = ask("HEAD", url, &ann);
  CHECK(r.status == 200);
  CHECK(r.header("Content-Length") == "10");
  CHECK(r.header("Accept-Ranges") == "bytes");
  CHECK(ask("DELETE", url, &ann).status == 405);
}

TEST_CASE(
    "who may read: the owner, who sees the post or the conversation, and who has a signed "
    "address") {
  const auto ann = person("ann"), ben = person("ben"), eve = person("eve");
  const auto medium = uploaded(ann, "for some");
  const auto id = id_of(medium), url = content(id);
  CHECK(http().get(url, ben.access_token).status == 404);
  CHECK(http().get("/v1/media/" + id, ben.access_token).status == 404);
  CHECK(http().get(url).status == 404);
  auto signed_url = text(medium, "url");
  CHECK(http().get(signed_url).body == "for some");
  signed_url.back() = signed_url.back() == 'A' ? 'B' : 'A';
  CHECK(http().get(signed_url).status == 404);

  const auto talk = direct(ann, ben);
  const auto sent = http().post("/v1/conversations/" + talk + "/messages",
                                R"({"client_id":"m1","text":"","media_ids":[")" + id + R"("]})",
                                ann.access_token);
  REQUIRE(sent.status == 201);
  CHECK(soon([&] { return http().get(url, ben.access_token).status == 200; }));
  CHECK(http().get("/v1/media/" + id, ben.access_token).status == 200);
  CHECK(http().get(url, eve.access_token).status == 404);
  CHECK(ask("DELETE", "/v1/media/" + id, &ann).status == 409);
  const auto page = http().get("/v1/conversations/" + talk + "/messages", ben.access_token).json();
  const auto& shown = page.at("items").at(0).at("media").as_array();
  REQUIRE(shown.size() == 1);
  CHECK(http().get(text(shown[0].as_object(), "url")).body == "for some");

  CHECK(ask("DELETE", "/v1/conversations/" + talk + "/messages/1", &ann).status == 204);
  CHECK(soon([&] { return http().get(url, ben.access_token).status == 404; }));
  CHECK(ask("DELETE", "/v1/media/" + id, &ben).status == 404);
  CHECK(ask("DELETE", "/v1/media/" + id, &ann).status == 204);
  CHECK(http().get(url, ann.access_token).status == 404);
}

TEST_CASE("a medium of a conversation is in use until its last member has left") {
  const auto ann = person("ann"), ben = person("ben");
  const auto id = id_of(uploaded(ann, "for the group"));
  const auto group = http().post(
      "/v1/conversations", R"({"kind":"group","title":"two","member_ids":[")" + ben.id + R"("]})",
      ann.access_token);
  REQUIRE(group.status == 201);
  const auto talk = "/v1/conversations/" + text(group.json().as_object(), "conversation_id");
  REQUIRE(http()
              .post(talk + "/messages",
                    R"({"client_id":"m1","text":"","media_ids":[")" + id + R"("]})",
                    ann.access_token)
              .status == 201);
  CHECK(soon([&] { return http().get(content(id), ben.access_token).status == 200; }));
  CHECK(ask("DELETE", talk + "/members/" + ann.id, &ann).status == 204);
  CHECK(http().get(content(id), ben.access_token).status == 200);
  CHECK(ask("DELETE", "/v1/media/" + id, &ann).status == 409);
  CHECK(ask("DELETE", talk + "/members/" + ben.id, &ben).status == 204);
  CHECK(soon([&] { return ask("DELETE", "/v1/media/" + id, &ann).status == 204; }));
}

TEST_CASE("media in posts are shown whole; another account's medium is refused") {
  const auto ann = person("ann"), ben = person("ben");
  const auto mine = id_of(uploaded(ann, "mine")), hers = id_of(uploaded(ben, "hers"));
  CHECK(http()
            .post("/v1/posts",
                  R"({"text":"look","media_ids":[")" + mine + R"(",")" + hers + R"("]})",
                  ann.access_token)
            .status == 404);
  const auto post = http().post("/v1/posts", R"({"text":"look","media_ids":[")" + mine + R"("]})",
                                ann.access_token);
  INFO(post.body);
  REQUIRE(post.status == 201);
  const auto media = post.json().at("media").as_array();
  REQUIRE(media.size() == 1);
  CHECK(text(media[0].as_object(), "media_id") == mine);
  CHECK(text(media[0].as_object(), "state") == "ready");
  CHECK(soon([&] { return http().get(content(mine)).status == 200; }));
  CHECK(http().get(content(hers), ann.access_token).status == 404);
  const auto id = text(post.json().as_object(), "post_id");
  CHECK(ask("DELETE", "/v1/posts/" + id, &ann).status == 204);
  CHECK(soon([&] { return http().get(content(mine)).status == 404; }));
}

TEST_CASE(
    "M5: media ids that are broken are 400; those that are unknown or another's are 404, in all "
    "that takes media") {
  const auto ann = person("ann"), ben = person("ben");
  const auto talk = direct(ann, ben);
  const auto send = [&](const std::string& client_id, const std::string& ids) {
    return http().post(
        "/v1/conversations/" + talk + "/messages",
        R"({"client_id":")" + client_id + R"(","text":"look","media_ids":[)" + ids + "]}",
        ann.access_token);
  };
  for (const std::string ids : {R"("mine")", R"("")", R"("../1")"}) {
    CAPTURE(ids);
    const auto refused = send("broken", ids);
    CHECK(refused.status == 400);
    CHECK(refused.body.find("media_ids") != std::string::npos);
    CHECK(http()
              .post("/v1/posts", R"({"text":"look","media_ids":[)" + ids + "]}", ann.access_token)
              .status == 400);
  }
  const auto mine = id_of(uploaded(ann, "mine")), hers = id_of(uploaded(ben, "hers"));
  const std::string unknown = "00000000-0000-4000-8000-0000000000a5";
  for (const auto& ids :
       {'"' + unknown + '"', '"' + hers + '"', '"' + mine + R"(",")" + hers + '"'}) {
    CAPTURE(ids);
    CHECK(send("whole", ids).status == 404);
    const auto body = R"({"text":"look","media_ids":[)" + ids + "]}";
    CHECK(http().post("/v1/posts", body, ann.access_token).status == 404);
    CHECK(http().post("/v1/drafts", body, ann.access_token).status == 404);
  }
  CHECK(send("whole", '"' + mine + '"').status == 201);
  CHECK(http().get(content(hers), ann.access_token).status == 404);
  CHECK(http().get(content(unknown), ann.access_token).status == 404);
  CHECK(ask("DELETE", "/v1/media/" + hers, &ben).status == 204);
}

TEST_CASE("usage counts what is kept; alt is changed and emptied") {
  const auto ann = person("ann");
  const auto usage = [&] {
    return http().get("/v1/media/usage", ann.access_token).json().as_object();
  };
  CHECK(number(usage(), "used") == 0);
  CHECK(number(usage(), "quota") == 10'737'418'240);
  const auto id = id_of(uploaded(ann, "12345"));
  uploaded(ann, "12345");
  CHECK(number(usage(), "used") == 10);
  const auto path = "/v1/media/" + id;
  auto changed = http().patch(path, R"({"alt":"Five digits"})", ann.access_token);
  CHECK(changed.status == 200);
  CHECK(text(changed.json().as_object(), "alt") == "Five digits");
  changed = http().patch(path, R"({"alt":null})", ann.access_token);
  CHECK_FALSE(changed.json().as_object().contains("alt"));
  CHECK(ask("DELETE", path, &ann).status == 204);
  CHECK(number(usage(), "used") == 5);
  CHECK(http().patch(path, R"({"alt":"x"})", ann.access_token).status == 404);
}

TEST_CASE("an avatar is for all who find the person; another account's picture is none") {
  const auto ann = person("ann"), ben = person("ben");
  const std::string png =
      "\x89PNG\r\n\x1a\n" + std::string("\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde", 25) +
      std::string("\0\0\0\x0cIDAT\x08\xd7\x63\xf8\xcf\xc0\0\0\3\1\1\0\x18\xdd\x8d\xb0", 24) +
      std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  const auto id = id_of(uploaded(ann, png, "image/png"));
  const auto profile =
      http().patch("/v1/users/me", R"({"avatar_media_id":")" + id + R"("})", ann.access_token);
  CHECK(profile.status == 200);
  CHECK(soon([&] {
    const auto seen = http().get("/v1/users/" + ann.id, ben.access_token).json().as_object();
    return seen.at("avatar_url").is_string() &&
           http().get(std::string(seen.at("avatar_url").as_string())).status == 200;
  }));
  http().patch("/v1/users/me", R"({"avatar_media_id":")" + id + R"("})", ben.access_token);
  const auto other = http().get("/v1/users/" + ben.id, ann.access_token).json().at("avatar_url");
  CHECK(std::string(other.as_string()).find("sig=") == std::string::npos);
}
