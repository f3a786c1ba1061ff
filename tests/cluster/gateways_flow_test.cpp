// Gateway nodes beside the nodes with domains: what each process opens, and how soon a session that was revoked is refused on all of them.
#include "tests/cluster/cluster_stage.hpp"
#include "tests/support/client/json_text.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace nova;
using namespace nova::client;
using namespace nova::cluster;
using namespace std::chrono_literals;

namespace {

struct open_sockets {
  std::size_t tcp_listening = 0;
  std::size_t unix_connected = 0;  ///< the databases of these tests are reached by a path
};

open_sockets sockets_of(pid_t pid) {
  const auto process = "/proc/" + std::to_string(pid);
  std::set<std::string> mine;
  for (const auto& fd : std::filesystem::directory_iterator(process + "/fd")) {
    std::error_code gone;
    const auto to = std::filesystem::read_symlink(fd, gone).string();
    if (to.starts_with("socket:[")) mine.insert(to.substr(8, to.size() - 9));
  }
  open_sockets out;
  const auto each_row = [&](const std::string& table, std::size_t state, std::size_t inode,
                            const std::string& wanted, std::size_t& count) {
    std::ifstream rows(process + "/net/" + table);
    for (std::string row; std::getline(rows, row);) {
      std::istringstream words(row);
      const std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
      if (all.size() > inode && all[state] == wanted && mine.contains(all[inode])) ++count;
    }
  };
  for (const auto* table : {"tcp", "tcp6"}) each_row(table, 3, 9, "0A", out.tcp_listening);
  each_row("unix", 5, 6, "03", out.unix_connected);
  return out;
}

/// Waits until the nodes with domains have given up their links with the gateway, which stands still.
void freeze(const std::string& gateway) {
  four().node(gateway).pause();
  const auto end = std::chrono::steady_clock::now() + 30s * nova::test::slowdown;
  for (const auto* asked : {"east", "west"}) {
    const auto linked = [&] {
      http_client pages(four().at(asked));
      const auto members = pages.get("/cluster").json().at("members").as_array();
      return std::ranges::any_of(members, [&](const auto& m) {
        return m.at("node").as_string() == gateway && m.at("linked").as_bool();
      });
    };
    while (linked()) REQUIRE(std::chrono::steady_clock::now() < end);
  }
}

void sign_out(http_client& http, const account& a) {
  REQUIRE(
      http.post("/v1/auth/logout", R"({"refresh_token":)" + client::quoted(a.refresh_token) + "}")
          .status == 204);
}

constexpr auto revoked_within = 5s;

bool refused(const std::string& gateway, const account& a,
             std::chrono::steady_clock::time_point until) {
  http_client http(four().at(gateway));
  while (http.get("/v1/users/me", a.access_token).status != 401)
    if (std::chrono::steady_clock::now() > until) return false;
  return true;
}

}  // namespace

TEST_CASE("a node opens ports for its roles, and a gateway node has no session at a database") {
  all_linked();
  for (const std::string name : {"front", "side"}) {
    CAPTURE(name);
    const auto open = sockets_of(four().node(name).pid());
    CHECK(open.unix_connected == 0);
    CHECK(open.tcp_listening == 3);  // clients, links, operators
    CHECK(four().node(name).postmaster() == 0);
  }
  for (const std::string name : {"east", "west"}) {
    CAPTURE(name);
    const auto open = sockets_of(four().node(name).pid());
    CHECK(open.unix_connected >= 8);
    CHECK(open.tcp_listening == 2);  // links, operators
  }
}

TEST_CASE("each node has health, readiness and metrics on its operations port, and nothing else") {
  all_linked();
  for (const std::string name : {"east", "west", "front", "side"}) {
    CAPTURE(name);
    http_client pages(four().operations(name, "east"));
    CHECK(pages.get("/healthz").status == 200);
    CHECK(pages.get("/readyz").status == 200);
    const auto metrics = pages.get("/metrics");
    CHECK(metrics.status == 200);
    CHECK(metrics.body.find("\nnova_") != std::string::npos);
    for (const std::string path : {"/", "/v1/users/me", "/v1/ws", "/openapi.json"}) {
      CAPTURE(path);
      CHECK(pages.get(path).status == 404);
    }
    CHECK(pages.post("/v1/auth/login", "{}").status == 404);
  }
  for (const auto* name : {"front", "side"})
    CHECK(http_client(four().at(name)).get("/cluster").status == 404);
}

TEST_CASE("a session that is signed out is refused on each gateway node within 5 s") {
  all_linked();
  http_client front(four().at("front"));
  const auto ann = person(front, "ann");
  auto here = socket("front", ann), there = socket("side", ann);
  sign_out(front, ann);
  const auto until = std::chrono::steady_clock::now() + revoked_within;
  CHECK(here->closed(5s) == 4401);
  CHECK(there->closed(5s) == 4401);
  for (const auto* name : {"front", "side"}) CHECK(refused(name, ann, until));
}

TEST_CASE(
    "a session that is signed out while the links of a gateway node are broken is refused there "
    "within 5 s of their return") {
  all_linked();
  http_client front(four().at("front"));
  const auto ann = person(front, "ann"), bob = person(front, "bob");
  auto anns = socket("side", ann), bobs = socket("side", bob);
  freeze("side");
  sign_out(front, ann);
  four().node("side").resume();
  const auto until = std::chrono::steady_clock::now() + revoked_within;
  CHECK(anns->closed(5s) == 4401);
  CHECK(refused("side", ann, until));
  CHECK(bobs->closed(0ms) == -1);
}
