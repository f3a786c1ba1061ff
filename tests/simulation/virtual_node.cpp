// See virtual_node.hpp.
#include "tests/simulation/virtual_node.hpp"

#include "actors/domain_modules.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "config/settings/roles.hpp"
#include "tests/simulation/memory_domains.hpp"

#include <algorithm>

namespace nova::simulation {

using std::chrono::milliseconds;

namespace {

config::settings domain_settings(const node_settings& n) {
  config::settings s;
  s.auth.password_opslimit = 1;
  s.auth.password_memory_kib = 8;
  s.messaging = n.messaging;
  return s;
}

}  // namespace

stores::stores(std::function<unix_ms()> now) : all(memory_doubles().size()) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].now = now;
    memory_doubles()[i].add_tables(all[i]);
  }
}

virtual_node::virtual_node(stores& s, std::string name, const node_settings& settings,
                           node_place place, std::uint64_t seed, unix_ms wall)
    : name_(std::move(name)),
      cluster_(settings.cluster),
      choice_(seed * 3 + 1),
      disk_ms_(settings.disk_ms),
      lanes_(place.network == nullptr ? std::max(1u, settings.storage.lanes)
                                      : std::min(settings.cluster.parts, settings.shards)),
      disks_(s.all.size() * lanes_) {
  if (place.network != nullptr) {
    cluster_.node = name_;
    cluster_.roles = place.roles;
    cluster_.weight = place.weight;
    link::Member self;
    self.set_gateway(has_gateway());
    links_ = std::make_shared<virtual_links>(*place.network, place.slot, cluster_, std::move(self),
                                             wall, [this] { return sim_->now(); });
  }
  sim_ = std::make_unique<runtime::simulation>(seed, node_options(settings.runtime), sink_);
  sim_->jump_wall(milliseconds(wall - sim_->wall()));
  if (links_) sim_->add_work([this] { return links_->step(); });
  open(s, settings);
  bus_ = std::make_unique<watched_bus>(
      sim_->node(), [sim = sim_.get()] { return sim->now(); }, milliseconds(cluster_.attach_ms));
  edge_ = std::make_unique<virtual_edge>(settings.gateway, sim_->wall_source(), sim_->random(),
                                         [sim = sim_.get()] { return sim->now(); });
  sink_.to = edge_.get();
  if (links_) sim_->node().join();
  sim_->node().start();
  edge_->serve(*bus_);
}

runtime::node_options virtual_node::node_options(const config::runtime_settings& settings) {
  runtime::node_options o;
  o.settings = settings;
  for (const auto& m : domain_modules()) {
    if (m.presence) o.make_presence = m.presence;
    if (m.note_seen.method) o.note_seen = m.note_seen;
  }
  if (!links_) return o;
  auto& c = o.cluster.emplace();
  c.settings = cluster_;
  c.gateway = has_gateway();
  c.owner_changed = [this](std::string_view) {
    if (edge_) edge_->read_revocations();
  };
  for (const auto& m : domain_modules())
    c.paces.insert(c.paces.end(), m.paces.begin(), m.paces.end());
  c.network = links_;
  return o;
}

void virtual_node::open(stores& s, const node_settings& settings) {
  for (std::size_t i = 0; i < s.all.size(); ++i) {
    storage::memory_options m;
    m.domain = memory_doubles()[i].domain;
    if (!config::has_role(cluster_, m.domain)) {
      databases_.push_back(nullptr);
      continue;
    }
    m.node = name_;
    m.settings = settings.storage;
    m.settings.lanes = lanes_;
    m.apart = links_ != nullptr;
    m.now = [sim = sim_.get()] { return sim->now(); };
    m.post = [this, i](std::uint32_t lane, std::function<void()> action) {
      auto& actions = disks_[i * lanes_ + lane].actions;
      auto due = sim_->now();
      if (disk_ms_ != 0) due += milliseconds(choice_.next() % (disk_ms_ + 1));
      if (!actions.empty()) due = std::max(due, actions.back().first);
      actions.emplace_back(due, std::move(action));
    };
    auto db = std::make_shared<storage::memory_database>(s.all[i], std::move(m));
    sim_->on_time([db = db.get()](auto) { db->tick(); });
    for (std::uint32_t lane = 0; lane < lanes_; ++lane)
      sim_->add_work([this, at = i * lanes_ + lane] { return run_disk(disks_[at]); });
    databases_.push_back(std::move(db));
  }
  const auto all = domain_settings(settings);
  std::vector<listed_module> part;
  for (const auto& m : domain_modules())
    if (double_of(m.name)) part.push_back(m);
  const auto answers = runtime::answers_of(part);
  for (const auto& m : part) {
    const auto i = double_of(m.name);
    auto d = m.make(all, {{"auth", std::string(32, 's')}});
    if (m.await_answers) m.await_answers(d, answers);
    d.shards = settings.shards;
    if (!databases_[*i]) {
      sim_->node().know(d);
      continue;
    }
    sim_->node().add(std::move(d), databases_[*i]);
    for (const auto& tap : m.taps)
      sim_->node().tap(*tap.event, [this, tell = tap.tell](const rpc::message_ptr& e) {
        tell(*e, sim_->node().edge());
      });
  }
}

virtual_node::~virtual_node() {
  *alive_ = false;
  if (links_) links_->stop(milliseconds(0));
  for (auto& db : databases_)
    if (db) db->set_away(true);
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

bool virtual_node::has_gateway() const { return config::has_role(cluster_, config::gateway_role); }

bool virtual_node::ready() const {
  return has_gateway() && !paused_ && edge_->can_verify() && sim_->node().ready();
}

void virtual_node::call(rpc::call c) {
  c.reply = [alive = std::weak_ptr<bool>(alive_), reply = std::move(c.reply)](rpc::reply_result r) {
    if (auto a = alive.lock(); a && *a) reply(std::move(r));
  };
  c.deadline = sim_->now() + milliseconds(c.method->deadline_ms ? c.method->deadline_ms : 5000);
  bus_->call(std::move(c));
}

void virtual_node::give_all() {
  if (links_) sim_->node().internals().cluster->give_all();
}

bool virtual_node::serves(std::string_view domain, std::uint32_t part) const {
  const auto* d = sim_->node().internals().directory.find(domain);
  return d != nullptr && d->link.parts[part]->serving && d->link.parts[part]->holds(sim_->now());
}

void virtual_node::fall(std::size_t double_index, std::uint32_t from) {
  sim_->fall(memory_doubles()[double_index].domain, from);
}

bool virtual_node::disturbed() const {
  return paused_ || std::ranges::any_of(databases_, [this](const auto& db) {
           if (!db) return false;
           for (std::uint32_t i = 0; i < lanes_; ++i)
             if (const auto& lane = db->part(i); !lane.accepting() || lane.fenced()) return true;
           return false;
         });
}

bool virtual_node::owes_refresh() const {
  for (const auto& d : sim_->node().internals().directory.domains())
    for (const auto& r : d->readers)
      for (const auto& [ticket, plan] : r->owed)
        if (plan.committed) return true;
  return false;
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
  bus_->stood_still();
}

}  // namespace nova::simulation
