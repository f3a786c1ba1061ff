// Links with the certificates of `nova certs`: what travels on them, and a gateway that is cut off from the node of auth.
#include "actors/domain_modules.hpp"
#include "tests/cluster/cluster_stage.hpp"
#include "tests/cluster/link_tap.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

using namespace nova;
using namespace nova::client;
using namespace nova::cluster;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> domains_but(const std::string& left_out) {
  std::vector<std::string> out;
  for (const auto& m : domain_modules())
    if (m.name != left_out) out.emplace_back(m.name);
  return out;
}

/// The nodes `base`, `keys` with auth alone, and the gateway `front`. All bytes between them are recorded.
class tapped_nodes {
 public:
  explicit tapped_nodes(const std::string& certificates)
      : all_({planned("base", domains_but("auth"), 0, certificates),
              planned("keys", {"auth"}, 1, certificates),
              planned("front", {"gateway"}, 2, certificates)}) {}

  processes& nodes() { return all_; }
  bool carried(const std::string& words) const {
    return std::ranges::any_of(taps_, [&](const auto& t) { return t->carried(words); });
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& t : taps_) sum += t->bytes();
    return sum;
  }

 private:
  node_plan planned(const std::string& name, std::vector<std::string> roles, std::size_t number,
                    const std::string& certificates) const {
    const auto seed = "127.0.0.1:" + std::to_string(taps_[0]->port());
    node_plan p{name,
                std::move(roles),
                {{"listen", "127.0.0.1:" + std::to_string(taps_[number]->target())},
                 {"advertise", "127.0.0.1:" + std::to_string(taps_[number]->port())},
                 {"seeds", seed},
                 {"unready_ms", "1000"}}};
    if (!certificates.empty()) {
      p.settings["certificate"] = certificates + "/" + name + ".pem";
      p.settings["key"] = certificates + "/" + name + ".key";
      p.settings["ca"] = certificates + "/ca.pem";
    }
    return p;
  }

  const std::array<std::unique_ptr<link_tap>, 3> taps_{std::make_unique<link_tap>(free_port()),
                                                       std::make_unique<link_tap>(free_port()),
                                                       std::make_unique<link_tap>(free_port())};
  processes all_;
};

/// What two people and their messages have to hide.
std::vector<std::string> secrets_told(processes& all) {
  http_client front(all.at("front"));
  const auto ann = person(front, "ann"), bob = person(front, "bob");
  const auto c = direct(front, ann, bob);
  const auto text = "for bob alone " + unique_suffix();
  REQUIRE(front
              .post("/v1/conversations/" + c + "/messages",
                    R"({"client_id":"1","text":)" + client::quoted(text) + "}", ann.access_token)
              .status == 201);
  return {text, ann.password, ann.access_token, ann.refresh_token};
}

bool within(std::chrono::seconds most, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + most * nova::test::slowdown;
  while (!holds())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

}  // namespace

TEST_CASE(
    "row 45: links with certificates of `nova certs` show no message, password or token; links "
    "without certificates, on loopback, do") {
  auto folder = (std::filesystem::temp_directory_path() / "nova-certs-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const auto command = default_binary() + " certs " + folder +
                       "/made --node base --node keys --node front > /dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  {
    tapped_nodes sealed(folder + "/made");
    for (const auto& secret : secrets_told(sealed.nodes())) {
      CAPTURE(secret);
      CHECK_FALSE(sealed.carried(secret));
    }
    CHECK(sealed.bytes() > 10'000);
    CHECK(sealed.carried(std::string("\x17\x03\x03", 3)));  // records of TLS

    http_client front(sealed.nodes().at("front"));
    const auto ready = [&] { return front.get("/readyz").status; };
    REQUIRE(ready() == 200);
    sealed.nodes().node("keys").pause();
    const auto from = std::chrono::steady_clock::now();
    INFO("cut off from auth alone");
    CHECK(within(6s, [&] { return ready() == 503; }));
    CHECK(std::chrono::steady_clock::now() - from > 1s);
    sealed.nodes().node("keys").resume();
    CHECK(within(10s, [&] { return ready() == 200; }));
  }
  tapped_nodes open("");
  for (const auto& secret : secrets_told(open.nodes())) {
    CAPTURE(secret);
    CHECK(open.carried(secret));
  }
  std::filesystem::remove_all(folder);
}
