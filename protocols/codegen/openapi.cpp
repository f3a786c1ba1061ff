// openapi.json: the document and its components; its paths are in openapi_operations.cpp. Called
// by generator.cpp.
#include "protocols/codegen/openapi_operations.hpp"
#include "protocols/codegen/outputs.hpp"

#include <boost/json/serialize.hpp>

namespace nova::codegen {

namespace {

json::object schemas(const contract& all) {
  std::vector<const pb::Descriptor*> sent, received;
  left_out without;
  for (const auto& m : all.methods)
    for (const auto& r : m.routes) {
      if (takes_body(m, r)) {
        sent.push_back(m.proto->input_type());
        without[m.proto->input_type()] = r.parameters;
      }
      if ((r.status != 204 || r.status_existing != 0) && !answers_file(m))
        received.push_back(m.proto->output_type());
    }
  for (const auto* message : transfer_messages(all)) received.push_back(message);
  return schemas_of(sent, received, all, without);
}

}  // namespace

json::object about(const char* title, const char* description) {
  return {{"title", title},
          {"version", "1.1"},
          {"description", description},
          {"contact", {{"name", "The operators of this server"}}},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}};
}

std::string openapi_text(const contract& all) {
  const json::object document{
      {"openapi", "3.1.0"},
      {"info",
       about(
           "Nova",
           "Social and messaging backend: the HTTP side; the WebSocket's is /asyncapi.json, and "
           "/docs "
           "has a quick start. Errors are problem documents (RFC 9457), also for protobuf bodies. "
           "Times are RFC 3339 in UTC with milliseconds; in protobuf they are milliseconds since "
           "1970. Bodies are JSON or, with application/x-protobuf, the message that "
           "x-protobuf-message names. In a request null means absent, and unknown names are "
           "ignored.")},
      {"servers", json::array{json::object{{"url", "/"}, {"description", "This server."}}}},
      {"security", json::array{json::object{{"bearer", json::array{}}}}},
      {"tags", tags(all)},
      {"paths", paths(all)},
      {"components",
       {{"schemas", schemas(all)},
        {"responses", error_responses()},
        {"securitySchemes",
         {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"bearerFormat", "JWT"},
            {"description", "The access_token of a registration, log in or refresh."}}}}}}},
      {"x-websocket",
       {{"path", "/v1/ws"},
        {"subprotocols", {"nova.v1.json", "nova.v1.proto"}},
        {"description", "/asyncapi.json"}}}};
  return json::serialize(document);
}

}  // namespace nova::codegen
