// See node_stage.hpp.
#include "bench/support/node_stage.hpp"

#include "actors/runtime/placement/rendezvous.hpp"

#include <poll.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace nova::bench {

namespace fs = std::filesystem;

namespace {

constexpr auto settled_within = std::chrono::seconds(90);
constexpr auto asked_within = std::chrono::seconds(5);
constexpr int look_every_ms = 20;

bool has_role(const node_plan& p, const std::string& role) {
  return p.roles.empty() || std::ranges::find(p.roles, role) != p.roles.end();
}

}  // namespace

std::vector<std::string> domains_but(const std::vector<std::string>& left_out) {
  std::vector<std::string> out;
  std::istringstream all(NOVA_DOMAIN_NAMES);
  for (std::string name; std::getline(all, name, ',');)
    if (std::ranges::find(left_out, name) == left_out.end()) out.push_back(name);
  return out;
}

node_stage::node_stage(const run_options& given) : stage(given, no_server{}) {}

node_stage::~node_stage() {
  nodes_.clear();
  database_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

bool node_stage::open(std::string& problem) {
  auto pattern = (fs::temp_directory_path() / "nova-nodes-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return problem = "mkdtemp", false;
  folder_ = pattern;
  fs::permissions(folder_, fs::perms(0755));  // the database's user goes through it
  storage::embedded_options o{.data = folder_ + "/database",
                              .domains = domains_but({}),
                              .settings = {},
                              .end_with_process = true};
  o.settings.embedded_stop_ms = 500;
  o.settings.embedded_max_connections = 400;
  fs::create_directories(o.data);
  database_ = std::make_unique<storage::embedded_postgres>(std::move(o));
  if (auto started = database_->start(); !started) return problem = started.error().detail, false;
  return true;
}

bool node_stage::make_certificates(const std::vector<node_plan>& plan) const {
  std::error_code ignored;
  fs::remove_all(folder_ + "/certificates", ignored);
  std::string words = client::default_binary() + " certs " + folder_ + "/certificates";
  for (const auto& p : plan) words += " --node " + p.name;
  return std::system((words + " > /dev/null").c_str()) == 0;
}

client::server_options node_stage::options_of(const node_plan& plan, std::uint16_t operations,
                                              const std::vector<std::uint16_t>& links) const {
  client::server_options o;
  o.data = folder_ + "/" + (plan.name.empty() ? "one" : plan.name);
  o.environment = {{"NOVA_CLUSTER__KEYS_DIR", folder_ + "/keys"},
                   {"NOVA_MEDIA__FOLDER", folder_},
                   {"NOVA_AUTH__ACCESS_TOKEN_TTL_S", "86400"}};
  for (const auto& domain : domains_but({})) {
    client::add_database(o.environment, domain, database_->conninfo(domain),
                         database_->owner_conninfo(domain));
  }
  if (!plan.name.empty()) {
    const auto certificate = folder_ + "/certificates/";
    std::string roles, seeds;
    for (const auto& role : plan.roles) roles += (roles.empty() ? "" : ",") + role;
    for (const auto port : links)
      seeds += (seeds.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port);
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
             {"NODE", plan.name},
             {"LISTEN", "127.0.0.1:" + std::to_string(links.front())},
             {"SEEDS", seeds},
             {"ROLES", roles},
             {"OPERATIONS", "127.0.0.1:" + std::to_string(operations)},
             {"CERTIFICATE", certificate + plan.name + ".pem"},
             {"KEY", certificate + plan.name + ".key"},
             {"CA", certificate + "ca.pem"},
             {"SETTLE_MS", "500"}})
      if (!value.empty()) o.environment.emplace_back("NOVA_CLUSTER__" + name, value);
    if (plan.tls) {
      o.environment.emplace_back("NOVA_GATEWAY__TLS__CERTIFICATE",
                                 certificate + plan.name + ".pem");
      o.environment.emplace_back("NOVA_GATEWAY__TLS__KEY", certificate + plan.name + ".key");
    }
  }
  const auto& more = options().environment;
  o.environment.insert(o.environment.end(), more.begin(), more.end());
  return o;
}

bool node_stage::start(const std::vector<node_plan>& plan, std::string& problem) {
  for (auto& [name, n] : nodes_) n.process->stop();
  nodes_.clear();
  gateways_.clear();
  const bool cluster = !plan.front().name.empty();
  if (cluster && !make_certificates(plan)) return problem = "nova certs failed", false;
  std::vector<std::uint16_t> links;
  for (std::size_t i = 0; i < plan.size(); ++i) links.push_back(client::free_port());
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto& p = plan[i];
    auto mine = links;
    std::rotate(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(i), mine.end());
    const auto operations = client::free_port();
    nodes_[p.name] = {p, operations,
                      std::make_unique<client::server_process>(options_of(p, operations, mine))};
    if (has_role(p, "gateway")) gateways_.push_back(p.name);
  }
  for (const auto& p : plan)
    if (auto& one = node(p.name); !one.begin()) return problem = one.problem(), false;
  for (const auto& p : plan)
    if (auto& one = node(p.name); !one.await())
      return problem = p.name + ": " + one.problem(), false;
  return !cluster || await_settled(problem);
}

bool node_stage::start_again(const std::string& name, std::string& problem) {
  if (node(name).start()) return true;
  problem = name + ": " + node(name).problem();
  return false;
}

client::http_client node_stage::pages(const std::string& name) const {
  return client::http_client({nodes_.at(name).operations}, asked_within);
}

/// Empty when each part is where it belongs and all nodes know it.
std::string node_stage::unsettled() const {
  for (const auto& [name, n] : nodes_) {
    const auto answer = pages(name).get("/cluster").json();
    if (!answer.is_object()) return name + " does not answer";
    std::size_t linked = 0;
    for (const auto& m : answer.at("members").as_array())
      linked += m.at("linked").as_bool() && !m.at("self").as_bool();
    if (linked + 1 != nodes_.size()) return name + " is not linked with all";
    for (const auto& d : answer.at("domains").as_array()) {
      const std::string domain(d.at("domain").as_string());
      const auto part = domain + "/" + std::to_string(d.at("part").to_number<std::uint32_t>());
      std::vector<std::pair<std::string, double>> able;
      for (const auto& [other, o] : nodes_)
        if (has_role(o.plan, domain)) able.emplace_back(other, 1.0);
      const auto best = runtime::rendezvous(part, able);
      if (std::string(d.at("node").as_string()) != best)
        return part + " is not at " + std::string(best) + " for " + name;
    }
  }
  return {};
}

bool node_stage::await_settled(std::string& problem) {
  const auto until = std::chrono::steady_clock::now() + settled_within;
  do {
    problem = unsettled();
    if (problem.empty()) return true;
    if (std::ranges::any_of(nodes_, [](const auto& n) { return !n.second.process->running(); }))
      break;
    ::poll(nullptr, 0, look_every_ms);
  } while (std::chrono::steady_clock::now() < until);
  problem += "\n" + logs();
  return false;
}

client::endpoint node_stage::at(std::size_t number) const {
  return nodes_.at(gateways_[number % gateways_.size()]).process->at();
}

std::string node_stage::admin_conninfo(const std::string& domain) const {
  return database_->admin_conninfo("nova_" + domain);
}

cpu_split node_stage::cpu() const {
  cpu_split out{own_cpu(), 0, client::usage_of_family(database_->postmaster()).cpu_seconds};
  for (const auto& [name, n] : nodes_) out.server += cpu_of(name);
  return out;
}

double node_stage::cpu_of(const std::string& name) const {
  return client::usage_of(nodes_.at(name).process->pid()).cpu_seconds;
}

std::uint64_t node_stage::server_rss() const {
  std::uint64_t sum = 0;
  for (const auto& [name, n] : nodes_) sum += client::usage_of(n.process->pid()).rss_bytes;
  return sum;
}

std::vector<owned_part> node_stage::parts(const std::string& domain,
                                          const std::string& asked) const {
  std::vector<owned_part> out;
  const auto answer = pages(asked).get("/cluster").json();
  if (!answer.is_object()) return out;
  for (const auto& d : answer.at("domains").as_array()) {
    if (d.at("domain").as_string() != domain) continue;
    owned_part p{std::string(d.at("node").as_string()), {}};
    for (const auto& s : d.at("shards").as_array())
      p.shards.push_back(s.to_number<std::uint64_t>());
    out.push_back(std::move(p));
  }
  return out;
}

std::string node_stage::page(const std::string& node, const std::string& target) const {
  return pages(node).get(target).body;
}

std::uint64_t node_stage::counter(const std::string& node, const std::string& name) const {
  const auto answer = pages(node).get("/cluster").json();
  if (!answer.is_object()) return 0;
  const auto* counters = answer.as_object().if_contains("counters");
  return counters == nullptr ? 0 : counters->at(name).to_number<std::uint64_t>();
}

bool node_stage::move(const std::string& domain, std::size_t part, const std::string& owner,
                      const std::string& to) const {
  const auto answer =
      pages(owner).post("/cluster/move/" + domain + "." + std::to_string(part) + "/" + to, "");
  return answer.body.find("true") != std::string::npos;
}

std::string node_stage::logs(std::size_t bytes) const {
  std::string out;
  for (const auto& [name, n] : nodes_)
    out += "---- " + name + "\n" + n.process->log_tail(bytes) + "\n";
  return out;
}

}  // namespace nova::bench
