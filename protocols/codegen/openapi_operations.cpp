#include "protocols/codegen/openapi_operations.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace nova::codegen {

namespace {

bool has_body(const route& r) { return r.verb != "get" && r.verb != "delete"; }

bool in_path(const route& r, const std::string& name) {
  return std::find(r.parameters.begin(), r.parameters.end(), name) != r.parameters.end();
}

std::vector<const pb::FieldDescriptor*> other_fields(const method& m, const route& r) {
  std::vector<const pb::FieldDescriptor*> fields;
  const auto& request = *m.proto->input_type();
  for (int i = 0; i < request.field_count(); ++i) {
    const auto& f = *request.field(i);
    if (!rules(f).hidden() && !rules(f).read_only() && !in_path(r, f.name())) fields.push_back(&f);
  }
  return fields;
}

json::object parameter(const pb::FieldDescriptor& f, const char* in, bool required,
                       const contract& all) {
  json::object schema = field_schema(f, all);
  json::object out{{"name", f.name()}, {"in", in}, {"required", required}};
  if (const auto* doc = schema.if_contains("description")) {
    out["description"] = *doc;
    schema.erase("description");
  }
  out["schema"] = std::move(schema);
  return out;
}

json::array parameters(const method& m, const route& r, const contract& all) {
  json::array out;
  for (const auto& name : r.parameters)
    out.push_back(parameter(*m.proto->input_type()->FindFieldByName(name), "path", true, all));
  if (!has_body(r))
    for (const auto* f : other_fields(m, r))
      out.push_back(parameter(*f, "query", rules(*f).required(), all));
  if (m.options.idempotency() == options::KEY)
    out.push_back(json::object{
        {"name", "Idempotency-Key"},
        {"in", "header"},
        {"description",
         "Kept for 24 hours: the same key with the same body gives the first answer again."},
        {"schema", {{"type", "string"}}}});
  return out;
}

json::object content(const json::value& schema) {
  return {{"application/json", {{"schema", schema}}}, {"application/x-protobuf", json::object{}}};
}

json::value request_body(const method& m, const route& r, const contract& all) {
  const auto fields = other_fields(m, r);
  if (!has_body(r) || fields.empty()) return nullptr;
  json::object properties;
  json::array required;
  for (const auto* f : fields) {
    properties[f->name()] = field_schema(*f, all);
    if (rules(*f).required()) required.emplace_back(f->name());
  }
  const bool needed = !required.empty();
  json::value schema = reference(*m.proto->input_type(), all);
  if (!r.parameters.empty()) {
    schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (needed) schema.as_object()["required"] = std::move(required);
  }
  return {{"required", needed}, {"content", content(schema)}};
}

std::set<int> error_statuses(const method& m, const route& r) {
  std::set<int> statuses = {400, 429, 431, 500, 503, 504};
  const auto caller = m.options.caller();
  if (caller != options::ANONYMOUS || m.options.rate() == options::SIGN_IN ||
      m.options.key() == "refresh_token")
    statuses.insert(401);
  if (caller == options::MEMBER || caller == options::ADMIN || !r.parameters.empty())
    statuses.insert({403, 404});
  if (has_body(r)) statuses.insert({409, 413, 415});
  return statuses;
}

json::object answers(const method& m, const route& r, const contract& all) {
  json::object out;
  json::object success{{"description", "Success."}};
  if (r.status != 204) success["content"] = content(reference(*m.proto->output_type(), all));
  out[std::to_string(r.status)] = success;
  if (r.status_existing != 0) {
    success["description"] = "It existed already.";
    out[std::to_string(r.status_existing)] = std::move(success);
  }
  for (const int status : error_statuses(m, r))
    out[std::to_string(status)] = {
        {"$ref", "#/components/responses/Error" + std::to_string(status)}};
  return out;
}

json::object operation(const method& m, const route& r, const contract& all) {
  const auto id = m.domain + "." + snake_case(m.proto->name());
  json::object out{
      {"operationId", id}, {"summary", m.options.summary()}, {"tags", json::array{m.domain}}};
  if (&r != &m.routes.front()) out["operationId"] = id + "." + std::to_string(&r - m.routes.data());
  if (m.options.caller() == options::ANONYMOUS) out["security"] = json::array{};
  if (auto list = parameters(m, r, all); !list.empty()) out["parameters"] = std::move(list);
  if (auto body = request_body(m, r, all); !body.is_null()) out["requestBody"] = std::move(body);
  out["responses"] = answers(m, r, all);
  if (!m.options.rpc().empty()) out["x-websocket-method"] = m.options.rpc();
  return out;
}

json::object own_operation(const char* id, const char* summary, const char* media_type) {
  json::object success{{"description", "Success."}};
  if (media_type != nullptr) success["content"] = {{media_type, json::object{}}};
  return {{"operationId", id},
          {"summary", summary},
          {"tags", json::array{"operation"}},
          {"security", json::array{}},
          {"responses", {{"200", std::move(success)}}}};
}

void add_own_paths(json::object& to) {
  const json::object unavailable{{"$ref", "#/components/responses/Error503"}};
  to["/healthz"] = {{"get", own_operation("healthz", "The process is alive.", nullptr)}};
  to["/readyz"] = {{"get", own_operation("readyz", "Nova can serve.", nullptr)}};
  to["/readyz"].as_object()["get"].as_object()["responses"].as_object()["503"] = unavailable;
  to["/metrics"] = {
      {"get", own_operation("metrics", "Metrics in Prometheus' text format.", "text/plain")}};
  to["/openapi.json"] = {{"get", own_operation("openapi", "This document.", "application/json")}};
  json::object socket{
      {"operationId", "websocket"},
      {"summary",
       "Opens a WebSocket: JSON-RPC 2.0 or protobuf frames, by subprotocol; its methods and "
       "pushes are listed in x-websocket."},
      {"tags", json::array{"operation"}},
      {"security", json::array{json::object{}, json::object{{"bearer", json::array{}}}}}};
  socket["responses"] = {{"101", {{"description", "The connection is a WebSocket now."}}}};
  for (const int status : {400, 401, 403, 429, 503})
    socket["responses"].as_object()[std::to_string(status)] = {
        {"$ref", "#/components/responses/Error" + std::to_string(status)}};
  to["/v1/ws"] = {{"get", std::move(socket)}};
}

}  // namespace

json::object paths(const contract& all) {
  json::object out;
  for (const auto& m : all.methods)
    for (const auto& r : m.routes) {
      auto& path = out[r.path];
      if (path.is_null()) path = json::object{};
      path.as_object()[r.verb] = operation(m, r, all);
    }
  add_own_paths(out);
  return out;
}

json::array tags(const contract& all) {
  std::set<std::string> names = {"operation"};
  for (const auto& m : all.methods)
    if (!m.routes.empty()) names.insert(m.domain);
  json::array out;
  for (const auto& name : names) out.push_back(json::object{{"name", name}});
  return out;
}

json::object error_responses() {
  std::map<int, std::pair<std::string, bool>> by_status;
  for (const auto& e : all_errors()) {
    auto& [text, retry] = by_status[e.http_status];
    text += (text.empty() ? "" : " ") + ("`" + std::string(e.name) + "`: ") + std::string(e.title);
    retry = retry || e.retry;
  }
  json::object out;
  for (const auto& [status, row] : by_status) {
    json::object headers{{"X-Request-Id", {{"schema", {{"type", "string"}}}}}};
    if (row.second) headers["Retry-After"] = {{"schema", {{"type", "integer"}}}};
    out["Error" + std::to_string(status)] = {
        {"description", row.first},
        {"headers", std::move(headers)},
        {"content",
         {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  }
  return out;
}

}  // namespace nova::codegen
