// The plugin: what it refuses, and that a change touches one .proto only.
#include "tests/protocols/proto_workbench.hpp"

#include <doctest/doctest.h>

using namespace nova::codegen;

namespace {

const std::vector<std::string> all_protos = {
    "protocols/session/session.proto", "protocols/auth/auth.proto", "protocols/user/user.proto",
    "protocols/messaging/messaging.proto"};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
  const auto at = text.find(old_part);
  REQUIRE_MESSAGE(at != std::string::npos, old_part);
  return text.replace(at, old_part.size(), new_part);
}

/// A small domain with `options` for its one method.
std::string domain(const std::string& options, const std::string& more = "") {
  return R"(syntax = "proto3";
package nova.test;
import "protocols/options/options.proto";
service Test {
  option (nova.options.service) = {domain: "test"};
  rpc Do(Request) returns (Reply) { option (nova.options.method) = {)" +
         options + R"(}; }
}
message Request { string id = 1; string client_id = 2; Inner inner = 3; repeated string ids = 4; }
message Inner { string x = 1; }
message Reply { string answer = 1; }
)" + more;
}

const std::string sound =
    R"(number: 1 rpc: "test.do" entity: "thing" key: "id" caller: USER rate: READ summary: "Does." )";

std::string error_of(const std::string& text) {
  return generate({{"protocols/test/test.proto", text}}, {"protocols/test/test.proto"}, "").error;
}

std::string error_of_options(const std::string& options) { return error_of(domain(options)); }

std::string error_of_field(const std::string& field) {
  return error_of(domain(sound, "message More { " + field + " }"));
}

}  // namespace

TEST_CASE("a sound domain is generated") {
  const auto out =
      generate({{"protocols/test/test.proto", domain(sound)}}, {"protocols/test/test.proto"}, "");
  CHECK(out.error == "");
  CHECK(out.files.size() == 2);
  CHECK(has(out.files.at("protocols/test/test.nova.hpp"), "struct test_interface"));
}

TEST_CASE("a method without what it needs is refused, by name") {
  CHECK(has(error_of_options(with(sound, "caller: USER", "")), "test.Test.Do: needs a caller"));
  CHECK(has(error_of_options(with(sound, R"(entity: "thing")", "")),
            "test.Test.Do: needs an entity"));
  CHECK(has(error_of_options(with(sound, "number: 1", "")), "test.Test.Do: needs a number"));
  CHECK(has(error_of_options(with(sound, "rate: READ", "")), "test.Test.Do: needs a rate"));
  CHECK(has(error_of_options(with(sound, R"(summary: "Does.")", "")), "needs a summary"));
  CHECK(has(error_of_options(with(sound, R"(rpc: "test.do")", "")), "a route or an rpc name"));
}

TEST_CASE("a key must be a scalar field of the request or one of the three sources") {
  CHECK(has(error_of_options(with(sound, R"(key: "id")", R"(key: "nothing")")),
            "key \"nothing\" is neither"));
  CHECK(has(error_of_options(with(sound, R"(key: "id")", R"(key: "inner")")),
            "key \"inner\" is neither"));
  CHECK(has(error_of_options(with(sound, R"(key: "id")", "")), "key \"\" is neither"));
  for (const char* key : {"@account", "@new", "@one"})
    CHECK(error_of_options(with(sound, R"(key: "id")", std::string("key: \"") + key + "\"")) == "");
}

TEST_CASE("path parameters must be scalar fields, and query parameters cannot be messages") {
  CHECK(has(error_of_options(sound + R"(http: {post: "/v1/t/{nothing}"})"),
            "path parameter {nothing}"));
  CHECK(has(error_of_options(sound + R"(http: {post: "/v1/t/{ids}"})"), "path parameter {ids}"));
  CHECK(has(error_of_options(sound + R"(http: {get: "/v1/t/{id}"})"),
            "field inner cannot be a query parameter"));
  CHECK(error_of_options(sound + R"(http: {post: "/v1/t/{id}"})") == "");
}

TEST_CASE("statuses must fit the reply") {
  CHECK(has(error_of_options(sound + R"(http: {post: "/v1/t" status: 204})"),
            "the reply has fields"));
  CHECK(
      has(error_of_options(sound + R"(http: {post: "/v1/t" status: 404})"), "status must be 2xx"));
  CHECK(has(error_of_options(sound + R"(http: {post: "/v1/t" status_existing: 200})"),
            "status_existing needs"));
}

TEST_CASE("a reply with fields may stand beside 204 when it has a second status") {
  const auto two = sound + R"(http: {post: "/v1/t" status: 204 status_existing: 202})";
  CHECK_FALSE(has(error_of_options(two), "the reply has fields"));
}

TEST_CASE("two routes of one shape are refused, whatever their parameters are called") {
  CHECK(
      has(error_of_options(sound + R"(http: {put: "/v1/t/{id}"} http: {put: "/v1/t/{client_id}"})"),
          "route put /v1/t/{} is taken"));
}

TEST_CASE("numbers and names are taken once, across domains") {
  const auto other = with(with(domain(sound), "package nova.test", "package nova.other"),
                          "domain: \"test\"", "domain: \"other\"");
  const auto out = generate(
      {{"protocols/test/test.proto", domain(sound)}, {"protocols/other/other.proto", other}},
      {"protocols/test/test.proto", "protocols/other/other.proto"}, "tables");
  CHECK(has(out.error, "other.Test.Do: method number 1 is taken by test.Test.Do"));
  CHECK(has(out.error, "other.Test.Do: rpc test.do is taken by test.Test.Do"));
}

TEST_CASE("a method for nodes cannot be reached from outside") {
  CHECK(has(error_of_options(with(sound, "caller: USER", "caller: NODE")), "is for nodes only"));
}

TEST_CASE("what a gateway asks has the messages that a gateway knows, and one answers for keys") {
  CHECK(has(error_of_options(sound + "resumes: true"), "it answers MissedRequest by MissedReply"));
  CHECK(has(error_of_options(sound + "token_keys: true"), "it answers KeysRequest by KeysReply"));
  CHECK(has(error_of_options(sound + "revocations: true"),
            "it answers RevocationsRequest by RevocationsReply"));
  CHECK(has(error_of_options(sound + "cards: true"),
            "cards: it is for nodes, and answers views.CardsRequest by CardsReply"));
  CHECK(has(error_of_options(sound + "posts: true"),
            "posts: it is for nodes, and answers views.PostsRequest by PostsReply"));
  CHECK(has(error_of_options(sound + "media: true"),
            "media: it is for nodes, and answers views.MediaRequest by MediaReply"));
  CHECK(has(error_of_options(sound + "membership: true"),
            "membership: it is for nodes, and answers views.MembershipRequest"));
  CHECK(has(error_of_options(sound + "transfer: \"grant\""),
            "transfer: it is for nodes, and answers transfer.GrantRequest"));
  const std::string path = "protocols/messaging/messaging.proto";
  const auto second =
      with(source_text(path), "  rpc Send(SendRequest)",
           R"(  rpc Keys(nova.session.KeysRequest) returns (nova.session.KeysReply) {
    option (nova.options.method) = {
      number: 599 entity: "conversation" key: "@one" caller: NODE rate: READ token_keys: true
    };
  }
  rpc Send(SendRequest))");
  CHECK(has(generate({{path, second}}, all_protos, "tables").error,
            "messaging.Messaging.Keys: token_keys is taken by auth.Auth.Keys"));
}

TEST_CASE("idempotency names fields that exist") {
  CHECK(has(error_of_options(with(sound, "caller: USER", "caller: ANONYMOUS idempotency: KEY")),
            "needs idempotency_scope"));
  CHECK(has(error_of_options(sound + R"(idempotency: KEY idempotency_scope: "nothing")"),
            "idempotency_scope is no"));
  CHECK(error_of_options(sound + "idempotency: CLIENT_ID") == "");
}

TEST_CASE("the service's domain is its package's noun") {
  CHECK(has(error_of(with(domain(sound), "domain: \"test\"", "domain: \"tset\"")),
            "must be its package's noun"));
}

TEST_CASE("an event needs a number and a key that exists, a push a name") {
  CHECK(
      has(error_of(domain(
              sound,
              R"(message E { option (nova.options.event) = {number: 7 key: "x"}; int64 y = 1; })")),
          "nova.test.E: key \"x\" is no scalar field"));
  CHECK(has(error_of(domain(
                sound, R"(message E { option (nova.options.event) = {key: "y"}; int64 y = 1; })")),
            "nova.test.E: needs a number"));
  CHECK(has(error_of(domain(sound, R"(message P { option (nova.options.push) = {}; })")),
            "nova.test.P: needs an rpc name"));
}

TEST_CASE("rules of a field must fit its type") {
  CHECK(has(error_of_field("string t = 1 [(nova.options.field) = {time: true}];"),
            "nova.test.More.t: time is for int64"));
  CHECK(has(error_of_field("int64 u = 1 [(nova.options.field) = {uuid: true}];"),
            "uuid is for strings"));
  CHECK(has(error_of_field("int64 u = 1 [(nova.options.field) = {max_bytes: 1}];"),
            "max_bytes is for"));
  CHECK(has(error_of_field("string u = 1 [(nova.options.field) = {max_items: 1}];"),
            "max_items is for"));
  CHECK(has(error_of_field("string u = 1 [(nova.options.field) = {null_when_absent: true}];"),
            "null_when_absent is for"));
  CHECK(has(error_of_field("bool u = 1 [(nova.options.field) = {required: true}];"),
            "a required bool must be optional"));
  CHECK(has(error_of_field("enum E { A = 0; } E e = 1;"), "enums are not supported"));
  CHECK(has(error_of_field("map<int64, string> m = 1;"), "a map's key must be a string"));
}

TEST_CASE(
    "a field that is added to one .proto is read, written, documented and typed; no other file is "
    "touched") {
  const std::string path = "protocols/messaging/messaging.proto";
  const auto changed = with(source_text(path), "message SendRequest {",
                            "message SendRequest {\n  optional string mood = 99;");
  const auto code = generate({{path, changed}}, {path}, "");
  REQUIRE(code.error == "");
  const auto& source = code.files.at("protocols/messaging/messaging.nova.cpp");
  CHECK(has(source, "m.set_mood("));
  CHECK(has(source, "\\\"mood\\\":"));
  const auto tables = generate({{path, changed}}, all_protos, "tables");
  REQUIRE(tables.error == "");
  CHECK(has(tables.files.at("nova_types.ts"), "mood?: string;"));
  CHECK(has(tables.files.at("protocols/openapi.json"), "\"mood\":{\"type\":\"string\""));
  CHECK(has(tables.files.at("protocols/contracts.txt"), "99 mood: optional string"));
}

TEST_CASE("A: a text's limits are in the TypeScript as they stand in the .proto") {
  const std::string path = "protocols/auth/auth.proto";
  const auto types = [&](const std::string& text) {
    return generate({{path, text}}, all_protos, "tables").files.at("nova_types.ts");
  };
  const std::string line = "    handle: { min_chars: 3, max_chars: 30, charset: \"A-Za-z0-9_\" },";
  const auto now = types(source_text(path));
  CHECK(has(now, "export const limits = {"));
  CHECK(has(now, "  RegisterRequest: {\n    email: { max_bytes: 254 },\n" + line));
  const auto changed = types(with(source_text(path), "max_chars: 30", "max_chars: 31"));
  CHECK(has(changed, "    handle: { min_chars: 3, max_chars: 31, charset: \"A-Za-z0-9_\" },"));
}

TEST_CASE(
    "a method that is added to one .proto has its route, row, types and documentation, and asks "
    "for its handler") {
  const std::string path = "protocols/messaging/messaging.proto";
  const auto changed = with(source_text(path), "  rpc Send(SendRequest)",
                            R"(  rpc Pin(RecallRequest) returns (Empty) {
    option (nova.options.method) = {
      number: 599 rpc: "messaging.pin" http: {put: "/v1/conversations/{conversation_id}/messages/{seq}/pin" status: 204}
      entity: "conversation" key: "conversation_id" caller: ADMIN rate: WRITE summary: "Pins a message."
    };
  }
  rpc Send(SendRequest))");
  const auto code = generate({{path, changed}}, {path}, "");
  REQUIRE(code.error == "");
  CHECK(has(code.files.at("protocols/messaging/messaging.nova.hpp"),
            "table.template add<messaging_interface::pin>(&Kind::pin);"));
  const auto tables = generate({{path, changed}}, all_protos, "tables");
  REQUIRE(tables.error == "");
  CHECK(has(tables.files.at("protocols/nova_contracts.cpp"), "messaging_interface::pin::info()"));
  CHECK(has(tables.files.at("nova_types.ts"), "\"messaging.pin\": { params: RecallRequest;"));
  CHECK(has(tables.files.at("protocols/openapi.json"), "/messages/{seq}/pin"));
  CHECK(has(tables.files.at("protocols/contracts.txt"), "599 messaging.Messaging.Pin"));
}
