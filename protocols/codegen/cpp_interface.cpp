// <noun>.nova.hpp and .cpp: see outputs.hpp. Called by generator.cpp.
#include "protocols/codegen/fill.hpp"
#include "protocols/codegen/outputs.hpp"

#include <google/protobuf/compiler/cpp/names.h>

#include <set>

namespace nova::codegen {

namespace {

std::string namespace_of_json_functions(const std::string& body, const pb::FileDescriptor& file) {
  return fill("namespace $namespace$ {\n\n", {{"namespace", cpp_namespace(file)}}) + body +
         fill("}  // namespace $namespace$\n\n", {{"namespace", cpp_namespace(file)}});
}

std::string specialisation(const pb::Descriptor& message) {
  return fill("template <>\nconst message_type& message_type_of<$class$>()",
              {{"class", cpp_class(message)}});
}

std::string declare_messages(const contract& declared) {
  std::string out;
  for (const auto* message : declared.messages)
    out += fill(R"(void write_json(const $class$& m, std::string& out);
void read_json(const boost::json::value& in, $class$& m, const rpc::json::place& at, rpc::json::errors& to);
bool set_from_text($class$& m, std::string_view field, std::string_view text, rpc::json::errors& to);
void validate(const $class$& m, const rpc::json::place& at, rpc::json::errors& to);

)",
                {{"class", cpp_class(*message)}});
  return out;
}

std::string declare_events(const contract& declared) {
  std::string out;
  for (const auto& e : declared.events)
    out += fill("const rpc::event_type& $name$_event();\n", {{"name", e.identifier}});
  for (const auto& p : declared.pushes)
    out += fill("const rpc::push_type& $name$_push();\nrpc::push_ptr make_push($class$ body);\n",
                {{"name", p.identifier}, {"class", cpp_class(*p.proto)}});
  return out.empty() ? out : out + "\n";
}

std::string declare_interface(const contract& declared) {
  if (declared.methods.empty()) return {};
  std::string methods;
  for (const auto& m : declared.methods)
    methods += fill(R"(  struct $name$ {
    using request = $request$;
    using reply = $reply$;
    static const rpc::method& info();
  };
)",
                    {{"name", m.identifier},
                     {"request", cpp_class(*m.proto->input_type())},
                     {"reply", cpp_class(*m.proto->output_type())}});
  return fill("struct $domain$_interface {\n$methods$};\n\n",
              {{"domain", declared.methods.front().domain}, {"methods", methods}});
}

std::string declare_bindings(const contract& declared) {
  std::set<std::string> entities;
  for (const auto& m : declared.methods)
    if (!m.options.entity().empty()) entities.insert(m.options.entity());
  std::string out;
  for (const auto& entity : entities) {
    std::string lines;
    for (const auto& m : declared.methods)
      if (m.options.entity() == entity)
        lines += fill("  table.template add<$domain$_interface::$name$>(&Kind::$name$);\n",
                      {{"domain", m.domain}, {"name", m.identifier}});
    out += fill(
        R"(/// Adds Kind's handler of every method of `$entity$`; a missing one does not compile.
template <class Kind, class Table>
void bind_$entity$(Table& table) {
$lines$}

)",
        {{"entity", entity}, {"lines", lines}});
  }
  return out;
}

/// A lambda that reads `field` of a request or event as text, or nullptr.
std::string text_of_field(const pb::Descriptor& message, const std::string& name) {
  const auto* field = message.FindFieldByName(name);
  if (field == nullptr) return "nullptr";
  const bool text = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING;
  return fill(
      "[](const rpc::message& m) -> std::string { return $open$static_cast<const "
      "$class$&>(m).$get$()$close$; }",
      {{"class", cpp_class(message)},
       {"get", pb::compiler::cpp::FieldName(field)},
       {"open", text ? "" : "std::to_string("},
       {"close", text ? "" : ")"}});
}

std::string existing_of(const method& m) {
  const auto& reply = *m.proto->output_type();
  const auto* field = reply.FindFieldByName("existing");
  if (field == nullptr || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_BOOL) return "nullptr";
  return fill(
      "[](const rpc::message& m) -> bool { return static_cast<const $class$&>(m).existing(); }",
      {{"class", cpp_class(reply)}});
}

std::string routes_of(const method& m) {
  if (m.routes.empty()) return {};
  std::string rows;
  for (const auto& r : m.routes)
    rows += fill("      {rpc::verb::$verb$, $path$, $status$, $existing$},\n",
                 {{"verb", r.verb == "delete" ? "delete_" : r.verb},
                  {"path", quoted(r.path)},
                  {"status", std::to_string(r.status)},
                  {"existing", std::to_string(r.status_existing)}});
  return "  static constexpr rpc::http_route routes[] = {\n" + rows + "  };\n";
}

std::string define_method(const method& m) {
  const auto& o = m.options;
  const bool by_field = key_source_name(o) == "field";
  return fill(R"(const rpc::method& $domain$_interface::$identifier$::info() {
$routes$  static const rpc::method row{
      .number = $number$,
      .name = $name$,
      .domain = $domain_text$,
      .rpc = $rpc$,
      .routes = $routes_name$,
      .entity = $entity$,
      .key = rpc::key_source::$key$,
      .key_of = $key_of$,
      .caller = rpc::caller_kind::$caller$,
      .rate = rpc::rate_class::$rate$,
      .deadline_ms = $deadline$,
      .idempotency = rpc::idempotency::$idempotency$,
      .idempotency_scope_of = $scope$,
      .query = $query$,
      .settles_in = $settles$,
      .resumes = $resumes$,
      .token_keys = $token_keys$,
      .revocations = $revocations$,
      .cards = $cards$, .posts = $posts$, .messages = $messages$,
      .operators = $operators$, .moves_sagas = $moves_sagas$,
      .media = $media$, .membership = $membership$, .transfer = $transfer$, .answered_by = $answered_by$,
      .summary = $summary$,
      .request = &rpc::message_type_of<$request$>(),
      .reply = &rpc::message_type_of<$reply$>(),
      .existing = $existing$,
  };
  return row;
}

)",
              {{"domain", m.domain},
               {"identifier", m.identifier},
               {"routes", routes_of(m)},
               {"number", std::to_string(o.number())},
               {"name", quoted(m.name)},
               {"domain_text", quoted(m.domain)},
               {"rpc", quoted(o.rpc())},
               {"routes_name", m.routes.empty() ? "{}" : "routes"},
               {"entity", quoted(o.entity())},
               {"key", key_source_name(o)},
               {"key_of", by_field ? text_of_field(*m.proto->input_type(), o.key()) : "nullptr"},
               {"caller", caller_name(o.caller()) + (o.caller() == options::OPERATOR ? "_" : "")},
               {"rate", rate_name(o.rate())},
               {"deadline", std::to_string(o.deadline_ms())},
               {"idempotency", idempotency_name(o.idempotency())},
               {"scope", text_of_field(*m.proto->input_type(), o.idempotency_scope())},
               {"query", o.query() ? "true" : "false"},
               {"settles", quoted(o.settles_in())},
               {"resumes", o.resumes() ? "true" : "false"},
               {"token_keys", o.token_keys() ? "true" : "false"},
               {"revocations", o.revocations() ? "true" : "false"},
               {"cards", o.cards() ? "true" : "false"},
               {"posts", o.posts() ? "true" : "false"},
               {"messages", o.messages() ? "true" : "false"},
               {"operators", o.operators() ? "true" : "false"},
               {"moves_sagas", o.moves_sagas() ? "true" : "false"},
               {"media", o.media() ? "true" : "false"},
               {"membership", o.membership() ? "true" : "false"},
               {"transfer", quoted(o.transfer())},
               {"answered_by", quoted(o.answered_by())},
               {"summary", quoted(o.summary())},
               {"request", cpp_class(*m.proto->input_type())},
               {"reply", cpp_class(*m.proto->output_type())},
               {"existing", existing_of(m)}});
}

std::string define_events(const contract& declared) {
  std::string out;
  for (const auto& e : declared.events)
    out += fill(R"(const rpc::event_type& $identifier$_event() {
  static const rpc::event_type row{$number$, $name$, $domain$, &rpc::message_type_of<$class$>(),
                                   $key_of$};
  return row;
}

)",
                {{"identifier", e.identifier},
                 {"number", std::to_string(e.options.number())},
                 {"name", quoted(e.domain + "." + e.proto->name())},
                 {"domain", quoted(e.domain)},
                 {"class", cpp_class(*e.proto)},
                 {"key_of", text_of_field(*e.proto, e.options.key())}});
  for (const auto& p : declared.pushes)
    out += fill(
        R"(const rpc::push_type& $name$_push() {
  static const rpc::push_type row{$rpc$, &rpc::message_type_of<$class$>()};
  return row;
}

rpc::push_ptr make_push($class$ body) {
  return std::make_shared<const rpc::push>($name$_push(), std::make_shared<const $class$>(std::move(body)));
}

)",
        {{"name", p.identifier}, {"rpc", quoted(p.options.rpc())}, {"class", cpp_class(*p.proto)}});
  return out;
}

}  // namespace

std::string cpp_header(const pb::FileDescriptor& file, const contract& declared) {
  std::string types;
  for (const auto* message : declared.messages) types += specialisation(*message) + ";\n";
  return fill(R"(// Generated from $file$ by protocols/codegen: do not edit.
#pragma once

#include "protocols/core/bus.hpp"
#include "protocols/core/json.hpp"
#include "$stem$.pb.h"

)",
              {{"file", file.name()}, {"stem", stem_of(file)}}) +
         namespace_of_json_functions(declare_messages(declared) + declare_events(declared) +
                                         declare_interface(declared) + declare_bindings(declared),
                                     file) +
         "namespace nova::rpc {\n\n" + types + "\n}  // namespace nova::rpc\n";
}

std::string cpp_source(const pb::FileDescriptor& file, const contract& declared) {
  std::string includes = fill("#include \"$stem$.nova.hpp\"\n\n", {{"stem", stem_of(file)}});
  for (int i = 0; i < file.dependency_count(); ++i) {
    const auto& other = *file.dependency(i);
    if (other.package() != "google.protobuf" && other.package() != "nova.options")
      includes += fill("#include \"$stem$.nova.hpp\"\n", {{"stem", stem_of(other)}});
  }
  std::string types, functions, methods;
  for (const auto* message : declared.messages) {
    types += specialisation(*message) +
             fill(R"( {
  static constexpr message_type row = json::row_of<$class$>($name$);
  return row;
}

)",
                  {{"class", cpp_class(*message)}, {"name", quoted(message->full_name())}});
    functions += cpp_json(*message);
  }
  for (const auto& m : declared.methods) methods += define_method(m);
  return fill("// Generated from $file$ by protocols/codegen: do not edit.\n",
              {{"file", file.name()}}) +
         includes +
         "#include <boost/json/array.hpp>\n#include <boost/json/object.hpp>\n#include "
         "<boost/json/value.hpp>\n\n"
         "#include <utility>\n\nnamespace nova::rpc {\n\n" +
         types + "}  // namespace nova::rpc\n\n" +
         namespace_of_json_functions(
             "namespace json = rpc::json;\n\n" + functions + define_events(declared) + methods,
             file);
}

}  // namespace nova::codegen
