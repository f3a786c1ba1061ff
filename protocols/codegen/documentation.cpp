#include "protocols/codegen/documentation.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace nova::codegen {

namespace {

namespace json = boost::json;
using pb::FieldDescriptor;

constexpr int max_example_depth = 8;  // messages that contain themselves

/// One line, from a capital letter to a full stop.
std::string sentences(const std::string& comment) {
  std::string out;
  for (char c : comment) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) out += c;
    else if (!out.empty() && out.back() != ' ') out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  if (out.empty()) return out;
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  if (out.back() != '.') out += '.';
  return out;
}

template <class Declaration>
std::string comment_before(const Declaration& d) {
  pb::SourceLocation at;
  return d.GetSourceLocation(&at) ? sentences(at.leading_comments) : std::string();
}

json::value text_example(const FieldDescriptor& f) {
  const auto& r = rules(f);
  if (!r.example().empty()) return json::value(r.example());
  if (r.uuid()) return "0197c9a2-6f00-7c3e-8a55-0d6a4e1f2b90";
  if (r.one_of_size() != 0) return json::value(r.one_of(0));
  return f.type() == FieldDescriptor::TYPE_BYTES ? "bm92YQ==" : "text";
}

json::value scalar_example(const FieldDescriptor& f) {
  const auto& r = rules(f);
  if (r.time()) return "2026-01-31T09:30:00.000Z";
  switch (f.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return r.example() == "true";
    case FieldDescriptor::CPPTYPE_STRING: return text_example(f);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return std::strtod(r.example().c_str(), nullptr);
    default: break;
  }
  if (!r.example().empty()) return std::strtoll(r.example().c_str(), nullptr, 10);
  return std::max<std::int64_t>(r.min(), 1);
}

json::value message_example(const pb::Descriptor& message, bool sent,
                            const std::vector<std::string>& left_out, int depth);

json::value value_example(const FieldDescriptor& f, bool sent, int depth) {
  if (f.message_type() == nullptr) return scalar_example(f);
  return message_example(*f.message_type(), sent, {}, depth + 1);
}

json::value field_example(const FieldDescriptor& f, bool sent, int depth) {
  if (f.is_map()) {
    json::object one;
    one["0197c9a2-6f00-7c3e-8a55-0d6a4e1f2b90"] =
        value_example(*f.message_type()->map_value(), sent, depth);
    return one;
  }
  auto value = value_example(f, sent, depth);
  if (f.is_repeated()) return json::array{std::move(value)};
  return value;
}

json::value message_example(const pb::Descriptor& message, bool sent,
                            const std::vector<std::string>& left_out, int depth) {
  json::object out;
  for (int i = 0; i < message.field_count() && depth < max_example_depth; ++i) {
    const auto& f = *message.field(i);
    const auto& r = rules(f);
    const auto* choice = f.real_containing_oneof();
    const bool left = std::find(left_out.begin(), left_out.end(), f.name()) != left_out.end() ||
                      r.hidden() || (sent && r.read_only()) ||
                      (choice != nullptr && choice->field(0) != &f) ||
                      (f.message_type() == &message);
    if (!left) out[f.name()] = field_example(f, sent, depth);
  }
  return out;
}

}  // namespace

std::string description_of(const pb::MethodDescriptor& m) { return comment_before(m); }
std::string description_of(const pb::Descriptor& message) { return comment_before(message); }
std::string description_of(const pb::ServiceDescriptor& service) { return comment_before(service); }

std::string description_of(const pb::FieldDescriptor& f) {
  if (!rules(f).doc().empty()) return rules(f).doc();
  pb::SourceLocation at;
  if (!f.GetSourceLocation(&at)) return {};
  return sentences(at.trailing_comments.empty() ? at.leading_comments : at.trailing_comments);
}

json::value example_of(const pb::FieldDescriptor& f, bool sent) {
  return field_example(f, sent, 0);
}

json::value example_of(const pb::Descriptor& message, bool sent,
                       const std::vector<std::string>& left_out) {
  return message_example(message, sent, left_out, 0);
}

}  // namespace nova::codegen
