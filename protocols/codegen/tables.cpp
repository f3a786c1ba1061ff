// nova_contracts.cpp: the lists of everything. Called by generator.cpp.
#include "protocols/codegen/fill.hpp"
#include "protocols/codegen/outputs.hpp"

#include <algorithm>
#include <set>

namespace nova::codegen {

namespace {

std::string includes_of(const contract& all) {
  std::set<std::string> stems;
  for (const auto* message : all.messages) stems.insert(stem_of(*message->file()));
  std::string out;
  for (const auto& stem : stems) out += fill("#include \"$stem$.nova.hpp\"\n", {{"stem", stem}});
  return out;
}

std::string table(const char* function, const char* type, const std::string& rows) {
  return fill(R"(std::span<const $type$* const> $function$() {
  static const std::vector<const $type$*> table = {
$rows$  };
  return table;
}

)",
              {{"function", function}, {"type", type}, {"rows", rows}});
}

const std::string lookups = R"(const method* find_method(std::uint32_t number) noexcept {
  static const auto index = [] {
    std::unordered_map<std::uint32_t, const method*> by_number;
    for (const auto* m : all_methods()) by_number.emplace(m->number, m);
    return by_number;
  }();
  const auto found = index.find(number);
  return found == index.end() ? nullptr : found->second;
}

const method* find_rpc(std::string_view rpc) noexcept {
  static const auto index = [] {
    std::unordered_map<std::string_view, const method*> by_name;
    for (const auto* m : all_methods())
      if (!m->rpc.empty()) by_name.emplace(m->rpc, m);
    return by_name;
  }();
  const auto found = index.find(rpc);
  return found == index.end() ? nullptr : found->second;
}

const event_type* find_event(std::uint32_t number) noexcept {
  static const auto index = [] {
    std::unordered_map<std::uint32_t, const event_type*> by_number;
    for (const auto* e : all_events()) by_number.emplace(e->number, e);
    return by_number;
  }();
  const auto found = index.find(number);
  return found == index.end() ? nullptr : found->second;
}

const push_type* find_push(std::string_view rpc) noexcept {
  static const auto index = [] {
    std::unordered_map<std::string_view, const push_type*> by_name;
    for (const auto* p : all_pushes()) by_name.emplace(p->rpc, p);
    return by_name;
  }();
  const auto found = index.find(rpc);
  return found == index.end() ? nullptr : found->second;
}

)";

/// A raw literal; split between characters, because compilers limit the length of one.
std::string literal(const std::string& text) {
  constexpr std::size_t piece = 12'000;
  std::string out;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = std::min(at + piece, text.size());
    while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
    out += "R\"nova~(" + text.substr(at, end - at) + ")nova~\"\n";
  }
  return out.empty() ? "\"\"" : out;
}

std::string text_function(const char* name, const std::string& text) {
  // No constexpr string_view: its length would be counted at compile time, which compilers limit.
  return fill("std::string_view $name$() noexcept {\n  static constexpr char text[] =\n",
              {{"name", name}}) +
         literal(text) + ";\n  return {text, sizeof text - 1};\n}\n\n";
}

}  // namespace

std::string tables_source(const contract& all, const documents& texts) {
  std::string methods, events, pushes;
  for (const auto& m : all.methods)
    methods += fill("      &$namespace$::$domain$_interface::$name$::info(),\n",
                    {{"namespace", cpp_namespace(*m.proto->file())},
                     {"domain", m.domain},
                     {"name", m.identifier}});
  for (const auto& e : all.events)
    events += fill("      &$namespace$::$name$_event(),\n",
                   {{"namespace", cpp_namespace(*e.proto->file())}, {"name", e.identifier}});
  for (const auto& p : all.pushes)
    pushes += fill("      &$namespace$::$name$_push(),\n",
                   {{"namespace", cpp_namespace(*p.proto->file())}, {"name", p.identifier}});
  return "// Generated from all .proto files by protocols/codegen: do not edit.\n" +
         includes_of(all) +
         R"(
#include <unordered_map>

namespace nova::rpc {

)" + table("all_methods", "method", methods) +
         table("all_events", "event_type", events) + table("all_pushes", "push_type", pushes) +
         lookups + text_function("openapi_json", texts.openapi) +
         text_function("asyncapi_json", texts.asyncapi) +
         text_function("contracts_text", texts.contracts) + "}  // namespace nova::rpc\n";
}

}  // namespace nova::codegen
