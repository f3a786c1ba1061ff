#include "tests/fuzz/domain_stage.hpp"

#include "actors/auth/auth_services.hpp"
#include "actors/auth/password_hash.hpp"
#include "actors/auth/refresh_tokens.hpp"
#include "actors/domain_modules.hpp"
#include "tests/fuzz/claim.hpp"
#include "tests/fuzz/decision_claims.hpp"

#include <algorithm>

namespace nova::fuzz {
namespace {

constexpr unsigned most_rounds =
    200;  ///< of needs: a lookup that waits for another domain asks again for a while
constexpr unsigned most_depth = 8;

config::auth_settings cheap_passwords() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  s.sessions_per_account = 2;
  return s;
}

config::messaging_settings few_members() {
  config::messaging_settings s;
  s.max_members = 6;
  s.unknown_member_wait_ms = 100;
  return s;
}

const std::string secret(32, 'k'), salt(16, 's');

rpc::caller caller_of(unsigned account) {
  rpc::caller c;
  c.kind = rpc::caller_kind::user;
  c.account = known_id('A', account);
  c.session = known_id('E', 0);
  c.connection = account == 0 ? 0 : account;
  c.address = "127.0.0.1";
  c.user_agent = "fuzz";
  return c;
}

}  // namespace

domain_stage::domain_stage()
    : rows_(auth::hash_password("correct horse battery staple", {1, 8}), salt) {
  config::settings s;
  s.auth = cheap_passwords();
  s.messaging = few_members();
  std::vector<listed_module> part;
  for (const auto& m : domain_modules())
    if (row_source::knows(m.name)) part.push_back(m);
  const auto answers = runtime::answers_of(part);
  for (const auto& m : part) {
    domains_.push_back(m.make(s, {{"auth", secret}}));
    if (m.await_answers) m.await_answers(domains_.back(), answers);
  }
}

void domain_stage::clear() {
  entities_.clear();
  random_ = {};
}

std::string domain_stage::refresh_token(unsigned account, unsigned session,
                                        std::uint32_t generation) const {
  auth::session_row row;
  row.session_id = known_id('E', session);
  row.generation = generation;
  row.salt = salt;
  const auto& services =
      *std::any_cast<const std::shared_ptr<auth::auth_services>&>(domains_[0].services);
  return services.refresh.make(known_id('A', account), row);
}

domain_stage::active& domain_stage::activate(const runtime::entity_kind& kind,
                                             const std::string& key) {
  auto& entity = entities_[{kind.name, key}];
  runtime::reads r;
  while (!entity.state) {
    auto loaded = kind.load(key, r);
    if (auto* state = std::get_if<std::unique_ptr<runtime::state_box>>(&loaded))
      entity.state = std::move(*state);
    else supply(std::get<runtime::need>(loaded), r, {});
    claim(r.size() < most_rounds, "a load ends", kind.name);
  }
  return entity;
}

result<domain_stage::place> domain_stage::find(const rpc::method& method,
                                               const rpc::message& request,
                                               const rpc::caller& caller) {
  if (!row_source::knows(method.domain)) return make_error(errc::not_found);
  auto domain = std::ranges::find(domains_, method.domain, &runtime::domain::name);
  claim(domain != domains_.end(), "every method has a domain", method.name);
  auto kind = std::ranges::find(domain->kinds, method.entity, &runtime::entity_kind::name);
  claim(kind != domain->kinds.end() && kind->calls.contains(method.number),
        "every method has a handler", method.name);
  std::string key;
  switch (method.key) {
    case rpc::key_source::field: key = method.key_of(request); break;
    case rpc::key_source::account: key = to_string(caller.account); break;
    case rpc::key_source::fresh: key = to_string(make_uuid_v7(fixed_clock::time, random_)); break;
    case rpc::key_source::single: key = "one"; break;
  }
  if (kind->normalise_key) {
    auto normal = kind->normalise_key(method, key);
    if (!normal) return normal.error();
    auto again = kind->normalise_key(method, key);
    claim(*again == *normal, "a key has one normal form");
    key = *normal;
  }
  return place{&*domain, &*kind, &activate(*kind, key), key};
}

void domain_stage::supply(const runtime::need& n, runtime::reads& r, const rpc::caller& caller) {
  claim(!n.items.empty(), "a need needs something");
  for (const auto& item : n.items) {
    if (const auto* s = std::get_if<storage::statement>(&item)) {
      claim_statement(*s);
      r.append(rows_.answer(*s));
    } else if (const auto* j = std::get_if<runtime::job>(&item)) {
      r.append(j->run());
    } else if (const auto* a = std::get_if<runtime::ask>(&item)) {
      auto account = static_cast<unsigned>(caller.account.data[15]);
      r.append(carry_out(*a->method, a->request, account, account + 1));
    } else {
      r.append(std::monostate());
    }
  }
}

runtime::erased_outcome domain_stage::decide(place& at, const runtime::erased_handler& handler,
                                             const rpc::message& m, runtime::context c,
                                             runtime::reads& r) {
  for (unsigned round = 0; round < most_rounds; ++round) {
    auto before = random_;
    auto out = handler(*at.entity->state, m, c, r);
    auto after = std::exchange(random_, before);
    claim_same(out, handler(*at.entity->state, m, c, r));
    random_ = after;
    auto* more = std::get_if<runtime::need>(&out);
    if (!more) return out;
    supply(*more, r, c.caller);
  }
  claim(false, "a command ends");
  return make_error(errc::internal);
}

rpc::reply_result domain_stage::carry_out(const rpc::method& method, rpc::message_ptr request,
                                          unsigned account, std::uint32_t seed, int attempt) {
  if (depth_ == 0) rows_.reseed(seed);
  ++depth_;
  auto caller = caller_of(account);
  rpc::reply_result answer = make_error(errc::internal);
  auto at = find(method, *request, caller);
  if (!at) {
    claim_error(at.error());
    answer = at.error();
  } else {
    runtime::reads r;
    auto services = at->domain->services;
    runtime::context c{at->key,   caller, fixed_clock::time, random_,
                       "request", "",     attempt,           &services};
    auto out = decide(*at, at->kind->calls.at(method.number), *request, c, r);
    if (auto* e = std::get_if<error>(&out)) {
      claim_error(*e);
      answer = *e;
    } else {
      auto& d = std::get<runtime::erased_decision>(out);
      claim_decision(d, method.reply);
      claim(!method.query || d.statements.empty(), "a query writes nothing", method.name);
      if (d.refusal) answer = *d.refusal;
      else answer = d.reply;
      apply(*at, d);
    }
  }
  --depth_;
  return answer;
}

void domain_stage::apply(place& at, runtime::erased_decision& d) {
  for (const auto& s : d.statements) {
    auto counts = [&](std::string_view query, std::int64_t& counter) {
      if (s.query->name != query || at.kind->name != "conversation") return;
      auto next = std::get<std::int64_t>(s.params[1]);
      claim(counter < 0 || next == counter + 1, "counted without a gap", query);
      counter = next;
    };
    counts("messaging.insert_message", at.entity->seq);
    counts("messaging.set_rev", at.entity->rev);
  }
  if (d.apply) d.apply(*at.entity->state);
  claim(at.entity->state->weight() > 0, "an entity has a weight");
  auto events = std::move(d.events);
  if (d.passivate) entities_.erase({at.kind->name, at.key});
  if (depth_ < most_depth)
    for (const auto& e : events) tell(e);
}

void domain_stage::tell(const runtime::event& e) {
  for (auto& domain : domains_)
    for (auto& intake : domain.intakes) {
      if (intake.event != e.type) continue;
      rpc::caller nobody;
      auto services = domain.services;
      runtime::context c{"", nobody, fixed_clock::time, random_, "event", "", 0, &services};
      runtime::reads r;
      auto where = intake.route(*e.body, c, r);
      while (auto* more = std::get_if<runtime::need>(&where)) {
        supply(*more, r, nobody);
        claim(r.size() < most_rounds, "an event finds its place", e.type->name);
        where = intake.route(*e.body, c, r);
      }
      if (auto* model = std::get_if<runtime::read_model_effect>(&where))
        for (const auto& s : model->statements) claim_statement(s);
      if (auto* to = std::get_if<runtime::entity_effect>(&where))
        carry_event(*to, *e.type, *e.body);
    }
}

void domain_stage::carry_event(const runtime::entity_effect& to, const rpc::event_type& type,
                               const rpc::message& body) {
  for (auto& domain : domains_) {
    auto kind = std::ranges::find(domain.kinds, to.kind, &runtime::entity_kind::name);
    if (kind == domain.kinds.end() || !kind->events.contains(type.number)) continue;
    place at{&domain, &*kind, &activate(*kind, to.key), to.key};
    rpc::caller nobody;
    auto services = domain.services;
    runtime::context c{at.key, nobody, fixed_clock::time, random_, "event", "", 0, &services};
    runtime::reads r;
    ++depth_;
    auto out = decide(at, kind->events.at(type.number), body, c, r);
    if (auto* d = std::get_if<runtime::erased_decision>(&out)) {
      claim_decision(*d, nullptr);
      apply(at, *d);
    }
    --depth_;
  }
}

}  // namespace nova::fuzz
