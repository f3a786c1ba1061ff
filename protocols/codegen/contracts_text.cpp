// The text of contracts.txt: see outputs.hpp. Called by generator.cpp.
#include "protocols/codegen/fill.hpp"
#include "protocols/codegen/outputs.hpp"

#include <algorithm>
#include <cctype>

namespace nova::codegen {

namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string rules_text(const options::Field& r) {
  std::string out;
  if (r.required()) out += " required";
  if (r.uuid()) out += " uuid";
  if (r.time()) out += " time";
  if (r.max_bytes() != 0) out += " max_bytes:" + std::to_string(r.max_bytes());
  if (r.min_chars() != 0) out += " min_chars:" + std::to_string(r.min_chars());
  if (r.max_chars() != 0) out += " max_chars:" + std::to_string(r.max_chars());
  if (!r.charset().empty()) out += " charset:[" + r.charset() + "]";
  if (r.one_of_size() != 0) out += " one_of:" + joined(r.one_of(), "|");
  if (r.email()) out += " email";
  if (r.has_min()) out += " min:" + std::to_string(r.min());
  if (r.max_items() != 0) out += " max_items:" + std::to_string(r.max_items());
  if (r.null_when_absent()) out += " null_when_absent";
  if (!r.left_out_by().empty()) out += " left_out_by:" + r.left_out_by();
  if (r.null_empties()) out += " null_empties";
  if (r.read_only()) out += " read_only";
  if (r.hidden()) out += " hidden";
  return out;
}

std::string method_text(const method& m) {
  const auto& o = m.options;
  std::string out = fill("$number$ $name$($request$) -> $reply$\n",
                         {{"number", std::to_string(o.number())},
                          {"name", m.name},
                          {"request", m.proto->input_type()->full_name()},
                          {"reply", m.proto->output_type()->full_name()}});
  if (!o.rpc().empty()) out += "  websocket " + o.rpc() + "\n";
  for (const auto& r : m.routes) {
    out += "  http " + upper(r.verb) + " " + r.path + " " + std::to_string(r.status);
    if (r.status_existing != 0) out += " or " + std::to_string(r.status_existing);
    out += "\n";
  }
  out += "  caller " + caller_name(o.caller());
  if (!o.entity().empty()) out += ", entity " + o.entity() + ", key " + o.key();
  out += ", rate " + rate_name(o.rate()) + ", deadline_ms " + std::to_string(o.deadline_ms());
  if (o.idempotency() != options::NONE) out += ", idempotency " + idempotency_name(o.idempotency());
  if (!o.idempotency_scope().empty()) out += " scoped by " + o.idempotency_scope();
  if (o.query()) out += ", query";
  if (!o.settles_in().empty()) out += ", settles in " + o.settles_in();
  if (o.resumes()) out += ", resumes";
  if (o.token_keys()) out += ", token keys";
  if (o.revocations()) out += ", revocations";
  if (!o.answered_by().empty()) out += ", answered by " + o.answered_by();
  if (o.cards()) out += ", cards";
  if (o.posts()) out += ", posts";
  if (o.messages()) out += ", messages";
  if (o.operators()) out += ", operators";
  if (o.moves_sagas()) out += ", moves sagas";
  if (o.media()) out += ", media";
  if (o.membership()) out += ", membership";
  if (!o.transfer().empty()) out += ", transfer " + o.transfer();
  return out + "\n";
}

std::string message_text(const pb::Descriptor& message) {
  std::string out = message.full_name() + "\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& f = *message.field(i);
    out += "  " + std::to_string(f.number()) + " " + f.name() + ": " + type_text(f) +
           rules_text(rules(f));
    if (const auto* oneof = f.real_containing_oneof()) out += " oneof:" + oneof->name();
    out += "\n";
  }
  return out;
}

}  // namespace

std::string contracts_text(const contract& all) {
  std::string out =
      "# Every contract of Nova, generated from protocols/*/*.proto. Do not edit: build the target "
      "update_contracts.\n"
      "\n# Methods\n";
  for (const auto& m : all.methods) out += method_text(m);
  out += "\n# Events\n";
  for (const auto& e : all.events)
    out += std::to_string(e.options.number()) + " " + e.proto->full_name() + " key " +
           e.options.key() + "\n";
  out += "\n# Pushes\n";
  for (const auto& p : all.pushes) out += p.options.rpc() + " " + p.proto->full_name() + "\n";
  out += "\n# Messages\n";
  auto messages = all.messages;
  std::sort(messages.begin(), messages.end(),
            [](auto* a, auto* b) { return a->full_name() < b->full_name(); });
  for (const auto* message : messages) out += message_text(*message);
  return out;
}

}  // namespace nova::codegen
