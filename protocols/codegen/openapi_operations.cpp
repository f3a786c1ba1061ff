#include "protocols/codegen/openapi_operations.hpp"

#include "protocols/codegen/documentation.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace nova::codegen {

namespace {

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

/// A DELETE that needs more than its path has it in the body: a password does not stand in an address.
bool has_body(const method& m, const route& r) {
  const auto fields = other_fields(m, r);
  return r.verb == "delete" ? std::any_of(fields.begin(), fields.end(),
                                          [](const auto* f) { return rules(*f).required(); })
                            : r.verb != "get";
}

json::object parameter(const pb::FieldDescriptor& f, const char* in, bool required,
                       const contract& all) {
  json::object schema = field_schema(f, all, true);
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
  if (!has_body(m, r))
    for (const auto* f : other_fields(m, r))
      out.push_back(parameter(*f, "query", rules(*f).required(), all));
  if (m.options.idempotency() == options::KEY)
    out.push_back(json::object{
        {"name", "Idempotency-Key"},
        {"in", "header"},
        {"required", false},
        {"description",
         "Kept for 24 hours: the same key with the same body gives the first answer again; with "
         "another body it is refused."},
        {"schema",
         {{"type", "string"},
          {"pattern", "^[ -~]*$"},
          {"minLength", 1},
          {"maxLength", 255},
          {"examples", json::array{"order-4711"}}}}});
  return out;
}

json::object content(const pb::Descriptor& message, bool sent,
                     const std::vector<std::string>& without, const contract& all) {
  return {{"application/json",
           {{"schema", reference(message, all)}, {"example", example_of(message, sent, without)}}},
          {"application/x-protobuf",
           {{"schema",
             {{"type", "string"},
              {"format", "binary"},
              {"description", "The protobuf message " + message.full_name() + "."}}},
            {"x-protobuf-message", message.full_name()}}}};
}

json::value request_body(const method& m, const route& r, const contract& all) {
  if (!takes_body(m, r)) return nullptr;
  bool needed = false;
  for (const auto* f : other_fields(m, r)) needed |= rules(*f).required();
  const auto& request = *m.proto->input_type();
  return {{"required", needed}, {"content", content(request, true, r.parameters, all)}};
}

void refer_to_errors(const std::set<int>& statuses, json::object& responses) {
  for (const auto& e : all_errors())
    if (statuses.contains(e.http_status))
      responses[std::to_string(e.http_status)] = {
          {"$ref", "#/components/responses/Error" + std::to_string(e.http_status)}};
}

/// What any request can be answered, whatever its path.
const std::set<int> always = {400, 405, 413, 414, 415, 417, 429, 431, 500, 501, 503, 504, 505};

std::set<int> error_statuses(const method& m, const route& r) {
  auto statuses = always;
  const auto caller = m.options.caller();
  if (caller != options::ANONYMOUS || m.options.rate() == options::SIGN_IN ||
      m.options.key() == "refresh_token")
    statuses.insert(401);
  const bool about_others = m.options.rate() == options::WRITE && caller != options::ANONYMOUS;
  if (about_others || caller == options::MEMBER || caller == options::ADMIN ||
      caller == options::OPERATOR || !r.parameters.empty())
    statuses.insert({403, 404});
  if (has_body(m, r) || m.options.rate() == options::WRITE) statuses.insert(409);
  return statuses;
}

json::object answers(const method& m, const route& r, const contract& all) {
  json::object out;
  json::object success{{"description", "Success."}};
  const auto body = [&]() -> json::object {
    if (!answers_file(m)) return content(*m.proto->output_type(), false, {}, all);
    return {{"application/zip", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
  };
  if (r.status != 204) success["content"] = body();
  out[std::to_string(r.status)] = success;
  if (r.status_existing != 0) {
    success["description"] =
        r.status_existing == 202 ? "Accepted; not in force yet." : "It existed already.";
    success["content"] = body();
    out[std::to_string(r.status_existing)] = std::move(success);
  }
  refer_to_errors(error_statuses(m, r), out);
  return out;
}

json::object operation(const method& m, const route& r, const contract& all) {
  const auto id = m.domain + "." + snake_case(m.proto->name());
  json::object out{
      {"operationId", id}, {"summary", m.options.summary()}, {"tags", json::array{m.domain}}};
  if (&r != &m.routes.front()) out["operationId"] = id + "." + std::to_string(&r - m.routes.data());
  const auto more = description_of(*m.proto);
  out["description"] = more.empty() ? m.options.summary() : more;
  if (m.options.caller() == options::ANONYMOUS) out["security"] = json::array{};
  if (m.options.caller() == options::GUEST) out["security"] = with_or_without_token();
  if (auto list = parameters(m, r, all); !list.empty()) out["parameters"] = std::move(list);
  if (auto body = request_body(m, r, all); !body.is_null()) out["requestBody"] = std::move(body);
  out["responses"] = answers(m, r, all);
  if (!m.options.rpc().empty()) out["x-websocket-method"] = m.options.rpc();
  return out;
}

json::object own_operation(const char* id, const char* summary, const char* media_type,
                           const json::value& example) {
  const json::object schema{{"type", example.is_string() ? "string" : "object"}};
  auto responses = error_answers({});
  responses["200"] = {{"description", "Success."},
                      {"content", {{media_type, {{"schema", schema}, {"example", example}}}}}};
  return {{"operationId", id},         {"summary", summary},
          {"description", summary},    {"tags", json::array{"operation"}},
          {"security", json::array{}}, {"responses", std::move(responses)}};
}

json::object socket_operation() {
  auto responses = error_answers({401, 403});
  responses["101"] = {{"description", "The connection is a WebSocket now."}};
  responses["426"] = {{"description", "The request is no WebSocket handshake of version 13."}};
  return {{"operationId", "websocket"},
          {"summary", "Opens a WebSocket."},
          {"description",
           "JSON-RPC 2.0 or protobuf frames, by subprotocol (nova.v1.json or nova.v1.proto); its "
           "methods and pushes are in /asyncapi.json."},
          {"tags", json::array{"operation"}},
          {"security", with_or_without_token()},
          {"responses", std::move(responses)}};
}

void add_own_paths(json::object& to) {
  const auto add = [&](const char* path, json::object operation) {
    to[path] = {{"get", std::move(operation)}};
  };
  const char* type = "application/json";
  add("/healthz", own_operation("healthz", "The process is alive.", type, {{"status", "ok"}}));
  add("/readyz", own_operation("readyz", "Nova can serve.", type, {{"status", "ready"}}));
  add("/metrics", own_operation("metrics", "Metrics in Prometheus' text format.", "text/plain",
                                "nova_gateway_requests_total 1\n"));
  add("/openapi.json", own_operation("openapi", "This document.", type, {{"openapi", "3.1.0"}}));
  add("/asyncapi.json",
      own_operation("asyncapi", "The WebSocket's methods and pushes, as AsyncAPI 3.", type,
                    {{"asyncapi", "3.0.0"}}));
  add("/v1/ws", socket_operation());
}

std::string tag_description(const std::string& name, const contract& all) {
  if (name == "operation") return "What operators and tools ask for.";
  for (const auto& m : all.methods)
    if (m.domain == name) return description_of(*m.proto->service());
  return {};
}

}  // namespace

bool takes_body(const method& m, const route& r) {
  return has_body(m, r) && !other_fields(m, r).empty();
}

bool answers_file(const method& m) {
  return m.proto->output_type()->full_name() == "nova.views.Archive";
}

json::object error_answers(std::set<int> more) {
  more.insert(always.begin(), always.end());
  json::object out;
  refer_to_errors(more, out);
  return out;
}

json::array with_or_without_token() {
  return {json::object{}, json::object{{"bearer", json::array{}}}};
}

json::object paths(const contract& all) {
  json::object out;
  for (const auto& m : all.methods)
    for (const auto& r : m.routes) {
      auto& path = out[r.path];
      if (path.is_null()) path = json::object{};
      path.as_object()[r.verb] = operation(m, r, all);
    }
  for (auto& [path, verbs] : transfer_paths(all)) out[path] = std::move(verbs);
  add_own_paths(out);
  return out;
}

json::array tags(const contract& all) {
  std::set<std::string> names = {"operation"};
  for (const auto& m : all.methods)
    if (!m.routes.empty()) names.insert(m.domain);
  json::array out;
  for (const auto& name : names)
    out.push_back(json::object{{"name", name}, {"description", tag_description(name, all)}});
  return out;
}

json::object error_responses() {
  struct row {
    std::string text;
    bool retry = false;
    json::object examples;
  };
  std::map<int, row> by_status;
  for (const auto& e : all_errors()) {
    auto& [text, retry, examples] = by_status[e.http_status];
    text += (text.empty() ? "" : " ") + ("`" + std::string(e.name) + "`: ") + std::string(e.title);
    retry = retry || e.retry;
    examples[std::string(e.name)] = {{"value", problem_example(e)}};
  }
  json::object out;
  for (const auto& [status, row] : by_status) {
    json::object headers{
        {"X-Request-Id",
         {{"description", "Names the request in Nova's log."}, {"schema", {{"type", "string"}}}}}};
    if (row.retry)
      headers["Retry-After"] = {{"description", "Seconds."}, {"schema", {{"type", "integer"}}}};
    out["Error" + std::to_string(status)] = {
        {"description", row.text},
        {"headers", std::move(headers)},
        {"content",
         {{"application/problem+json",
           {{"schema", {{"$ref", "#/components/schemas/Problem"}}}, {"examples", row.examples}}}}}};
  }
  return out;
}

}  // namespace nova::codegen
