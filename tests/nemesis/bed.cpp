// See bed.hpp.
#include "tests/nemesis/bed.hpp"

#include "actors/domain_modules.hpp"
#include "actors/runtime/placement/rendezvous.hpp"
#include "storage/embedded/server_process.hpp"
#include "storage/postgres/conninfo.hpp"
#include "tests/support/slowdown.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace nova::nemesis {

namespace fs = std::filesystem;
using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr const char* names[bed::nodes] = {"alpha", "beta", "gamma"};
constexpr const char* folder_prefix = "nova-bed-";
constexpr int gateway_port = 8080, links_port = 7400, operations_port = 9400;
constexpr milliseconds asked_within{2'000 * test::slowdown};
constexpr milliseconds whole_at_start{60'000 * test::slowdown};
constexpr std::chrono::minutes ready_within{4};  // on a machine that is busy with other tests
constexpr int look_every_ms = 20;
constexpr int most_starts = 3;

std::string upper(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// Held while the folder is in use; another process that gets it may remove the folder.
int lock_of(const fs::path& folder) {
  const int fd = ::open((folder / "bed.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return -1;
}

/// Folders of runs that were killed. Their processes and namespaces ended with them.
void remove_left_folders() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ignored)) {
    if (!entry.path().filename().string().starts_with(folder_prefix)) continue;
    const int lock = lock_of(entry.path());
    if (lock < 0) continue;
    fs::remove_all(entry.path(), ignored);
    ::close(lock);
  }
}

std::map<std::string, std::string> owners_in(const boost::json::object& page) {
  std::map<std::string, std::string> out;
  for (const auto& d : page.at("domains").as_array())
    out[std::string(d.at("domain").as_string()) + "." +
        std::to_string(d.at("part").to_number<std::uint32_t>())] = d.at("node").as_string();
  return out;
}

client::http_client pages_of(std::size_t i) {
  return client::http_client({operations_port, host::address_of(bed::host_of(i))}, asked_within);
}

}  // namespace

bed::bed(bed_options options)
    : options_(std::move(options)), folder_(options_.folder), net_(options_.seed) {
  std::size_t at = 0;
  for (const auto& m : domain_modules()) {
    domains_.push_back({std::string(m.name), {at % nodes, (at + 1) % nodes}});
    ++at;
  }
}

bed::~bed() {
  net_.heal();
  for (auto& n : nodes_) n->kill();
  pause_database(false);
  nodes_.clear();
  database_.reset();
  std::error_code ignored;
  if (options_.folder.empty() && !folder_.empty()) fs::remove_all(folder_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

std::string bed::name_of(std::size_t i) { return names[i]; }

bool bed::start(std::string& why) {
  remove_left_folders();
  if (folder_.empty()) {
    auto pattern = (fs::temp_directory_path() / (std::string(folder_prefix) + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) return why = "mkdtemp", false;
    folder_ = pattern;
  }
  fs::create_directories(folder_);
  ::chmod(folder_.c_str(), 0755);  // the database's user goes through it
  lock_ = lock_of(folder_);
  return make_hosts(why) && start_database(why) && make_nodes(why) && start_nodes({0, 1, 2}, why) &&
         await_whole(whole_at_start, why);
}

bool bed::make_hosts(std::string& why) {
  if (net_.add(clients_host, true, why) == nullptr) return false;
  for (std::size_t i = 0; i < nodes; ++i) {
    hosts_.push_back(net_.add(host_of(i), false, why));
    if (hosts_.back() == nullptr) return false;
  }
  database_host_ = net_.add(database_host, false, why);
  if (database_host_ == nullptr) return false;
  net_.begin();
  return true;
}

bool bed::start_database(std::string& why) {
  storage::embedded_options o{
      .data = folder_ + "/database",
      .domains = {},
      .settings = {},
      .end_with_process = true,
      .server_settings = {{"listen_addresses", host::address_of(database_host)}}};
  for (const auto& d : domains_) o.domains.push_back(d.domain);
  o.settings.embedded_stop_ms = 1;
  o.settings.embedded_max_connections = 400;  // those of a node that is cut off stay for a while
  o.settings.embedded_shared_buffers_mb = 64;
  o.settings.embedded_hang_ms = 0;
  fs::create_directories(o.data);
  const host::visit there(*database_host_);
  database_ = std::make_unique<storage::embedded_postgres>(std::move(o));
  if (auto started = database_->start(); !started) return why = started.error().detail, false;
  std::ofstream(folder_ + "/database/postgres/pg_hba.conf", std::ios::app)
      << "host all all 10.77.0.0/24 scram-sha-256\n";
  ::kill(database_->postmaster(), SIGHUP);
  return true;
}

bool bed::make_certificates() const {
  const auto binary = options_.binary.empty() ? client::default_binary() : options_.binary;
  std::string words = binary + " certs " + folder_ + "/certificates";
  for (const auto* name : names) words += std::string(" --node ") + name;
  return std::system((words + " > /dev/null").c_str()) == 0;
}

client::server_options bed::settings_of(std::size_t i) const {
  const auto links = ":" + std::to_string(links_port);
  const auto address = host::address_of(host_of(i));
  const auto certificates = folder_ + "/certificates/";
  std::string roles = i < gateways ? "gateway" : "";
  for (const auto& d : domains_)
    if (d.on[0] == i || d.on[1] == i) roles += (roles.empty() ? "" : ",") + d.domain;
  client::server_options o;
  o.binary = options_.binary;
  o.data = folder_ + "/" + names[i];
  o.port = i < gateways ? gateway_port : operations_port;
  o.host = address;
  o.ready_within = ready_within;
  for (
      const auto& setting :
      {std::string("cluster.node=") + names[i], "cluster.roles=" + roles,
       "cluster.listen=" + address + links,
       "cluster.seeds=" + host::address_of(1) + links + "," + host::address_of(2) + links,
       "cluster.operations=" + address + ":" + std::to_string(operations_port),
       "cluster.certificate=" + certificates + names[i] + ".pem",
       "cluster.key=" + certificates + names[i] + ".key", "cluster.ca=" + certificates + "ca.pem",
       "cluster.keys_dir=" + folder_ + "/keys", std::string("cluster.settle_ms=500"),
       "gateway.address=" + address,
       // A quarter of it is for moves: a node that is drained on a busy machine gives all its parts away.
       std::string("general.stop_budget_ms=40000"),
       // Little room for a socket, so that a slow one is noticed before the test's time is over.
       std::string("gateway.max_queued_bytes=65536"),
       std::string("gateway.send_buffer_bytes=16384"),
       std::string("auth.access_token_ttl_s=86400")}) {
    o.arguments.emplace_back("--set");
    o.arguments.push_back(setting);
  }
  return o;
}

bool bed::make_nodes(std::string& why) {
  if (!make_certificates()) return why = "nova certs failed", false;
  std::vector<std::pair<std::string, std::string>> databases;
  const storage::keywords reached{{"host", host::address_of(database_host)}};
  for (const auto& d : domains_)
    for (const auto& [name, conninfo] :
         {std::pair("DSN", database_->conninfo(d.domain)),
          std::pair("OWNER_DSN", database_->owner_conninfo(d.domain))}) {
      const auto words = storage::parse_conninfo(conninfo, reached);
      if (!words) return why = words.error().detail, false;
      databases.emplace_back("NOVA_STORAGE__" + std::string(name) + "__" + upper(d.domain),
                             storage::to_conninfo(*words));
    }
  for (std::size_t i = 0; i < nodes; ++i) {
    auto o = settings_of(i);
    o.environment = databases;
    clocks_.push_back(std::make_unique<stepped_clock>(folder_ + "/" + names[i] + ".clock"));
    o.environment.emplace_back("LD_PRELOAD", stepped_clock::library());
    o.environment.emplace_back(clock_variable, clocks_.back()->file());
    if (!options_.planted.empty())
      o.environment.emplace_back("NOVA_PLANTED_FAULT", options_.planted);
    // All people come from one address.
    o.environment.emplace_back("NOVA_GATEWAY__ADDRESS_SIGN_IN_PER_S", "10000");
    nodes_.push_back(std::make_unique<client::server_process>(o));
    node_options_.push_back(std::move(o));
  }
  return true;
}

bool bed::start_nodes(const std::vector<std::size_t>& which, std::string& why) {
  return begin_nodes(which, why) && await_ready(which, false, why);
}

bool bed::begin_nodes(const std::vector<std::size_t>& which, std::string& why) {
  for (const auto i : which) {
    nodes_[i]->kill();  // reaps one that ended by itself
    const host::visit there(*hosts_[i]);
    if (!nodes_[i]->begin()) return why = nodes_[i]->problem(), false;
  }
  return true;
}

bool bed::await_ready(const std::vector<std::size_t>& which, bool restarts, std::string& why) {
  for (const auto i : which)
    for (int tries = 1; !nodes_[i]->await(); ++tries) {
      why = name_of(i) + ": " + nodes_[i]->problem();
      if (!restarts || tries == most_starts || !begin_nodes({i}, why)) return false;
    }
  return true;
}

void bed::use(std::size_t i, const std::string& binary) {
  node_options_[i].binary = binary;
  nodes_[i] = std::make_unique<client::server_process>(node_options_[i]);
}

std::string bed::operations_of(std::size_t i) {
  return host::address_of(host_of(i)) + ":" + std::to_string(operations_port);
}

std::vector<client::endpoint> bed::gateway_addresses() const {
  std::vector<client::endpoint> out;
  out.reserve(gateways);
  for (std::size_t i = 0; i < gateways; ++i)
    out.push_back({gateway_port, host::address_of(host_of(i))});
  return out;
}

/// Empty when all is well.
std::string bed::looks_whole() {
  std::map<std::string, std::string> owners;
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto answer = pages_of(i).get("/cluster").json();
    if (!answer.is_object()) return name_of(i) + " does not answer";
    std::size_t linked = 0;
    for (const auto& m : answer.at("members").as_array())
      linked += m.at("linked").as_bool() && !m.at("self").as_bool();
    if (linked != nodes - 1)
      return name_of(i) + " is linked with " + std::to_string(linked) + " nodes";
    for (const auto& [domain, node] : owners_in(answer.as_object())) {
      if (node.empty()) return name_of(i) + " knows no owner of " + domain;
      const auto [known, fresh] = owners.try_emplace(domain, node);
      if (!fresh && known->second != node)
        return domain + " is owned by " + node + " for " + name_of(i) + ", by " + known->second +
               " for another node";
    }
  }
  return {};
}

std::string bed::looks_placed(const std::vector<bool>& judged) {
  if (auto why = looks_whole(); !why.empty()) return why;
  const auto answer = pages_of(0).get("/cluster").json();
  if (!answer.is_object()) return name_of(0) + " does not answer";
  const auto owners = owners_in(answer.as_object());
  for (const auto& d : domains_) {
    const std::vector<std::pair<std::string_view, double>> candidates{{names[d.on[0]], 1},
                                                                      {names[d.on[1]], 1}};
    for (std::size_t part = 0; owners.contains(d.domain + "." + std::to_string(part)); ++part) {
      const auto& owner = owners.at(d.domain + "." + std::to_string(part));
      const auto wanted = runtime::rendezvous(d.domain + "/" + std::to_string(part), candidates);
      const auto at = std::ranges::find(names, owner) - std::begin(names);
      if (owner != wanted && judged[static_cast<std::size_t>(at)])
        return d.domain + "." + std::to_string(part) + " is at " + owner + " and belongs to " +
               std::string(wanted);
    }
  }
  return {};
}

bool bed::await_whole(milliseconds within, std::string& why) {
  return await([this] { return looks_whole(); }, within, why);
}

bool bed::await_placed(const std::vector<bool>& judged, milliseconds within, std::string& why) {
  return await([&] { return looks_placed(judged); }, within, why);
}

bool bed::await(const std::function<std::string()>& fault, milliseconds within, std::string& why) {
  const auto until = clock_type::now() + within;
  do {
    why = fault();
    if (why.empty()) return true;
    ::poll(nullptr, 0, look_every_ms);
  } while (clock_type::now() < until);
  return why += "\n" + logs(), false;
}

std::size_t bed::owner(const std::string& domain, std::size_t asked) {
  const auto answer = pages_of(asked).get("/cluster").json();
  if (!answer.is_object()) return nodes;
  std::array<std::size_t, nodes + 1> parts{};
  for (const auto& d : answer.at("domains").as_array())
    for (std::size_t i = 0; i < nodes; ++i)
      parts[i] += d.at("domain").as_string() == domain && d.at("node").as_string() == names[i];
  const auto most = std::ranges::max_element(parts);
  return *most == 0 ? nodes : static_cast<std::size_t>(most - parts.begin());
}

std::vector<std::size_t> bed::owners_of_shards(const std::string& domain) {
  std::vector<std::size_t> out;
  const auto answer = pages_of(0).get("/cluster").json();
  if (!answer.is_object()) return out;
  for (const auto& d : answer.at("domains").as_array()) {
    if (d.at("domain").as_string() != domain) continue;
    const auto owner = std::ranges::find(names, d.at("node").as_string()) - std::begin(names);
    for (const auto& shard : d.at("shards").as_array()) {
      const auto at = shard.to_number<std::size_t>();
      out.resize(std::max(out.size(), at + 1), nodes);
      out[at] = static_cast<std::size_t>(owner);
    }
  }
  return out;
}

bool bed::move(const std::string& domain, std::size_t from, std::size_t to) {
  const auto answer = pages_of(from).post("/cluster/move/" + domain + "/" + names[to], "");
  return answer.body.find("true") != std::string::npos;
}

bool bed::drain(std::size_t i) { return pages_of(i).post("/cluster/drain", "").status == 200; }

bool bed::stop_database_immediately() {
  const auto pid = database_->postmaster();
  return pid > 0 && ::kill(pid, SIGQUIT) == 0;
}

void bed::pause_database(bool paused) {
  for (const auto p : storage::processes_in(fs::path(folder_) / "database" / "postgres"))
    ::kill(p, paused ? SIGSTOP : SIGCONT);
}

std::string bed::administrator(const std::string& database) const {
  return database_->admin_conninfo(database);
}

std::string bed::logs() const {
  std::string out;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    out += "---- " + name_of(i) + "\n" + nodes_[i]->log_tail(3000) + "\n";
  return out;
}

}  // namespace nova::nemesis
