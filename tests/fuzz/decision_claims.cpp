#include "tests/fuzz/decision_claims.hpp"

#include "gateway/codec/problems.hpp"
#include "storage/database/array_types.hpp"
#include "storage/postgres/wire.hpp"
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/json_grammar.hpp"

#include <string>

namespace nova::fuzz {
namespace {

constexpr unsigned generous_depth = 100;

void claim_json(const std::string& text) {
  claim(json_grammar(text).accepts(generous_depth), "what is said is JSON", text);
}

void claim_text(std::string_view text, std::string_view query) {
  claim(is_text(text), "text for the database is UTF-8 without NUL", query);
}

void claim_value(const storage::value& v, std::string_view query) {
  if (const auto* text = std::get_if<std::string>(&v)) claim_text(*text, query);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&v))
    for (const auto& text : *texts) claim_text(text, query);
  if (const auto* time = std::get_if<storage::timestamp>(&v)) {
    constexpr unix_ms first = -210'866'803'200'000,
                      end = 9'224'318'016'000'000;  // 4714 BC to 294277
    claim(time->ms >= first && time->ms < end, "a time that timestamptz holds", query);
  }
}

bool same(const rpc::message_ptr& a, const rpc::message_ptr& b) {
  return (a == nullptr) == (b == nullptr) &&
         (!a || a->SerializeAsString() == b->SerializeAsString());
}

bool same(const storage::statement& a, const storage::statement& b) {
  return a.query == b.query && a.params == b.params;
}

}  // namespace

void claim_statement(const storage::statement& s) {
  claim(s.query != nullptr, "a statement has a query");
  storage::parameter_buffer buffer;
  for (const auto& v : s.params) {
    claim_value(v, s.query->name);
    buffer.add(v);
  }
  buffer.finish();
  for (std::size_t i = 1; i <= s.params.size(); ++i)
    claim(s.query->sql.find('$' + std::to_string(i)) != std::string_view::npos,
          "every parameter is used", s.query->name);
  claim(s.query->sql.find('$' + std::to_string(s.params.size() + 1)) == std::string_view::npos,
        "every $n is given", s.query->name);
  if (s.query->merge == storage::merging::none) return;
  claim(s.query->array_types.size() == s.params.size(), "a type for each merged column",
        s.query->name);
  for (std::size_t i = 0; i < s.params.size(); ++i)
    claim(storage::fits_array(s.query->array_types[i], s.params[i]) ||
              std::holds_alternative<std::monostate>(s.params[i]),
          "a merged cell fits its column", s.query->name);
}

void claim_decision(const runtime::erased_decision& d, const rpc::message_type* reply) {
  if (reply) {
    claim(d.reply != nullptr || d.refusal.has_value(), "a call is answered");
    if (d.refusal) claim_error(*d.refusal);
    if (d.reply) {
      claim(d.reply->GetDescriptor()->full_name() == reply->name,
            "the reply is of the method's type", reply->name);
      std::string text;
      reply->write_json(*d.reply, text);
      claim_json(text);
    }
  }
  for (const auto& s : d.statements) claim_statement(s);
  for (const auto& e : d.events) {
    claim(e.type && e.body && e.body->GetDescriptor()->full_name() == e.type->type->name,
          "an event of its type");
    claim(!e.type->key_of(*e.body).empty(), "an event has a key", e.type->name);
  }
  for (const auto& p : d.pushes) {
    claim(p.push && p.to.accounts, "a push goes somewhere");
    claim_json(p.push->json());
  }
  for (const auto& w : d.watches) claim(w.connection != 0, "a socket watches");
}

void claim_error(const error& e) {
  claim(describe(e.code).code == e.code, "an error of the table");
  std::string text;
  gateway::append_problem(text, e, "r");
  claim_json(text);
}

void claim_same(const runtime::erased_outcome& a, const runtime::erased_outcome& b) {
  claim(a.index() == b.index(), "asked again, the same kind of outcome");
  if (const auto* one = std::get_if<error>(&a)) {
    claim(one->code == std::get<error>(b).code, "asked again, the same error");
  } else if (const auto* d = std::get_if<runtime::erased_decision>(&a)) {
    const auto& other = std::get<runtime::erased_decision>(b);
    claim(same(d->reply, other.reply), "asked again, the same reply");
    claim(d->statements.size() == other.statements.size(), "asked again, as many statements");
    for (std::size_t i = 0; i < d->statements.size(); ++i)
      claim(same(d->statements[i], other.statements[i]), "asked again, the same statements",
            d->statements[i].query->name);
    claim(d->pushes.size() == other.pushes.size() && d->events.size() == other.events.size(),
          "asked again, the same news");
  } else {
    claim(std::get<runtime::need>(a).items.size() == std::get<runtime::need>(b).items.size(),
          "asked again, the same needs");
  }
}

}  // namespace nova::fuzz
