// asyncapi.json: the WebSocket as AsyncAPI 3, seen from Nova: it receives calls and sends answers and
// pushes. Called by generator.cpp.
#include "protocols/codegen/documentation.hpp"
#include "protocols/codegen/openapi_operations.hpp"
#include "protocols/codegen/outputs.hpp"

#include <boost/json/serialize.hpp>

namespace nova::codegen {

namespace {

const json::object version{{"const", "2.0"}, {"type", "string"}};
const json::object id{{"description", "As the client chose it: a string or a number."},
                      {"type", {"string", "number"}},
                      {"examples", json::array{1}}};

json::object envelope(json::object properties, json::array required) {
  properties["jsonrpc"] = version;
  required.emplace_back("jsonrpc");
  return {
      {"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}

json::object message(const std::string& name, const std::string& summary, json::object payload,
                     json::object example, const std::string& protobuf) {
  return {{"name", name},
          {"title", name},
          {"summary", summary},
          {"contentType", "application/json"},
          {"payload", std::move(payload)},
          {"examples", json::array{json::object{{"payload", std::move(example)}}}},
          {"x-protobuf-message", protobuf}};
}

json::object method_name(const std::string& rpc) { return {{"type", "string"}, {"const", rpc}}; }

/// The call and its answer.
void add_messages(const method& m, const contract& all, json::object& to) {
  const auto& rpc = m.options.rpc();
  const auto& request = *m.proto->input_type();
  const auto& reply = *m.proto->output_type();
  to[rpc] = message(
      rpc, m.options.summary(),
      envelope({{"id", id}, {"method", method_name(rpc)}, {"params", reference(request, all)}},
               {"method"}),
      {{"jsonrpc", "2.0"}, {"id", 1}, {"method", rpc}, {"params", example_of(request, true)}},
      request.full_name());
  to[rpc + ".result"] = message(
      rpc + ".result", "The answer to " + rpc + ".",
      envelope({{"id", id}, {"result", reference(reply, all)}}, {"id", "result"}),
      {{"jsonrpc", "2.0"}, {"id", 1}, {"result", example_of(reply, false)}}, reply.full_name());
}

void add_push(const push& p, const contract& all, json::object& to) {
  const auto& rpc = p.options.rpc();
  auto summary = description_of(*p.proto);
  to["push." + rpc] =
      message(rpc, summary.empty() ? "Pushed." : summary,
              envelope({{"method", method_name(rpc)}, {"params", reference(*p.proto, all)}},
                       {"method", "params"}),
              {{"jsonrpc", "2.0"}, {"method", rpc}, {"params", example_of(*p.proto, false)}},
              p.proto->full_name());
}

json::object error_message() {
  json::array codes{-32700, -32600, -32601, -32602};
  json::array examples;
  for (const auto& e : all_errors()) {
    codes.emplace_back(static_cast<int>(e.code));
    examples.push_back(json::object{{"name", std::string(e.name)},
                                    {"payload",
                                     {{"jsonrpc", "2.0"},
                                      {"id", 1},
                                      {"error",
                                       {{"code", static_cast<int>(e.code)},
                                        {"message", std::string(e.title)},
                                        {"data", problem_example(e)}}}}}});
  }
  const json::object error_schema{
      {"type", "object"},
      {"required", {"code", "message"}},
      {"properties",
       {{"code",
         {{"type", "integer"},
          {"enum", std::move(codes)},
          {"description", "The error's number, or one of JSON-RPC's own."}}},
        {"message", {{"type", "string"}, {"description", "A sentence for a person."}}},
        {"data", {{"$ref", "#/components/schemas/Problem"}}}}}};
  auto answered = id;
  answered["type"] = {"string", "number", "null"};
  auto out = message("error", "The answer to a call that failed.",
                     envelope({{"id", answered}, {"error", error_schema}}, {"id", "error"}), {},
                     "nova.session.Problem");
  out["examples"] = std::move(examples);
  return out;
}

json::object refer(const std::string& path) { return {{"$ref", path}}; }
std::string channel_message(const std::string& name) {
  return "#/channels/socket/messages/" + name;
}

json::object operations(const contract& all) {
  json::object out;
  const json::object socket = refer("#/channels/socket");
  for (const auto& m : all.methods) {
    const auto& rpc = m.options.rpc();
    if (rpc.empty()) continue;
    const auto more = description_of(*m.proto);
    out[rpc] = {{"action", "receive"},
                {"channel", socket},
                {"summary", m.options.summary()},
                {"description", more.empty() ? m.options.summary() : more},
                {"messages", json::array{refer(channel_message(rpc))}},
                {"reply",
                 {{"channel", socket},
                  {"messages", json::array{refer(channel_message(rpc + ".result")),
                                           refer(channel_message("error"))}}}},
                {"x-caller", caller_name(m.options.caller())}};
  }
  for (const auto& p : all.pushes)
    out["push." + p.options.rpc()] = {
        {"action", "send"},
        {"channel", socket},
        {"summary", description_of(*p.proto)},
        {"messages", json::array{refer(channel_message("push." + p.options.rpc()))}}};
  return out;
}

}  // namespace

std::string asyncapi_text(const contract& all) {
  json::object messages, in_channel;
  for (const auto& m : all.methods)
    if (!m.options.rpc().empty()) add_messages(m, all, messages);
  for (const auto& p : all.pushes) add_push(p, all, messages);
  messages["error"] = error_message();
  for (const auto& [name, value] : messages)
    in_channel[name] = refer("#/components/messages/" + std::string(name));

  std::vector<const pb::Descriptor*> sent, received;
  for (const auto& m : all.methods) {
    if (m.options.rpc().empty()) continue;
    sent.push_back(m.proto->input_type());
    received.push_back(m.proto->output_type());
  }
  for (const auto& p : all.pushes) received.push_back(p.proto);

  auto info = about(
      "Nova's WebSocket",
      "Calls and pushes on /v1/ws. The first call is session.open, unless the handshake had a "
      "bearer token. Subprotocol nova.v1.json: JSON-RPC 2.0 in text frames. Subprotocol "
      "nova.v1.proto: nova.session.Frame in binary frames, with the message that "
      "x-protobuf-message names inside. /docs has a quick start and the client contract.");
  info["license"] = {{"name", "Apache-2.0"},
                     {"url", "https://www.apache.org/licenses/LICENSE-2.0"}};
  const json::object document{
      {"asyncapi", "3.0.0"},
      {"info", std::move(info)},
      {"defaultContentType", "application/json"},
      {"servers",
       {{"here",
         {{"host", "localhost:8080"},
          {"protocol", "ws"},
          {"description", "The server that served this document; wss behind TLS."},
          {"security", json::array{refer("#/components/securitySchemes/bearer")}}}}}},
      {"channels",
       {{"socket",
         {{"address", "/v1/ws"},
          {"title", "One socket"},
          {"description",
           "Every conversation of the account is pushed; no subscription is needed."},
          {"messages", std::move(in_channel)},
          {"bindings",
           {{"ws",
             {{"method", "GET"},
              {"headers",
               {{"type", "object"},
                {"properties",
                 {{"Sec-WebSocket-Protocol",
                   {{"type", "string"}, {"enum", {"nova.v1.json", "nova.v1.proto"}}}}}}}},
              {"bindingVersion", "0.1.0"}}}}}}}}},
      {"operations", operations(all)},
      {"components",
       {{"messages", std::move(messages)},
        {"schemas", schemas_of(sent, received, all)},
        {"securitySchemes",
         {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"bearerFormat", "JWT"},
            {"description", "In the handshake, or as access_token of session.open."}}}}}}}};
  return json::serialize(document);
}

}  // namespace nova::codegen
