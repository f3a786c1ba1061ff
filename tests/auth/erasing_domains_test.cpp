// No domain is forgotten at the end of an account, or in its export: each module says how it answers, takes the order, and auth
// waits for it.
#include "actors/domain_modules.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/views/views.pb.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>

using namespace nova;

namespace {

runtime::domain made(const listed_module& m) {
  config::settings cheap;
  cheap.auth.password_opslimit = 1;
  cheap.auth.password_memory_kib = 8;
  runtime::kept_keys keys;
  for (auto name : m.keys) keys.emplace(name, std::string(32, 'k'));
  return m.make(cheap, keys);
}

bool takes(const runtime::domain& d, const rpc::event_type& event) {
  return std::ranges::any_of(d.intakes, [&](const auto& i) { return i.event == &event; });
}

}  // namespace

TEST_CASE("each domain but auth takes EraseAccount and declares its answer") {
  for (const auto& m : domain_modules()) {
    INFO(m.name);
    if (m.name == "auth") continue;
    REQUIRE(m.confirms_erasure != nullptr);
    CHECK(m.confirms_erasure->domain == m.name);
    CHECK(takes(made(m), auth::erase_account_event()));
    const auto& fields = *m.confirms_erasure->type->make()->GetDescriptor();
    for (const auto* name : {"account_id", "certificate_id", "erased", "anonymised"})
      CHECK(fields.FindFieldByName(name) != nullptr);
  }
}

TEST_CASE("one domain waits for all answers, and takes each of them") {
  const auto answers = runtime::answers_of(domain_modules());
  CHECK(answers.erasures.size() + 1 == domain_modules().size());
  CHECK(answers.registrations.size() == 4);  // user, messaging, content, search
  int waiting = 0;
  for (const auto& m : domain_modules()) {
    if (m.await_answers == nullptr) continue;
    ++waiting;
    auto d = made(m);
    m.await_answers(d, answers);
    for (const auto* list : {&answers.erasures, &answers.registrations})
      for (const auto* answer : *list) CHECK(takes(d, *answer));
  }
  CHECK(waiting == 1);
}

TEST_CASE("each domain gives its part of an export") {
  for (const auto& m : domain_modules()) {
    INFO(m.name);
    CHECK(std::ranges::any_of(rpc::all_methods(), [&](const rpc::method* method) {
      return method->domain == m.name &&
             method->request->name == views::ExportRequest::descriptor()->full_name();
    }));
  }
}
