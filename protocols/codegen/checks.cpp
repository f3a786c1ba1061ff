#include "protocols/codegen/checks.hpp"

#include <algorithm>
#include <map>
#include <regex>

namespace nova::codegen {

namespace {

using pb::FieldDescriptor;

/// Collects faults; `once` also remembers what must be unique.
class faults {
 public:
  void add(const std::string& where, const std::string& what) {
    lines_.push_back(where + ": " + what);
  }
  void unless(bool sound, const std::string& where, const std::string& what) {
    if (!sound) add(where, what);
  }
  void once(const std::string& what, const std::string& where) {
    const auto [at, fresh] = seen_.emplace(what, where);
    if (!fresh) add(where, what + " is taken by " + at->second);
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
  std::map<std::string, std::string> seen_;
};

bool is_text(const FieldDescriptor& f) { return f.type() == FieldDescriptor::TYPE_STRING; }
bool is_bytes(const FieldDescriptor& f) { return f.type() == FieldDescriptor::TYPE_BYTES; }
bool is_scalar(const FieldDescriptor& f) { return f.message_type() == nullptr && !f.is_repeated(); }

bool scalar_field(const pb::Descriptor& message, const std::string& name) {
  const auto* f = message.FindFieldByName(name);
  return f != nullptr && is_scalar(*f) && !rules(*f).hidden();
}

void check_route(const method& m, const route& r, faults& to) {
  const auto where = m.name;
  const auto& request = *m.proto->input_type();
  to.unless(r.path.starts_with('/'), where, "a route needs a path that starts with /");
  to.once("route " + r.verb + " " + std::regex_replace(r.path, std::regex("\\{[^}]*\\}"), "{}"),
          where);
  for (const auto& name : r.parameters)
    to.unless(scalar_field(request, name), where,
              "path parameter {" + name + "} is no scalar field of " + request.full_name());
  const bool in_query = r.verb == "get" || r.verb == "delete";
  for (int i = 0; in_query && i < request.field_count(); ++i) {
    const auto& f = *request.field(i);
    to.unless(f.message_type() == nullptr && !is_bytes(f), where,
              "field " + f.name() + " cannot be a query parameter of " + r.verb + " " + r.path);
  }
  to.unless(r.status >= 200 && r.status < 300, where, "status must be 2xx");
  if (r.status == 204 && r.status_existing == 0)
    to.unless(m.proto->output_type()->field_count() == 0, where,
              "status 204 has no body, but the reply has fields");
  const auto* existing = m.proto->output_type()->FindFieldByName("existing");
  if (r.status_existing != 0)
    to.unless(existing != nullptr && existing->type() == FieldDescriptor::TYPE_BOOL, where,
              "status_existing needs a bool field `existing` in the reply");
}

void check_key(const method& m, faults& to) {
  const auto& key = m.options.key();
  if (key == "@account" || key == "@new" || key == "@one") return;
  to.unless(scalar_field(*m.proto->input_type(), key), m.name,
            "key \"" + key + "\" is neither @account, @new, @one nor a scalar field of " +
                m.proto->input_type()->full_name());
}

/// A question that gateways ask must have the messages that gateways know.
void check_questions(const method& m, faults& to) {
  const auto& o = m.options;
  const auto speaks = [&](const std::string& stem, const std::string& package = "nova.session.") {
    return m.proto->input_type()->full_name() == package + stem + "Request" &&
           m.proto->output_type()->full_name() == package + stem + "Reply";
  };
  const auto check_node = [&](const std::string& option, const std::string& package,
                              const std::string& stem, bool declared) {
    if (!declared) return;
    to.unless(speaks(stem, "nova." + package + ".") && o.caller() == options::NODE, m.name,
              option + ": it is for nodes, and answers " + package + "." + stem + "Request by " +
                  stem + "Reply");
    to.once(option == "moves_sagas" ? option + " of " + m.domain : option, m.name);
  };
  if (o.resumes()) {
    to.unless(speaks("Missed"), m.name, "resumes: it answers MissedRequest by MissedReply");
    to.unless(o.caller() == options::NODE && o.key() == "@account", m.name,
              "resumes: it is for nodes, and its key is @account");
  }
  if (o.token_keys()) {
    to.unless(speaks("Keys"), m.name, "token_keys: it answers KeysRequest by KeysReply");
    to.once("token_keys", m.name);
  }
  if (o.revocations()) {
    to.unless(speaks("Revocations"), m.name,
              "revocations: it answers RevocationsRequest by RevocationsReply");
    to.once("revocations", m.name);
  }
  check_node("messages", "views", "Messages", o.messages());
  check_node("cards", "views", "Cards", o.cards());
  check_node("posts", "views", "Posts", o.posts());
  check_node("operators", "operations", "Standing", o.operators());
  check_node("moves_sagas", "operations", "MoveSaga", o.moves_sagas());
  check_node("media", "views", "Media", o.media());
  check_node("membership", "views", "Membership", o.membership());
  if (!o.transfer().empty()) {
    auto stem = o.transfer();
    stem[0] = static_cast<char>(stem[0] - 'a' + 'A');
    const auto& request = m.proto->input_type()->full_name();
    to.unless((request == "nova.transfer." + stem + "Request" ||
               request == "nova.live." + stem + "Request") &&
                  o.caller() == options::NODE,
              m.name,
              "transfer: it is for nodes, and answers transfer." + stem + "Request or live." +
                  stem + "Request");
    to.once("transfer " + o.transfer(), m.name);
  }
}

void check_method(const method& m, faults& to) {
  const auto& o = m.options;
  const auto& request = *m.proto->input_type();
  to.unless(!m.domain.empty() && m.domain == noun_of(*m.proto->file()), m.name,
            "the service's domain must be its package's noun");
  to.unless(!m.proto->client_streaming() && !m.proto->server_streaming(), m.name,
            "streams are not supported");
  to.unless(o.number() != 0, m.name, "needs a number");
  to.once("method number " + std::to_string(o.number()), m.name);
  if (!o.rpc().empty()) to.once("rpc " + o.rpc(), m.name);
  to.unless(o.caller() != options::CALLER_UNSPECIFIED, m.name, "needs a caller");
  to.unless(o.rate() != options::RATE_UNSPECIFIED, m.name, "needs a rate");
  if (m.domain != "session") {
    to.unless(!o.entity().empty(), m.name, "needs an entity");
    check_key(m, to);
  }
  if (m.outside())
    to.unless(!o.summary().empty() && (!o.rpc().empty() || !m.routes.empty()), m.name,
              "can be called from outside, so it needs a summary and a route or an rpc name");
  else
    to.unless(o.rpc().empty() && m.routes.empty(), m.name,
              "is for nodes only, so it has neither route nor rpc name");
  if (o.idempotency() == options::CLIENT_ID)
    to.unless(scalar_field(request, "client_id"), m.name,
              "idempotency CLIENT_ID needs a field client_id");
  if (!o.idempotency_scope().empty())
    to.unless(scalar_field(request, o.idempotency_scope()), m.name,
              "idempotency_scope is no scalar field of the request");
  if (o.idempotency() == options::KEY && o.caller() == options::ANONYMOUS)
    to.unless(!o.idempotency_scope().empty(), m.name,
              "idempotency KEY of anonymous callers needs idempotency_scope");
  check_questions(m, to);
  for (const auto& r : m.routes) check_route(m, r, to);
}

/// The query that answers for another method gives the same type and needs no parameters. It is looked at where its domain
/// is among the files.
void check_answer(const method& m, const contract& all, faults& to) {
  const auto& rpc = m.options.answered_by();
  if (rpc.empty()) return;
  const auto domain = rpc.substr(0, rpc.find('.'));
  if (std::ranges::none_of(all.methods, [&](const method& x) { return x.domain == domain; }))
    return;
  const auto by =
      std::ranges::find_if(all.methods, [&](const method& x) { return x.options.rpc() == rpc; });
  to.unless(
      by != all.methods.end() && by->options.query() && by->options.key() == "@account" &&
          by->proto->input_type()->field_count() == 0 &&
          by->proto->output_type()->full_name() == m.proto->output_type()->full_name(),
      m.name,
      "answered_by names a query of the caller's own, without parameters, with the same reply");
}

void check_type(const FieldDescriptor& f, faults& to) {
  const auto& where = f.full_name();
  to.unless(f.enum_type() == nullptr, where,
            "enums are not supported: the contract spells such values as strings");
  to.unless(f.type() != FieldDescriptor::TYPE_GROUP, where, "groups are not supported");
  if (!f.is_map()) return;
  const auto& value = *f.message_type()->map_value();
  to.unless(is_text(*f.message_type()->map_key()), where, "a map's key must be a string");
  to.unless(value.enum_type() == nullptr, where,
            "enums are not supported: the contract spells such values as strings");
}

void check_field(const FieldDescriptor& f, faults& to) {
  const auto& r = rules(f);
  const auto& where = f.full_name();
  check_type(f, to);
  if (r.time()) to.unless(f.type() == FieldDescriptor::TYPE_INT64, where, "time is for int64");
  if (r.uuid()) to.unless(is_text(f), where, "uuid is for strings");
  if (r.max_bytes() != 0)
    to.unless(is_text(f) || is_bytes(f), where, "max_bytes is for strings and bytes");
  const bool text_rules = r.min_chars() != 0 || r.max_chars() != 0 || !r.charset().empty() ||
                          r.one_of_size() != 0 || r.email();
  if (text_rules)
    to.unless(is_text(f), where, "min_chars, max_chars, charset, one_of and email are for strings");
  for (const auto& value : r.one_of())
    to.unless(!value.empty() && value.find('|') == value.npos, where,
              "a value of one_of is not empty and has no |");
  if (r.has_min())
    to.unless(is_scalar(f) && f.cpp_type() == FieldDescriptor::CPPTYPE_INT64, where,
              "min is for int64");
  if (!r.left_out_by().empty()) {
    const auto* flag = f.containing_type()->FindFieldByName(r.left_out_by());
    to.unless(
        flag != nullptr && flag->type() == FieldDescriptor::TYPE_BOOL && rules(*flag).hidden(),
        where, "left_out_by names a hidden bool beside the field");
  }
  if (!r.empty_flag().empty())
    to.unless(f.is_repeated(), where, "empty_flag is for maps and lists");
  if (r.null_empties())
    to.unless((is_text(f) && f.has_presence()) || (f.is_repeated() && !r.empty_flag().empty()),
              where, "null_empties is for optional strings, and for lists with an empty_flag");
  if (r.max_items() != 0)
    to.unless(f.is_repeated(), where, "max_items is for repeated fields and maps");
  if (r.null_when_absent())
    to.unless(f.has_presence() && f.real_containing_oneof() == nullptr, where,
              "null_when_absent is for optional and message fields");
  if (r.required())
    to.unless(f.type() != FieldDescriptor::TYPE_BOOL || f.has_presence(), where,
              "a required bool must be optional: false and absent look alike otherwise");
}

}  // namespace

std::vector<std::string> check(const contract& all) {
  faults found;
  for (const auto& m : all.methods) check_method(m, found);
  for (const auto& m : all.methods) check_answer(m, all, found);
  for (const auto& e : all.events) {
    const auto& where = e.proto->full_name();
    found.unless(e.options.number() != 0, where, "needs a number");
    found.once("event number " + std::to_string(e.options.number()), where);
    found.unless(scalar_field(*e.proto, e.options.key()), where,
                 "key \"" + e.options.key() + "\" is no scalar field");
  }
  for (const auto& p : all.pushes) {
    found.unless(!p.options.rpc().empty(), p.proto->full_name(), "needs an rpc name");
    found.once("push " + p.options.rpc(), p.proto->full_name());
  }
  for (const auto* message : all.messages)
    for (int i = 0; i < message->field_count(); ++i) check_field(*message->field(i), found);
  return found.take();
}

}  // namespace nova::codegen
