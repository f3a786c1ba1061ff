#include "tests/support/event_streams.hpp"

#include "actors/domain_modules.hpp"

#include <set>

namespace nova::test {

std::vector<event_stream> event_streams() {
  config::settings cheap;
  cheap.auth.password_opslimit = 1;
  cheap.auth.password_memory_kib = 8;
  std::set<std::pair<std::string, std::string>> pairs;
  const auto answers = runtime::answers_of(domain_modules());
  for (const auto& m : domain_modules()) {
    runtime::kept_keys keys;
    for (auto name : m.keys) keys.emplace(name, std::string(32, 'k'));
    auto d = m.make(cheap, keys);
    if (m.await_answers) m.await_answers(d, answers);
    for (const auto& i : d.intakes) pairs.emplace(i.event->domain, d.name);
  }
  std::vector<event_stream> out;
  for (const auto& [source, consumer] : pairs) out.push_back({source, consumer});
  return out;
}

}  // namespace nova::test
