// nova_types.ts, which the web page imports. Called by generator.cpp.
#include "protocols/codegen/documentation.hpp"
#include "protocols/codegen/fill.hpp"
#include "protocols/codegen/outputs.hpp"

#include "protocols/core/error.hpp"

#include <algorithm>
#include <cctype>

namespace nova::codegen {

namespace {

std::string text_type(const pb::FieldDescriptor& f) {
  std::string out;
  for (const auto& value : rules(f).one_of()) out += (out.empty() ? "" : " | ") + quoted(value);
  return out.empty() ? "string" : out;
}

std::string value_type(const pb::FieldDescriptor& f, const contract& all) {
  if (rules(f).time()) return "string";
  switch (f.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_MESSAGE: return edge_name(*f.message_type(), all);
    case pb::FieldDescriptor::CPPTYPE_STRING: return text_type(f);
    case pb::FieldDescriptor::CPPTYPE_BOOL: return "boolean";
    default: return "number";
  }
}

std::string member_type(const pb::FieldDescriptor& f, const contract& all) {
  if (f.is_map()) return "Record<string, " + value_type(*f.message_type()->map_value(), all) + ">";
  const auto type = value_type(f, all);
  const std::string null = takes_null(f) ? " | null" : "";
  if (f.is_repeated()) return (type.find('|') == type.npos ? type : "(" + type + ")") + "[]" + null;
  return type + null;
}

std::string message_text(const pb::Descriptor& message, const contract& all, bool sent) {
  std::string members;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    const auto& r = rules(f);
    if (r.hidden() || (sent && r.read_only())) continue;
    if (auto doc = description_of(f); !doc.empty()) members += "  /** " + doc + " */\n";
    members +=
        "  " + f.name() + (always_there(f, sent) ? ": " : "?: ") + member_type(f, all) + ";\n";
  }
  const auto name = edge_name(message, all);
  if (members.empty()) return "export type " + name + " = Record<string, never>;\n\n";
  return "export interface " + name + " {\n" + members + "}\n\n";
}

std::string routes_text(const contract& all) {
  std::string out = "/** Where a method is over HTTP. */\nexport const routes = {\n";
  for (const auto& m : all.methods) {
    if (m.options.rpc().empty() || m.routes.empty()) continue;
    auto verb = m.routes.front().verb;
    std::transform(verb.begin(), verb.end(), verb.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    out += fill("  $rpc$: { verb: $verb$, path: $path$, anonymous: $anonymous$ },\n",
                {{"rpc", quoted(m.options.rpc())},
                 {"verb", quoted(verb)},
                 {"path", quoted(m.routes.front().path)},
                 {"anonymous", m.options.caller() == options::ANONYMOUS ? "true" : "false"}});
  }
  return out + "} as const;\n\n";
}

/// The declared limits of a text that a client sends; empty: none.
std::string limits_of(const pb::FieldDescriptor& f) {
  const auto& r = rules(f);
  std::vector<std::string> parts;
  if (f.cpp_type() != pb::FieldDescriptor::CPPTYPE_STRING || f.is_repeated()) return {};
  for (const auto& [name, value] : {std::pair{"min_chars", r.min_chars()},
                                    {"max_chars", r.max_chars()},
                                    {"max_bytes", r.max_bytes()}})
    if (value != 0) parts.push_back(std::string(name) + ": " + std::to_string(value));
  if (!r.charset().empty()) parts.push_back("charset: " + quoted(r.charset()));
  return joined(parts, ", ");
}

std::string limits_text(const contract& all, const directions& seen) {
  std::string out =
      "/** Limits of texts that Nova checks: characters are code points, a charset stands as in a "
      "regular expression's brackets. */\n"
      "export const limits = {\n";
  for (const auto* message : seen.all()) {
    if (!seen.sends(*message)) continue;
    std::string fields;
    for (int i = 0; i < message->field_count(); ++i) {
      const auto& f = *message->field(i);
      if (rules(f).hidden() || rules(f).read_only()) continue;
      if (const auto limits = limits_of(f); !limits.empty())
        fields += "    " + f.name() + ": { " + limits + " },\n";
    }
    if (!fields.empty()) out += "  " + edge_name(*message, all) + ": {\n" + fields + "  },\n";
  }
  return out + "} as const;\n\n";
}

std::string errors_text() {
  std::string codes;
  for (const auto& e : all_errors()) codes += "\n  | " + quoted(std::string(e.name));
  return fill(R"(export type ErrorCode =$codes$;

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  request_id: string;
  retry_after_s?: number;
  errors?: { field: string; detail: string }[];
}
)",
              {{"codes", codes}});
}

}  // namespace

std::string typescript_text(const contract& all) {
  const auto seen = directions_of(all);
  std::string out = "// Generated from all .proto files by protocols/codegen: do not edit.\n\n";
  for (const auto* message : seen.all()) out += message_text(*message, all, seen.sends(*message));
  out += "/** Calls over the WebSocket. */\nexport interface Methods {\n";
  for (const auto& m : all.methods)
    if (!m.options.rpc().empty())
      out += fill("  $rpc$: { params: $request$; result: $reply$ };\n",
                  {{"rpc", quoted(m.options.rpc())},
                   {"request", edge_name(*m.proto->input_type(), all)},
                   {"reply", edge_name(*m.proto->output_type(), all)}});
  out += "}\n\n/** Notifications from Nova. */\nexport interface Pushes {\n";
  for (const auto& p : all.pushes)
    out += "  " + quoted(p.options.rpc()) + ": " + edge_name(*p.proto, all) + ";\n";
  return out + "}\n\n" + routes_text(all) + limits_text(all, seen) + errors_text();
}

}  // namespace nova::codegen
