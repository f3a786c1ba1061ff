// The JSON functions of one message, as straight code without reflection. Called by
// cpp_interface.cpp.
#include "protocols/codegen/fill.hpp"
#include "protocols/codegen/outputs.hpp"

#include <google/protobuf/compiler/cpp/names.h>

namespace nova::codegen {

namespace {

using pb::FieldDescriptor;

bool is_bytes(const FieldDescriptor& f) { return f.type() == FieldDescriptor::TYPE_BYTES; }
bool is_text(const FieldDescriptor& f) { return f.type() == FieldDescriptor::TYPE_STRING; }
bool is_message(const FieldDescriptor& f) {
  return f.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}
const FieldDescriptor& map_value(const FieldDescriptor& f) {
  return *f.message_type()->map_value();
}

std::string scalar_type(const FieldDescriptor& f) {
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return "std::int32_t";
    case FieldDescriptor::CPPTYPE_INT64: return "std::int64_t";
    case FieldDescriptor::CPPTYPE_UINT32: return "std::uint32_t";
    case FieldDescriptor::CPPTYPE_UINT64: return "std::uint64_t";
    case FieldDescriptor::CPPTYPE_DOUBLE: return "double";
    case FieldDescriptor::CPPTYPE_FLOAT: return "float";
    case FieldDescriptor::CPPTYPE_BOOL: return "bool";
    default: return "std::string";
  }
}

std::string put(const FieldDescriptor& f, bool time, const std::string& x) {
  if (is_message(f)) return "write_json(" + x + ", out);";
  if (time) return "json::put_time(out, " + x + ");";
  if (is_bytes(f)) return "json::put_bytes(out, " + x + ");";
  return "json::put(out, " + x + ");";
}

const char* yes(bool b) { return b ? "true" : "false"; }

/// The json::text_rule of a field. Items of a list are never required.
std::string text_rule(const options::Field& r, bool required) {
  std::string out;
  const auto add = [&](const std::string& member) { out += (out.empty() ? "." : ", .") + member; };
  if (required) add("required = true");
  if (r.uuid()) add("uuid = true");
  if (r.email()) add("email = true");
  if (r.max_bytes() != 0) add("max_bytes = " + std::to_string(r.max_bytes()));
  if (r.min_chars() != 0) add("min_chars = " + std::to_string(r.min_chars()));
  if (r.max_chars() != 0) add("max_chars = " + std::to_string(r.max_chars()));
  if (!r.charset().empty()) add("charset = " + quoted(r.charset()));
  if (r.one_of_size() != 0) add("one_of = " + quoted(joined(r.one_of(), "|")));
  return "{" + out + "}";
}

holes holes_of(const FieldDescriptor& f) {
  const auto& r = rules(f);
  return {{"name", f.name()},
          {"get", pb::compiler::cpp::FieldName(&f)},
          {"scalar", scalar_type(f)},
          {"read", r.time()      ? "json::read_time"
                   : is_bytes(f) ? "json::read_bytes"
                                 : "json::read"},
          {"read_text", r.time() ? "json::read_text_time" : "json::read_text"},
          {"check", is_bytes(f) ? "json::check_bytes" : "json::check_text"},
          {"required", yes(r.required())},
          {"empty_flag", r.empty_flag()},
          {"rule", text_rule(r, !f.is_repeated() && r.required())},
          {"min", std::to_string(r.min())},
          {"max_items", std::to_string(r.max_items())}};
}

/// Where an empty map or list is told from an absent one, an absent one is left out.
void leave_out_absent(const FieldDescriptor& f, holes& h) {
  const auto& flag = rules(f).empty_flag();
  h["when"] = flag.empty() ? "" : "  if (!m." + h["get"] + "().empty() || m." + flag + "()) {\n";
  h["end"] = flag.empty() ? "" : "  }\n";
}

std::string write_map(const FieldDescriptor& f, holes h) {
  h["put"] = put(map_value(f), rules(f).time(), "value");
  leave_out_absent(f, h);
  return fill(R"($when$  out += ",\"$name$\":{";
  for (bool first = true; const auto& [key, value] : m.$get$()) {
    if (!std::exchange(first, false)) out += ',';
    json::put(out, key);
    out += ':';
    $put$
  }
  out += '}';
$end$)",
              h);
}

std::string write_repeated(const FieldDescriptor& f, holes h) {
  h["put"] = put(f, rules(f).time(), "value");
  leave_out_absent(f, h);
  return fill(R"($when$  out += ",\"$name$\":[";
  for (bool first = true; const auto& value : m.$get$()) {
    if (!std::exchange(first, false)) out += ',';
    $put$
  }
  out += ']';
$end$)",
              h);
}

std::string write_field(const FieldDescriptor& f) {
  auto h = holes_of(f);
  if (f.is_map()) return write_map(f, h);
  if (f.is_repeated()) return write_repeated(f, h);
  h["put"] = put(f, rules(f).time(), "m." + h["get"] + "()");
  if (!f.has_presence())
    return fill(R"(  out += ",\"$name$\":";
  $put$
)",
                h);
  h["otherwise"] = rules(f).null_when_absent() ? fill(R"( else {
    out += ",\"$name$\":null";
  })",
                                                      h)
                                               : "";
  return fill(R"(  if (m.has_$get$()) {
    out += ",\"$name$\":";
    $put$
  }$otherwise$
)",
              h);
}

/// The field, unless the flag that leaves it out is set.
std::string write_if_wanted(const FieldDescriptor& f) {
  const auto& flag = rules(f).left_out_by();
  if (flag.empty()) return write_field(f);
  return "  if (!m." + flag + "()) {\n" + write_field(f) + "  }\n";
}

std::string write_function(const pb::Descriptor& message) {
  std::string fields;
  for (int i = 0; i < message.field_count(); ++i)
    if (!rules(*message.field(i)).hidden()) fields += write_if_wanted(*message.field(i));
  if (fields.empty())
    return fill("void write_json(const $class$&, std::string& out) { out += \"{}\"; }\n\n",
                {{"class", cpp_class(message)}});
  return fill(R"(void write_json(const $class$& m, std::string& out) {
  const auto start = out.size();
$fields$  if (out.size() == start)
    out += '{';
  else
    out[start] = '{';
  out += '}';
}

)",
              {{"class", cpp_class(message)}, {"fields", fields}});
}

std::string read_map(const FieldDescriptor& f, holes h) {
  const auto& value = map_value(f);
  h["value_scalar"] = scalar_type(value);
  h["value_read"] = is_bytes(value) ? "json::read_bytes" : "json::read";
  h["item"] =
      is_message(value)
          ? fill("read_json(item.value(), (*m.mutable_$get$())[std::string(key)], inner, to);", h)
          : fill(
                "$value_scalar$ x{};\n        if ($value_read$(item.value(), x, inner, to)) "
                "(*m.mutable_$get$())[std::string(key)] = std::move(x);",
                h);
  const auto& flag = rules(f).empty_flag();
  h["empty"] = flag.empty() ? "" : "      if (items->empty()) m.set_" + flag + "(true);\n";
  return fill(R"(    if (const auto* items = json::object_of(*v, here, to)) {
      m.clear_$get$();
      for (const auto& item : *items) {
        const std::string_view key(item.key().data(), item.key().size());
        const json::place inner(here, key);
        $item$
      }
$empty$    }
)",
              h);
}

std::string read_repeated(const FieldDescriptor& f, holes h) {
  h["empty"] = rules(f).empty_flag().empty()
                   ? ""
                   : fill("      if (items->empty()) m.set_$empty_flag$(true);\n", h);
  h["item"] =
      is_message(f)
          ? fill("read_json(item, *m.add_$get$(), inner, to);", h)
          : fill(
                "$scalar$ x{};\n        if ($read$(item, x, inner, to)) m.add_$get$(std::move(x));",
                h);
  return fill(R"(    if (const auto* items = json::array_of(*v, here, to)) {
      m.clear_$get$();
      for (std::size_t i = 0; const auto& item : *items) {
        const json::place inner(here, i++);
        $item$
      }
$empty$    }
)",
              h);
}

/// What JSON's null does to a field that it empties.
std::string read_null(const FieldDescriptor& f, const holes& h) {
  if (!rules(f).null_empties()) return "\n";
  return fill(f.is_repeated() ? R"( else if (json::is_null(*object, "$name$")) {
    m.set_$empty_flag$(true);
  }
)"
                              : R"( else if (json::is_null(*object, "$name$")) {
    m.set_$get$("");
  }
)",
              h);
}

std::string read_field(const FieldDescriptor& f) {
  auto h = holes_of(f);
  if (f.is_map()) h["body"] = read_map(f, h);
  else if (f.is_repeated()) h["body"] = read_repeated(f, h);
  else if (is_message(f)) h["body"] = fill("    read_json(*v, *m.mutable_$get$(), here, to);\n", h);
  else if (h["scalar"] == "std::string")
    h["body"] = fill("    $read$(*v, *m.mutable_$get$(), here, to);\n", h);
  else h["body"] = fill("    $scalar$ x{};\n    if ($read$(*v, x, here, to)) m.set_$get$(x);\n", h);
  return fill(R"(  if (const auto* v = json::member(*object, "$name$")) {
    const json::place here(at, "$name$");
$body$  })",
              h) +
         read_null(f, h);
}

std::string read_function(const pb::Descriptor& message) {
  std::string fields;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& r = rules(*message.field(i));
    if (!r.hidden() && !r.read_only()) fields += read_field(*message.field(i));
  }
  if (fields.empty())
    return fill(
        R"(void read_json(const boost::json::value& in, $class$&, const json::place& at, json::errors& to) {
  json::object_of(in, at, to);
}

)",
        {{"class", cpp_class(message)}});
  return fill(
      R"(void read_json(const boost::json::value& in, $class$& m, const json::place& at, json::errors& to) {
  const auto* object = json::object_of(in, at, to);
  if (object == nullptr) return;
$fields$}

)",
      {{"class", cpp_class(message)}, {"fields", fields}});
}

std::string text_field(const FieldDescriptor& f) {
  auto h = holes_of(f);
  h["set"] = fill(f.is_repeated() ? "m.add_$get$(std::move(x));" : "m.set_$get$(std::move(x));", h);
  return fill(R"(  if (field == "$name$") {
    $scalar$ x{};
    if ($read_text$(text, x, json::place(json::place(), "$name$"), to)) $set$
    return true;
  }
)",
              h);
}

std::string set_from_text_function(const pb::Descriptor& message) {
  std::string fields;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    const auto& r = rules(f);
    if (!r.hidden() && !r.read_only() && !is_message(f) && !is_bytes(f)) fields += text_field(f);
  }
  const holes h = {{"class", cpp_class(message)}, {"fields", fields}};
  if (fields.empty())
    return fill(
        "bool set_from_text($class$&, std::string_view, std::string_view, json::errors&) { return "
        "false; }\n\n",
        h);
  return fill(
      R"(bool set_from_text($class$& m, std::string_view field, std::string_view text, json::errors& to) {
$fields$  return false;
}

)",
      h);
}

std::string check_items(const FieldDescriptor& f, holes h) {
  const auto& r = rules(f);
  std::string out;
  if (r.required() || r.max_items() != 0)
    out += fill(
        "    json::check_items(static_cast<std::size_t>(m.$get$_size()), $required$, $max_items$, "
        "here, to);\n",
        h);
  if (f.is_map()) {
    h["value"] = is_message(map_value(f)) ? "validate(value, inner, to);"
                 : is_text(map_value(f))
                     ? fill("json::check_text(value, true, $rule$, inner, to);", h)
                     : "static_cast<void>(value);";
    return out + fill(R"(    for (const auto& [key, value] : m.$get$()) {
      const json::place inner(here, key);
      json::check_text(key, true, {}, inner, to);
      $value$
    }
)",
                      h);
  }
  if (is_message(f)) h["item"] = "validate(item, json::place(here, i++), to);";
  else if (is_text(f) || is_bytes(f))
    h["item"] = fill("$check$(item, true, $rule$, json::place(here, i++), to);", h);
  else return out;
  return out + fill("    for (std::size_t i = 0; const auto& item : m.$get$()) $item$\n", h);
}

std::string check_singular(const FieldDescriptor& f, holes h) {
  const bool required = rules(f).required();
  if (is_text(f) || is_bytes(f)) {
    const bool by_flag = f.has_presence() && !rules(f).null_empties();
    h["present"] = fill(by_flag ? "m.has_$get$()" : "!m.$get$().empty()", h);
    return fill("    $check$(m.$get$(), $present$, $rule$, here, to);\n", h);
  }
  std::string out;
  if (required) {
    h["present"] = fill(f.has_presence() ? "m.has_$get$()" : "m.$get$() != 0", h);
    out += fill("    json::check_required($present$, here, to);\n", h);
  }
  if (rules(f).has_min()) {
    h["present"] = fill(f.has_presence() ? "m.has_$get$()" : "m.$get$() != 0", h);
    out += fill("    if ($present$) json::check_min(m.$get$(), $min$, here, to);\n", h);
  }
  if (is_message(f)) out += fill("    if (m.has_$get$()) validate(m.$get$(), here, to);\n", h);
  return out;
}

std::string validate_function(const pb::Descriptor& message) {
  std::string fields;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    const auto h = holes_of(f);
    const auto body = f.is_repeated() ? check_items(f, h) : check_singular(f, h);
    if (body.empty()) continue;
    fields += fill("  {\n    const json::place here(at, \"$name$\");\n", h) + body + "  }\n";
  }
  const holes h = {{"class", cpp_class(message)}, {"fields", fields}};
  if (fields.empty())
    return fill("void validate(const $class$&, const json::place&, json::errors&) {}\n\n", h);
  return fill(R"(void validate(const $class$& m, const json::place& at, json::errors& to) {
$fields$}

)",
              h);
}

}  // namespace

std::string cpp_json(const pb::Descriptor& message) {
  return write_function(message) + read_function(message) + set_from_text_function(message) +
         validate_function(message);
}

}  // namespace nova::codegen
