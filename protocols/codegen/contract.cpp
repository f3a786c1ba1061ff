#include "protocols/codegen/contract.hpp"

#include "protocols/core/text.hpp"

#include <google/protobuf/compiler/cpp/names.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace nova::codegen {

namespace {

/// Keywords that an rpc's name could be in snake_case; its C++ name then ends in an underscore.
const std::set<std::string_view> cpp_keywords = {
    "and",       "auto",     "bool",     "break",    "case",   "catch",    "char",      "class",
    "concept",   "const",    "continue", "default",  "delete", "do",       "double",    "else",
    "enum",      "explicit", "export",   "extern",   "false",  "float",    "for",       "friend",
    "goto",      "if",       "import",   "inline",   "int",    "long",     "module",    "mutable",
    "namespace", "new",      "not",      "operator", "or",     "private",  "protected", "public",
    "register",  "requires", "return",   "short",    "signed", "sizeof",   "static",    "struct",
    "switch",    "template", "this",     "throw",    "true",   "try",      "typedef",   "typename",
    "union",     "unsigned", "using",    "virtual",  "void",   "volatile", "while",     "xor"};

std::vector<std::string> parameters_of(const std::string& path) {
  std::vector<std::string> names;
  for (std::size_t open = path.find('{'); open != std::string::npos;
       open = path.find('{', open + 1)) {
    const auto close = path.find('}', open);
    if (close == std::string::npos) break;
    names.push_back(path.substr(open + 1, close - open - 1));
  }
  return names;
}

route route_of(const options::Http& http) {
  route r;
  switch (http.pattern_case()) {
    case options::Http::kGet: r.verb = "get", r.path = http.get(); break;
    case options::Http::kPut: r.verb = "put", r.path = http.put(); break;
    case options::Http::kPost: r.verb = "post", r.path = http.post(); break;
    case options::Http::kPatch: r.verb = "patch", r.path = http.patch(); break;
    case options::Http::kDelete: r.verb = "delete", r.path = http.delete_(); break;
    case options::Http::PATTERN_NOT_SET: break;
  }
  if (http.status() != 0) r.status = http.status();
  r.status_existing = http.status_existing();
  r.parameters = parameters_of(r.path);
  return r;
}

method method_of(const pb::MethodDescriptor& proto, const std::string& domain) {
  method m;
  m.proto = &proto;
  m.options = proto.options().GetExtension(options::method);
  if (m.options.deadline_ms() == 0) m.options.set_deadline_ms(5000);
  m.domain = domain;
  m.identifier = snake_case(proto.name());
  if (cpp_keywords.contains(m.identifier)) m.identifier += '_';
  m.name = domain + "." + proto.service()->name() + "." + proto.name();
  for (const auto& http : m.options.http()) m.routes.push_back(route_of(http));
  return m;
}

void add_message(const pb::Descriptor& message, contract& to) {
  if (message.options().map_entry()) return;
  to.messages.push_back(&message);
  const auto& options = message.options();
  if (options.HasExtension(options::event))
    to.events.push_back({&message, options.GetExtension(options::event), noun_of(*message.file()),
                         snake_case(message.name())});
  if (options.HasExtension(options::push)) {
    auto name = snake_case(message.name());
    if (name.ends_with("_push")) name.resize(name.size() - 5);
    to.pushes.push_back({&message, options.GetExtension(options::push), name});
  }
  for (int i = 0; i < message.nested_type_count(); ++i) add_message(*message.nested_type(i), to);
}

std::string base_type_text(const pb::FieldDescriptor& field) {
  if (const auto* message = field.message_type()) return message->full_name();
  if (const auto* type = field.enum_type()) return type->full_name();
  return field.type_name();
}

}  // namespace

void contract::add(const pb::FileDescriptor& file) {
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    const auto domain = service.options().GetExtension(options::service).domain();
    for (int j = 0; j < service.method_count(); ++j)
      methods.push_back(method_of(*service.method(j), domain));
  }
  for (int i = 0; i < file.message_type_count(); ++i) add_message(*file.message_type(i), *this);
}

void contract::sort() {
  const auto by_number = [](const auto& a, const auto& b) {
    return a.options.number() < b.options.number();
  };
  std::stable_sort(methods.begin(), methods.end(), by_number);
  std::stable_sort(events.begin(), events.end(), by_number);
  std::stable_sort(pushes.begin(), pushes.end(),
                   [](const auto& a, const auto& b) { return a.options.rpc() < b.options.rpc(); });
}

std::vector<const pb::Descriptor*> reachable(const std::vector<const pb::Descriptor*>& roots) {
  std::vector<const pb::Descriptor*> found;
  std::set<const pb::Descriptor*> seen;
  std::vector<const pb::Descriptor*> waiting(roots.rbegin(), roots.rend());
  while (!waiting.empty()) {
    const auto* message = waiting.back();
    waiting.pop_back();
    if (!seen.insert(message).second) continue;
    if (!message->options().map_entry()) found.push_back(message);
    for (int i = message->field_count() - 1; i >= 0; --i)
      if (const auto* inner = message->field(i)->message_type())
        if (!rules(*message->field(i)).hidden()) waiting.push_back(inner);
  }
  return found;
}

const options::Field& rules(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(options::field);
}

std::string snake_case(std::string_view camel) {
  std::string out;
  for (std::size_t i = 0; i < camel.size(); ++i) {
    const auto c = static_cast<unsigned char>(camel[i]);
    const bool starts_word =
        i > 0 && std::isupper(c) && !std::isupper(static_cast<unsigned char>(camel[i - 1]));
    if (starts_word) out += '_';
    out += static_cast<char>(std::tolower(c));
  }
  return out;
}

std::string noun_of(const pb::FileDescriptor& file) {
  const auto& package = file.package();
  return package.substr(package.rfind('.') + 1);
}

std::string cpp_class(const pb::Descriptor& message) {
  return "::" + cpp_namespace(*message.file()) + "::" + pb::compiler::cpp::ClassName(&message);
}

std::string cpp_namespace(const pb::FileDescriptor& file) {
  std::string out;
  for (char c : file.package()) out += c == '.' ? std::string("::") : std::string(1, c);
  return out;
}

std::string stem_of(const pb::FileDescriptor& file) {
  return file.name().substr(0, file.name().rfind('.'));
}

std::string type_text(const pb::FieldDescriptor& field) {
  if (field.is_map())
    return "map<" + base_type_text(*field.message_type()->map_key()) + ", " +
           base_type_text(*field.message_type()->map_value()) + ">";
  if (field.is_repeated()) return "repeated " + base_type_text(field);
  const bool optional = field.has_presence() && field.message_type() == nullptr;
  return (optional ? "optional " : "") + base_type_text(field);
}

std::string caller_name(options::Caller caller) {
  return ascii_lower(options::Caller_Name(caller));
}

std::string rate_name(options::RateClass rate) {
  return rate == options::RATE_UNSPECIFIED ? "none" : ascii_lower(options::RateClass_Name(rate));
}

std::string idempotency_name(options::Idempotency idempotency) {
  return ascii_lower(options::Idempotency_Name(idempotency));
}

std::string key_source_name(const options::Method& method) {
  if (method.key() == "@account") return "account";
  if (method.key() == "@new") return "fresh";
  if (method.key() == "@one" || method.key().empty()) return "single";
  return "field";
}

}  // namespace nova::codegen
