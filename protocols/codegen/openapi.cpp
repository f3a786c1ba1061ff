// openapi.json: the document and its schemas; its paths are in openapi_operations.cpp. Called by
// generator.cpp.
#include "protocols/codegen/openapi_operations.hpp"
#include "protocols/codegen/outputs.hpp"

#include <boost/json/serialize.hpp>

namespace nova::codegen {

namespace {

json::object scalar_schema(const pb::FieldDescriptor& f) {
  using pb::FieldDescriptor;
  const auto& r = rules(f);
  if (r.time()) return {{"type", "string"}, {"format", "date-time"}};
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {{"type", "number"}};
    case FieldDescriptor::CPPTYPE_INT32:
      return {{"type", "integer"}, {"format", "int32"}};
    case FieldDescriptor::CPPTYPE_INT64:
      return {{"type", "integer"}, {"format", "int64"}};
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "integer"}, {"minimum", 0}};
    default:
      break;
  }
  json::object schema{{"type", "string"}};
  if (f.type() == FieldDescriptor::TYPE_BYTES) schema["contentEncoding"] = "base64";
  if (r.uuid()) schema["format"] = "uuid";
  if (r.required() && !f.is_repeated()) schema["minLength"] = 1;
  if (r.max_bytes() != 0) schema["maxLength"] = r.max_bytes();
  return schema;
}

json::object value_schema(const pb::FieldDescriptor& f, const contract& all) {
  return f.message_type() != nullptr ? reference(*f.message_type(), all) : scalar_schema(f);
}

json::object message_schema(const pb::Descriptor& message, const contract& all, bool sent) {
  json::object properties;
  json::array required;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    if (rules(f).hidden()) continue;
    properties[f.name()] = field_schema(f, all);
    if (always_there(f, sent)) required.emplace_back(f.name());
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object problem_schema() {
  json::array codes;
  for (const auto& e : all_errors())
    codes.emplace_back(json::string_view(e.name.data(), e.name.size()));
  const json::object text{{"type", "string"}};
  return {{"type", "object"},
          {"description", "A problem document (RFC 9457)."},
          {"required", {"type", "title", "status", "detail", "code", "request_id"}},
          {"properties",
           {{"type", text},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"detail", text},
            {"code", {{"type", "string"}, {"enum", std::move(codes)}}},
            {"request_id", text},
            {"retry_after_s", {{"type", "integer"}, {"minimum", 0}}},
            {"errors",
             {{"type", "array"},
              {"items",
               {{"type", "object"},
                {"required", {"field", "detail"}},
                {"properties", {{"field", text}, {"detail", text}}}}}}}}}};
}

json::object websocket(const contract& all) {
  json::object methods, pushes;
  for (const auto& m : all.methods)
    if (!m.options.rpc().empty())
      methods[m.options.rpc()] = json::object{{"summary", m.options.summary()},
                                              {"caller", caller_name(m.options.caller())},
                                              {"params", reference(*m.proto->input_type(), all)},
                                              {"result", reference(*m.proto->output_type(), all)}};
  for (const auto& p : all.pushes)
    pushes[p.options.rpc()] = json::object{{"params", reference(*p.proto, all)}};
  return {{"path", "/v1/ws"},
          {"subprotocols", {"nova.v1.json", "nova.v1.proto"}},
          {"methods", std::move(methods)},
          {"pushes", std::move(pushes)}};
}

}  // namespace

json::object reference(const pb::Descriptor& message, const contract& all) {
  return {{"$ref", "#/components/schemas/" + edge_name(message, all)}};
}

json::object field_schema(const pb::FieldDescriptor& f, const contract& all) {
  const auto& r = rules(f);
  json::object schema;
  if (f.is_map()) {
    schema = {{"type", "object"},
              {"additionalProperties", value_schema(*f.message_type()->map_value(), all)}};
    if (r.max_items() != 0) schema["maxProperties"] = r.max_items();
  } else if (f.is_repeated()) {
    schema = {{"type", "array"}, {"items", value_schema(f, all)}};
    if (r.required()) schema["minItems"] = 1;
    if (r.max_items() != 0) schema["maxItems"] = r.max_items();
  } else {
    schema = value_schema(f, all);
    if (r.null_when_absent() && schema.contains("type"))
      schema["type"] = json::array{schema["type"], "null"};
    else if (r.null_when_absent())
      schema = {{"anyOf", {schema, {{"type", "null"}}}}};
  }
  if (r.read_only()) schema["readOnly"] = true;
  if (!r.doc().empty()) schema["description"] = r.doc();
  return schema;
}

std::string openapi_text(const contract& all) {
  const auto seen = directions_of(all);
  json::object schemas{{"Problem", problem_schema()}};
  for (const auto* message : seen.all())
    schemas[edge_name(*message, all)] = message_schema(*message, all, seen.sends(*message));
  const json::object document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Nova"},
        {"version", "1"},
        {"description",
         "Social and messaging backend. Errors are problem documents (RFC 9457); times are RFC "
         "3339 "
         "in UTC with milliseconds; bodies are JSON or, with application/x-protobuf, protobuf."}}},
      {"servers", json::array{json::object{{"url", "/"}}}},
      {"security", json::array{json::object{{"bearer", json::array{}}}}},
      {"tags", tags(all)},
      {"paths", paths(all)},
      {"components",
       {{"schemas", std::move(schemas)},
        {"responses", error_responses()},
        {"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}}},
      {"x-websocket", websocket(all)}};
  return json::serialize(document);
}

}  // namespace nova::codegen
