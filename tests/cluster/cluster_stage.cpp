#include "tests/cluster/cluster_stage.hpp"

#include "actors/domain_modules.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

namespace nova::cluster {

using namespace client;
using namespace std::chrono_literals;

processes& four() {
  std::vector<std::string> domains;
  for (const auto& m : domain_modules()) domains.emplace_back(m.name);
  static processes all(
      {{"east", domains}, {"west", domains}, {"front", {"gateway"}}, {"side", {"gateway"}}});
  return all;
}

void all_linked() {
  for (const auto* name : {"east", "west"})
    if (!four().node(name).running()) {
      four().node(name).kill();
      REQUIRE(four().node(name).start());
    }
  for (const auto* asked : {"east", "west"}) REQUIRE(four().linked(asked));
}

io_thread& io() {
  static io_thread one;
  return one;
}

account person(http_client& http, const std::string& name) {
  std::string why;
  auto a = register_account(http, name + unique_suffix(), &why);
  INFO(why);
  REQUIRE(a.has_value());
  return *a;
}

std::unique_ptr<device> socket(const std::string& node, const account& a, const std::string& resume,
                               const std::string& seen) {
  auto d = std::make_unique<device>(io(), session_options{.to = four().at(node),
                                                          .access_token = a.access_token,
                                                          .resume_token = resume,
                                                          .seen = seen});
  const bool open = d->open();
  INFO(d->reason());
  REQUIRE(open);
  return d;
}

std::string direct(http_client& http, const account& a, const account& b) {
  std::string why, id;
  // Domains agree on a new account within 2 s.
  const auto end = std::chrono::steady_clock::now() + 2s * nova::test::slowdown;
  do id = create_conversation(http, a, "direct", {b.id}, &why);
  while (id.empty() && std::chrono::steady_clock::now() < end);
  INFO(why);
  REQUIRE(!id.empty());
  return id;
}

std::string message(const std::string& conversation, const std::string& client_id) {
  return R"({"conversation_id":)" + client::quoted(conversation) + R"(,"client_id":)" +
         client::quoted(client_id) + R"(,"text":)" + client::quoted(client_id) + "}";
}

}  // namespace nova::cluster
