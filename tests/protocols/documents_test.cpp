// What openapi.json and asyncapi.json say: rules, statuses, descriptions, examples. Their form is checked by
// openapi_test.mjs and asyncapi_test.mjs, with validators that are not ours.
#include "protocols/core/method.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace nova;
namespace json = boost::json;

namespace {

json::value parsed(std::string_view text) { return json::parse({text.data(), text.size()}); }
const json::value& openapi() {
  static const auto document = parsed(rpc::openapi_json());
  return document;
}
const json::value& asyncapi() {
  static const auto document = parsed(rpc::asyncapi_json());
  return document;
}

const json::object& schema(const char* message) {
  return openapi().at("components").at("schemas").at(message).as_object();
}
json::object property(const char* message, const char* field) {
  auto out = schema(message).at("properties").at(field).as_object();
  out.erase("description");
  out.erase("examples");
  return out;
}

bool filled(const json::object& o, const char* name) {
  const auto* text = o.if_contains(name);
  return text != nullptr && text->is_string() && !text->as_string().empty();
}

/// Every operation of the paths, by "get /v1/users/me".
std::vector<std::pair<std::string, json::object>> operations() {
  std::vector<std::pair<std::string, json::object>> out;
  for (const auto& [path, verbs] : openapi().at("paths").as_object())
    for (const auto& [verb, operation] : verbs.as_object())
      out.emplace_back(std::string(verb) + ' ' + std::string(path), operation.as_object());
  return out;
}

/// What any operation can be answered with when its bytes do not fit into memory.
struct bytes_row {
  const char* operation;  ///< "get /v1/users/me"
  std::set<std::string> statuses, types, fields;
};

/// The paths of the gateway's streamed routes, and the answers of the client's contract §4, §6 and §7.
const std::vector<bytes_row> bytes_rows = {
    {"post /v1/uploads",
     {"201", "401", "403", "409", "412", "413", "415", "423", "460"},
     {},
     {"Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Concat", "Upload-Checksum"}},
    {"options /v1/uploads", {"204"}, {}, {}},
    {"head /v1/uploads/{upload_id}", {"200", "404", "410", "412"}, {}, {"Tus-Resumable"}},
    {"patch /v1/uploads/{upload_id}",
     {"204", "404", "409", "410", "412", "413", "415", "423", "460"},
     {},
     {"Tus-Resumable", "Upload-Offset", "Upload-Checksum"}},
    {"delete /v1/uploads/{upload_id}", {"204", "404", "410", "412"}, {}, {"Tus-Resumable"}},
    {"post /v1/media", {"201", "409", "413", "415"}, {"application/json"}, {"Idempotency-Key"}},
    {"get /v1/media/{media_id}/content",
     {"200", "206", "304", "404", "416"},
     {"*/*"},
     {"Range", "If-Range", "If-None-Match"}},
    {"head /v1/media/{media_id}/content", {"200", "206", "304", "404", "416"}, {}, {"Range"}},
    {"get /v1/media/{media_id}/variants/{name}",
     {"200", "206", "304", "404", "416"},
     {"*/*"},
     {"Range", "If-Range", "If-None-Match"}},
    {"head /v1/media/{media_id}/variants/{name}", {"200", "404"}, {}, {"Range"}},
    {"get /v1/streams/{stream_id}/live/index.m3u8",
     {"200", "404"},
     {"application/vnd.apple.mpegurl"},
     {}},
    {"head /v1/streams/{stream_id}/live/index.m3u8", {"200", "404"}, {}, {}},
    {"get /v1/streams/{stream_id}/live/{file}",
     {"200", "206", "304", "404", "416"},
     {"*/*"},
     {"Range", "If-None-Match"}},
    {"head /v1/streams/{stream_id}/live/{file}", {"200", "404"}, {}, {"Range"}},
    {"put /v1/ingest/{stream_id}/{key}/{file}", {"204", "403", "409", "410", "413"}, {}, {}},
    {"post /v1/ingest/{stream_id}/{key}/{file}", {"204", "403", "409", "410", "413"}, {}, {}},
    {"delete /v1/ingest/{stream_id}/{key}/{file}", {"204", "403", "410"}, {}, {}},
    {"get /v1/exports/{export_id}", {"200", "404"}, {"application/zip"}, {}}};

bool brings_bytes(const std::string& operation) {
  return std::ranges::any_of(bytes_rows, [&](const auto& r) { return operation == r.operation; });
}

/// Every "$ref" below the value.
void references(const json::value& in, std::set<std::string>& to) {
  if (const auto* list = in.if_array())
    for (const auto& item : *list) references(item, to);
  if (const auto* object = in.if_object())
    for (const auto& [name, value] : *object) {
      if (name == "$ref") to.emplace(value.as_string());
      references(value, to);
    }
}

void check_described(const json::value& document) {
  for (const auto& [name, message] : document.at("components").at("schemas").as_object())
    for (const auto& [field, value] : message.at("properties").as_object()) {
      const auto& o = value.as_object();
      const auto where = std::string(name) + '.' + std::string(field);
      CHECK_MESSAGE(filled(o, "description"), where);
      const bool scalar = !o.contains("$ref") && !o.contains("items") && !o.contains("anyOf") &&
                          !o.contains("additionalProperties") && !o.contains("properties");
      CHECK_MESSAGE((!scalar || o.contains("examples")), where);
    }
}

}  // namespace

TEST_CASE(
    "A: every operation, parameter, field, tag, call and push is described, and has an example") {
  for (const auto& [where, operation] : operations()) {
    CHECK_MESSAGE(filled(operation, "summary"), where);
    CHECK_MESSAGE(filled(operation, "description"), where);
    if (const auto* list = operation.if_contains("parameters"))
      for (const auto& p : list->as_array()) {
        CHECK_MESSAGE(filled(p.as_object(), "description"), where);
        CHECK_MESSAGE((p.at("schema").as_object().contains("examples") ||
                       p.at("schema").as_object().contains("items")),
                      where);
      }
    if (const auto* body = operation.if_contains("requestBody"))
      for (const auto& [type, content] : body->at("content").as_object())
        if (type == "application/json")
          CHECK_MESSAGE(content.as_object().contains("example"), where);
  }
  for (const auto& tag : openapi().at("tags").as_array())
    CHECK_MESSAGE(filled(tag.as_object(), "description"), tag.at("name").as_string());
  check_described(openapi());
  check_described(asyncapi());
  for (const auto& [name, message] : asyncapi().at("components").at("messages").as_object()) {
    CHECK_MESSAGE(filled(message.as_object(), "summary"), name);
    CHECK_MESSAGE(!message.at("examples").as_array().empty(), name);
  }
  for (const auto& [status, response] : openapi().at("components").at("responses").as_object()) {
    CHECK(filled(response.as_object(), "description"));
    CHECK(
        !response.at("content").at("application/problem+json").at("examples").as_object().empty());
  }
  CHECK(filled(openapi().at("info").at("license").as_object(), "identifier"));
  CHECK(filled(openapi().at("info").at("contact").as_object(), "name"));
}

TEST_CASE("A: what any request can be answered is declared by every operation") {
  for (const auto& [where, operation] : operations())
    for (const char* status :
         {"400", "405", "413", "414", "415", "429", "431", "500", "501", "503", "504"})
      CHECK_MESSAGE(operation.at("responses").as_object().contains(status), where, " ", status);
  const auto& create =
      openapi().at("paths").at("/v1/conversations").at("post").at("responses").as_object();
  for (const char* status : {"401", "403", "404", "409"}) CHECK(create.contains(status));
  constexpr auto ban = "/v1/conversations/{conversation_id}/bans/{account_id}";
  for (const char* verb :
       {"put", "delete"})  // a write without a body can meet a state that refuses it, too
    CHECK(openapi().at("paths").at(ban).at(verb).at("responses").as_object().contains("409"));
  CHECK(openapi().at("paths").at("/v1/ws").at("get").at("responses").as_object().contains("426"));
}

TEST_CASE("A: a field's rule in the schema is the one that is checked") {
  CHECK(property("RegisterRequest", "handle") == json::value{{"type", "string"},
                                                             {"pattern", "^[A-Za-z0-9_]*$"},
                                                             {"minLength", 3},
                                                             {"maxLength", 30}});
  CHECK(property("RegisterRequest", "password").at("minLength") == 8);
  CHECK(property("RegisterRequest", "password").at("maxLength") == 1024);
  CHECK(property("RegisterRequest", "email").at("format") == "email");
  CHECK(property("RegisterRequest", "email").at("maxLength") == 254);
  CHECK(property("RegisterRequest", "display_name").at("maxLength") == 64);
  CHECK(property("SendRequest", "client_id") ==
        json::value{
            {"type", "string"}, {"pattern", "^[ -~]*$"}, {"minLength", 1}, {"maxLength", 64}});
  CHECK(property("CreateConversationRequest", "kind").at("enum") ==
        json::value{"direct", "group", "channel"});
  CHECK(property("SetRoleRequest", "role").at("enum") == json::value{"owner", "admin", "member"});
  CHECK(property("MarkRequest", "seq").at("minimum") == 0);
  CHECK(property("Conversation", "title").at("type") == json::value{"string", "null"});
  const auto& limit =
      openapi().at("paths").at("/v1/conversations").at("get").at("parameters").at(0);
  CHECK(limit.at("name") == "limit");
  CHECK(limit.at("schema").at("minimum") == 1);
  const auto& created =
      openapi().at("paths").at("/v1/conversations").at("post").at("parameters").at(0);
  CHECK(created.at("name") == "Idempotency-Key");
  CHECK(created.at("schema").at("maxLength") == 255);
}

TEST_CASE("A: bodies are named components; none is unused or lacking; protobuf names its message") {
  std::set<std::string> used;
  references(openapi(), used);
  for (const auto& [name, value] : openapi().at("components").at("schemas").as_object())
    CHECK_MESSAGE(used.contains("#/components/schemas/" + std::string(name)), name);
  const std::string_view schemas = "#/components/schemas/";
  for (const auto& reference : used)
    if (reference.starts_with(schemas))
      CHECK_MESSAGE(openapi()
                        .at("components")
                        .at("schemas")
                        .as_object()
                        .contains(reference.substr(schemas.size())),
                    reference);
  const auto choices = property("VoteRequest", "choices");
  CHECK_FALSE(
      choices.at("items").as_object().contains("not"));  // an element of a required list may be 0
  for (const auto& [where, operation] : operations()) {
    if (where.find(" /v1/") == where.npos || where == "get /v1/ws" || brings_bytes(where)) continue;
    const auto check_content = [&](const json::value& content) {
      CHECK_MESSAGE(content.at("application/json").at("schema").as_object().contains("$ref"),
                    where);
      const auto& binary = content.at("application/x-protobuf");
      CHECK(binary.at("schema").at("format") == "binary");
      CHECK(binary.at("x-protobuf-message").as_string().starts_with("nova."));
    };
    if (const auto* body = operation.if_contains("requestBody")) check_content(body->at("content"));
    for (const auto& [status, answer] : operation.at("responses").as_object())
      if (const auto* content = answer.as_object().if_contains("content")) check_content(*content);
  }
}

TEST_CASE(
    "A: uploads, contents, live streams and the archive of an export say what their bytes are") {
  std::map<std::string, json::object> found;
  for (auto& [where, operation] : operations()) found[where] = operation;
  for (const auto& row : bytes_rows) {
    REQUIRE_MESSAGE(found.contains(row.operation), row.operation);
    const auto& operation = found[row.operation];
    const auto& responses = operation.at("responses").as_object();
    for (const auto& status : row.statuses)
      CHECK_MESSAGE(responses.contains(status), row.operation, " ", status);
    std::set<std::string> types, names;
    for (const char* status : {"200", "201", "206"})
      if (const auto* answer = responses.if_contains(status))
        if (const auto* content = answer->as_object().if_contains("content"))
          for (const auto& [type, schema] : content->as_object()) types.emplace(type);
    CHECK_MESSAGE(types == row.types, row.operation);
    if (const auto* parameters = operation.if_contains("parameters"))
      for (const auto& p : parameters->as_array())
        if (p.at("in") == "header") names.emplace(p.at("name").as_string());
    for (const auto& name : row.fields)
      CHECK_MESSAGE(names.contains(name), row.operation, " ", name);
    if (const auto* body = operation.if_contains("requestBody"))
      CHECK_MESSAGE(!body->at("content").as_object().empty(), row.operation);
  }
  const auto body = [&](const char* operation) {
    return found[operation].at("requestBody").at("content").as_object();
  };
  for (const char* verb : {"post /v1/uploads", "patch /v1/uploads/{upload_id}"})
    CHECK(body(verb).contains("application/offset+octet-stream"));
  CHECK(body("post /v1/media").contains("multipart/form-data"));
  CHECK(body("post /v1/media").contains("image/*"));
  // Signed addresses need no token, encoders have the key in the path.
  CHECK(found["get /v1/media/{media_id}/content"].at("security").as_array().size() == 2);
  CHECK(found["put /v1/ingest/{stream_id}/{key}/{file}"].at("security").as_array().empty());
  CHECK_FALSE(found["post /v1/media"].contains("security"));
}

TEST_CASE("A: every method of the socket is a call with an answer, every push is sent") {
  const auto& operations = asyncapi().at("operations").as_object();
  for (const auto* m : rpc::all_methods()) {
    if (m->rpc.empty()) continue;
    const auto& call = operations.at({m->rpc.data(), m->rpc.size()});
    CHECK(call.at("action") == "receive");
    CHECK(call.at("reply").at("messages").as_array().size() == 2);
  }
  for (const auto* p : rpc::all_pushes())
    CHECK(operations.at("push." + std::string(p->rpc)).at("action") == "send");
}
