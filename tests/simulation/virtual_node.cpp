// See virtual_node.hpp.
#include "tests/simulation/virtual_node.hpp"

#include "actors/auth/auth_supervisor.hpp"
#include "actors/messaging/messaging_supervisor.hpp"
#include "actors/user/user_supervisor.hpp"
#include "protocols/auth/auth.nova.hpp"
#include "protocols/auth/auth.pb.h"
#include "tests/simulation/memory_domains.hpp"

namespace nova::simulation {

using std::chrono::milliseconds;

namespace {

constexpr const char* domain_names[] = {"auth", "user", "messaging"};

config::auth_settings cheap_hashes() {
  config::auth_settings s;
  s.password_opslimit = 1;
  s.password_memory_kib = 8;
  return s;
}

}  // namespace

stores::stores(std::function<unix_ms()> now) {
  for (auto& s : all) s.now = now;
  add_auth_tables(of(domain_index::auth));
  add_user_tables(of(domain_index::user));
  add_messaging_tables(of(domain_index::messaging));
}

virtual_node::virtual_node(stores& s, std::string name, const node_settings& settings, std::uint64_t seed,
                           unix_ms wall)
    : name_(std::move(name)), choice_(seed * 3 + 1), disk_ms_(settings.disk_ms) {
  runtime::node_options o;
  o.settings = settings.runtime;
  o.make_presence = messaging::make_presence;
  o.log = [this](std::string_view severity, std::string line) {
    log_.push_back(std::string(severity) + " " + std::move(line));
  };
  sim_ = std::make_unique<runtime::simulation>(seed, std::move(o), sink_);
  sim_->jump_wall(milliseconds(wall - sim_->wall()));
  open(s, settings);
  edge_ = std::make_unique<virtual_edge>(settings.gateway, sim_->wall_source(), sim_->random(),
                                         [sim = sim_.get()] { return sim->now(); });
  sink_.to = edge_.get();
  sim_->node().start();
  edge_->serve(sim_->node());
}

void virtual_node::open(stores& s, const node_settings& settings) {
  for (std::size_t i = 0; i < domain_count; ++i) {
    storage::memory_options m;
    m.domain = domain_names[i];
    m.node = name_;
    m.settings = settings.storage;
    m.now = [sim = sim_.get()] { return sim->now(); };
    m.post = [this, i](std::function<void()> action) {
      auto& actions = disks_[i].actions;
      auto due = sim_->now();
      if (disk_ms_ != 0) due += milliseconds(choice_.next() % (disk_ms_ + 1));
      if (!actions.empty()) due = std::max(due, actions.back().first);
      actions.emplace_back(due, std::move(action));
    };
    auto db = std::make_shared<storage::memory_database>(s.all[i], std::move(m));
    sim_->on_time([db = db.get()](auto) { db->tick(); });
    sim_->add_work([this, i] { return run_disk(disks_[i]); });
    databases_.push_back(std::move(db));
  }
  std::vector<runtime::domain> domains;
  domains.push_back(auth::make_auth_domain({cheap_hashes(), std::string(32, 's')}));
  domains.push_back(user::make_user_domain({}));
  domains.push_back(messaging::make_messaging_domain(settings.messaging));
  for (std::size_t i = 0; i < domain_count; ++i) {
    domains[i].shards = settings.shards;
    sim_->node().add(std::move(domains[i]), databases_[i]);
  }
  sim_->node().tap(auth::session_revoked_event(), [this](const rpc::message_ptr& m) {
    const auto& e = static_cast<const auth::SessionRevoked&>(*m);
    if (auto session = parse_uuid(e.session_id())) sink_.revoke_session(*session, e.until());
  });
}

virtual_node::~virtual_node() {
  *alive_ = false;
  for (auto& db : databases_) db->set_away(true);
  for (auto& d : disks_) d.actions.clear();
  sink_.to = nullptr;
  edge_->cut_all();
  sim_->crash();
  edge_.reset();
  sim_.reset();
}

bool virtual_node::run_disk(disk& d) {
  if (d.actions.empty() || d.actions.front().first > sim_->now()) return false;
  auto action = std::move(d.actions.front().second);
  d.actions.pop_front();
  action();
  return true;
}

bool virtual_node::ready() const { return !paused_ && edge_->can_verify() && sim_->node().ready(); }

void virtual_node::call(rpc::call c) {
  c.reply = [alive = std::weak_ptr<bool>(alive_), reply = std::move(c.reply)](rpc::reply_result r) {
    if (auto a = alive.lock(); a && *a) reply(std::move(r));
  };
  c.deadline = sim_->now() + milliseconds(c.method->deadline_ms ? c.method->deadline_ms : 5000);
  sim_->node().call(std::move(c));
}

bool virtual_node::step() {
  if (paused_) return false;
  if (choice_.next() % 4 == 0) return edge_->step(choice_) || sim_->step();
  return sim_->step() || edge_->step(choice_);
}

void virtual_node::pass(milliseconds d) {
  if (paused_) {
    owed_ += d;
    return;
  }
  sim_->pass(d);
  edge_->on_time();
}

void virtual_node::resume() {
  paused_ = false;
  pass(std::exchange(owed_, milliseconds(0)));
}

}  // namespace nova::simulation
