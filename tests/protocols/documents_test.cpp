// What openapi.json and asyncapi.json say: rules, statuses, descriptions, examples. Their form is checked by
// openapi_test.mjs and asyncapi_test.mjs, with validators that are not ours.
#include "protocols/core/method.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

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
      CHECK_MESSAGE(body->at("content").at("application/json").as_object().contains("example"),
                    where);
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
    if (where.find(" /v1/") == where.npos || where == "get /v1/ws") continue;
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
