#include "tests/support/cluster_processes.hpp"

#include "actors/domain_modules.hpp"
#include "config/settings/declaration.hpp"
#include "tests/support/slowdown.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace nova::cluster {

processes::processes(std::vector<node_plan> plan) {
  std::string pattern = (std::filesystem::temp_directory_path() / "nova-cluster-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  const std::vector<std::pair<std::string, std::string>> shared{
      {"NOVA_CLUSTER__KEYS_DIR", folder_ + "/keys"}, {"NOVA_MEDIA__FOLDER", folder_}};
  std::map<std::string, test::fresh_database> databases;
  for (const auto& m : domain_modules())
    databases.emplace(m.name, test::postgres_fixture::instance().bare());
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < plan.size(); ++i) ports.push_back(client::free_port());
  std::vector<std::thread> starts;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto& p = plan[i];
    client::server_options o;
    o.data = folder_ + "/" + p.name;
    o.environment = shared;
    for (const auto& [domain, database] : databases)
      if (p.roles.empty() || std::ranges::find(p.roles, domain) != p.roles.end())
        client::add_database(o.environment, domain, database.conninfo, database.owner_conninfo);
    auto settings = p.settings;
    settings.emplace("node", p.name);
    settings.emplace("listen", "127.0.0.1:" + std::to_string(ports[i]));
    settings.emplace("seeds", "127.0.0.1:" + std::to_string(ports[0]));
    settings.emplace("settle_ms", "500");
    std::string roles;
    for (const auto& role : p.roles) roles += (roles.empty() ? "" : ",") + role;
    if (!roles.empty()) settings.emplace("roles", roles);
    for (const auto& [name, value] : settings) {
      o.arguments.push_back("--set");
      o.arguments.push_back("cluster." + name + "=" + value);
    }
    nodes_[p.name] = std::make_unique<client::server_process>(std::move(o));
  }
  // Its process dies with the thread that starts it: all are started by this one, the owners of databases first.
  for (const auto& p : plan) {
    auto& node = *nodes_[p.name];
    const bool begun = node.begin();
    INFO(node.problem());
    REQUIRE(begun);
  }
  for (const auto& p : plan) {
    auto& node = *nodes_[p.name];
    const bool ready = node.await();
    INFO(p.name, ": ", node.problem());
    REQUIRE(ready);
  }
}

processes::~processes() {
  nodes_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<std::string> processes::owners(const std::string& domain, const std::string& asked) {
  client::http_client http(at(asked));
  const auto answer = http.get("/cluster").json();
  std::vector<std::string> out;
  if (!answer.is_object()) return out;
  for (const auto& x : answer.at("domains").as_array())
    if (x.at("domain").as_string() == domain) out.emplace_back(x.at("node").as_string());
  return out;
}

std::string processes::owner(const std::string& domain, const std::string& key,
                             const std::string& asked) {
  client::http_client http(at(asked));
  const auto answer = http.get("/cluster").json();
  if (!answer.is_object()) return {};
  std::map<std::uint64_t, std::string> by_shard;
  for (const auto& x : answer.at("domains").as_array())
    if (x.at("domain").as_string() == domain)
      for (const auto& shard : x.at("shards").as_array())
        by_shard[shard.to_number<std::uint64_t>()] = x.at("node").as_string();
  return by_shard.empty() ? std::string() : by_shard[stable_hash(key) % by_shard.size()];
}

bool processes::owned(const std::string& domain, const std::string& asked,
                      const std::function<bool(std::size_t, const std::string&)>& fits) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30) * test::slowdown;
  while (std::chrono::steady_clock::now() < end) {
    const auto nodes = owners(domain, asked);
    std::size_t good = 0;
    for (std::size_t part = 0; part < nodes.size(); ++part)
      good += !nodes[part].empty() && fits(part, nodes[part]);
    if (!nodes.empty() && good == nodes.size()) return true;
  }
  return false;
}

bool processes::linked(const std::string& asked) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30) * test::slowdown;
  while (std::chrono::steady_clock::now() < end) {
    client::http_client http(at(asked));
    const auto answer = http.get("/cluster").json();
    std::size_t links = 0;
    if (answer.is_object())
      for (const auto& m : answer.at("members").as_array())
        links += m.at("linked").as_bool() && !m.at("self").as_bool();
    if (links + 1 == nodes_.size()) return true;
  }
  return false;
}

client::endpoint processes::operations(const std::string& name, const std::string& asked) {
  const auto answer = client::http_client(at(asked)).get("/cluster").json();
  if (answer.is_object())
    for (const auto& m : answer.at("members").as_array()) {
      const std::string place(m.at("operations").as_string());
      if (m.at("node").as_string() == name && !place.empty())
        return {static_cast<std::uint16_t>(std::stoi(place.substr(place.rfind(':') + 1)))};
    }
  return {};
}

std::string processes::logs() const {
  std::string out;
  for (const auto& [name, node] : nodes_)
    out += "---- " + name + "\n" + node->log_tail(3000) + "\n";
  return out;
}

}  // namespace nova::cluster
