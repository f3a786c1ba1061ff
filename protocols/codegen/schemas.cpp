#include "protocols/codegen/schemas.hpp"

#include "protocols/codegen/documentation.hpp"
#include "protocols/codegen/outputs.hpp"

#include <algorithm>

namespace nova::codegen {

namespace {

constexpr const char* email_pattern =
    R"(^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
    R"((\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$)";

json::object text_schema(const pb::FieldDescriptor& f) {
  const auto& r = rules(f);
  json::object schema{{"type", "string"}};
  if (f.type() == pb::FieldDescriptor::TYPE_BYTES) schema["contentEncoding"] = "base64";
  if (r.uuid()) schema["format"] = "uuid";
  if (r.email()) {
    schema["format"] = "email";
    schema["pattern"] = email_pattern;
  }
  if (r.one_of_size() != 0) schema["enum"] = json::array(r.one_of().begin(), r.one_of().end());
  if (!r.charset().empty()) schema["pattern"] = "^[" + r.charset() + "]*$";
  if (r.min_chars() != 0) schema["minLength"] = r.min_chars();
  else if (r.required() && !f.is_repeated()) schema["minLength"] = 1;
  // JSON Schema counts code points: so many bytes have at most as many of them.
  if (r.max_chars() != 0) schema["maxLength"] = r.max_chars();
  else if (r.max_bytes() != 0) schema["maxLength"] = r.max_bytes();
  return schema;
}

json::object scalar_schema(const pb::FieldDescriptor& f, bool sent) {
  using pb::FieldDescriptor;
  const auto& r = rules(f);
  json::object schema;
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return {{"type", "number"}};
    case FieldDescriptor::CPPTYPE_INT32: return {{"type", "integer"}, {"format", "int32"}};
    case FieldDescriptor::CPPTYPE_INT64:
      if (r.time()) return {{"type", "string"}, {"format", "date-time"}};
      schema = {{"type", "integer"}, {"format", "int64"}};
      if (r.has_min()) schema["minimum"] = r.min();
      if (!r.has_min() && sent && r.required() && !f.has_presence() && !f.is_repeated())
        schema["not"] = {{"const", 0}};
      return schema;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: return {{"type", "integer"}, {"minimum", 0}};
    default: return text_schema(f);
  }
}

json::object value_schema(const pb::FieldDescriptor& f, const contract& all, bool sent) {
  return f.message_type() != nullptr ? reference(*f.message_type(), all) : scalar_schema(f, sent);
}

std::string bytes_note(const options::Field& r) {
  if (r.max_bytes() == 0 || r.max_chars() != 0 || !r.charset().empty()) return {};
  return " At most " + std::to_string(r.max_bytes()) + " bytes of UTF-8.";
}

json::object message_schema(const pb::Descriptor& message, const contract& all, bool sent,
                            const std::vector<std::string>& without) {
  json::object properties;
  json::array required;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    if (rules(f).hidden()) continue;
    if (std::find(without.begin(), without.end(), f.name()) != without.end()) continue;
    properties[f.name()] = field_schema(f, all, sent);
    if (always_there(f, sent)) required.emplace_back(f.name());
  }
  json::object schema{{"type", "object"}};
  if (auto text = description_of(message); !text.empty()) schema["description"] = text;
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json::object problem_schema() {
  json::array codes;
  for (const auto& e : all_errors())
    codes.emplace_back(json::string_view(e.name.data(), e.name.size()));
  const auto text = [](const char* what, const char* example) {
    return json::object{
        {"type", "string"}, {"description", what}, {"examples", json::array{example}}};
  };
  auto code = text("The error's name; it never changes its meaning.", "invalid_request");
  code["enum"] = std::move(codes);
  const json::object field_problem{
      {"type", "object"},
      {"required", {"field", "detail"}},
      {"properties",
       {{"field", text("The field, by dotted name.", "member_ids.3")},
        {"detail", text("A sentence for a person.", "Must be a UUID.")}}}};
  return {{"type", "object"},
          {"description", "A problem document (RFC 9457)."},
          {"required", {"type", "title", "status", "detail", "code", "request_id"}},
          {"properties",
           {{"type", text("The code as a URN.", "urn:nova:problem:invalid_request")},
            {"title", text("What kind of problem it is.", "The request is not valid.")},
            {"status",
             {{"type", "integer"},
              {"description", "The HTTP status; also on a socket."},
              {"examples", json::array{400}}}},
            {"detail", text("A sentence for a person.", "Some fields are not valid.")},
            {"code", std::move(code)},
            {"request_id",
             text("Names the request in Nova's log.", "0197c9a2-6f00-7c3e-8a55-0d6a4e1f2b90")},
            {"retry_after_s",
             {{"type", "integer"},
              {"minimum", 0},
              {"description", "The same request may succeed after so many seconds."},
              {"examples", json::array{1}}}},
            {"errors",
             {{"type", "array"},
              {"description", "The fields that are not valid, at most 50."},
              {"items", field_problem}}}}}};
}

}  // namespace

json::object reference(const pb::Descriptor& message, const contract& all) {
  if (message.field_count() == 0) return {{"type", "object"}};
  return {{"$ref", "#/components/schemas/" + edge_name(message, all)}};
}

json::object field_schema(const pb::FieldDescriptor& f, const contract& all, bool sent) {
  const auto& r = rules(f);
  json::object schema;
  if (f.is_map()) {
    schema = {{"type", "object"},
              {"additionalProperties", value_schema(*f.message_type()->map_value(), all, sent)}};
    if (r.max_items() != 0) schema["maxProperties"] = r.max_items();
  } else if (f.is_repeated()) {
    schema = {{"type", "array"}, {"items", value_schema(f, all, sent)}};
    if (r.required()) schema["minItems"] = 1;
    if (r.max_items() != 0) schema["maxItems"] = r.max_items();
    if (takes_null(f)) schema["type"] = json::array{"array", "null"};
  } else {
    schema = value_schema(f, all, sent);
    if (takes_null(f) && schema.contains("enum")) schema["enum"].as_array().emplace_back(nullptr);
    if (takes_null(f) && schema.contains("type"))
      schema["type"] = json::array{schema["type"], "null"};
    else if (takes_null(f)) schema = {{"anyOf", {schema, {{"type", "null"}}}}};
  }
  if (r.read_only()) schema["readOnly"] = true;
  if (auto text = description_of(f) + bytes_note(r); !text.empty()) schema["description"] = text;
  if (f.message_type() == nullptr) schema["examples"] = json::array{example_of(f, sent)};
  return schema;
}

json::object schemas_of(const std::vector<const pb::Descriptor*>& sent,
                        const std::vector<const pb::Descriptor*>& received, const contract& all,
                        const left_out& without) {
  json::object out{{"Problem", problem_schema()}};
  const auto add = [&](const std::vector<const pb::Descriptor*>& roots, bool from_clients) {
    for (const auto* message : reachable(roots)) {
      const auto name = edge_name(*message, all);
      if (message->field_count() == 0 || out.contains(name)) continue;
      const auto found = without.find(message);
      out[name] =
          message_schema(*message, all, from_clients,
                         found == without.end() ? std::vector<std::string>{} : found->second);
    }
  };
  add(sent, true);
  add(received, false);
  return out;
}

json::object problem_example(const errc_info& e) {
  json::object out{{"type", "urn:nova:problem:" + std::string(e.name)},
                   {"title", std::string(e.title)},
                   {"status", e.http_status},
                   {"detail", std::string(e.title)},
                   {"code", std::string(e.name)},
                   {"request_id", "0197c9a2-6f00-7c3e-8a55-0d6a4e1f2b90"}};
  if (e.retry) out["retry_after_s"] = 1;
  return out;
}

}  // namespace nova::codegen
