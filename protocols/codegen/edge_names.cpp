// What clients call a message, and which way it travels. Called by openapi.cpp and typescript.cpp.
#include "protocols/codegen/outputs.hpp"

#include <algorithm>
#include <cctype>

namespace nova::codegen {

namespace {

std::string bare_name(const pb::Descriptor& message) {
  const auto* parent = message.containing_type();
  return parent == nullptr ? message.name() : bare_name(*parent) + message.name();
}

}  // namespace

std::string edge_name(const pb::Descriptor& message, const contract& all) {
  const auto name = bare_name(message);
  const auto same = [&](const pb::Descriptor* other) { return bare_name(*other) == name; };
  const auto visible = directions_of(all).all();
  if (name != "Problem" && std::count_if(visible.begin(), visible.end(), same) <= 1) return name;
  auto noun = noun_of(*message.file());
  noun[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(noun[0])));
  return noun + name;
}

directions directions_of(const contract& all) {
  std::vector<const pb::Descriptor*> requests, replies;
  for (const auto& m : all.methods) {
    if (!m.outside()) continue;
    requests.push_back(m.proto->input_type());
    replies.push_back(m.proto->output_type());
  }
  for (const auto& p : all.pushes) replies.push_back(p.proto);
  return {reachable(requests), reachable(replies)};
}

bool directions::sends(const pb::Descriptor& message) const {
  return std::find(sent.begin(), sent.end(), &message) != sent.end();
}

std::vector<const pb::Descriptor*> directions::all() const {
  auto out = sent;
  for (const auto* message : received)
    if (!sends(*message)) out.push_back(message);
  std::sort(out.begin(), out.end(),
            [](auto* a, auto* b) { return a->full_name() < b->full_name(); });
  return out;
}

bool always_there(const pb::FieldDescriptor& field, bool sent) {
  const auto& r = rules(field);
  if (sent) return r.required();
  if (!r.left_out_by().empty()) return false;
  return !field.has_presence() || r.null_when_absent();
}

bool takes_null(const pb::FieldDescriptor& field) {
  return rules(field).null_when_absent() || rules(field).null_empties();
}

}  // namespace nova::codegen
