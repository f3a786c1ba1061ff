// The node: its tree of supervisors and the surface for the gateway.
#include "actors/runtime/node/node.hpp"

#include "actors/runtime/kernel/turn_actor.hpp"
#include "actors/runtime/node/node_impl.hpp"

#include <sodium.h>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>

namespace nova::runtime {

using std::chrono::milliseconds;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using sooner_atom = caf::atom_constant<caf::atom("sooner")>;
using probe_atom = caf::atom_constant<caf::atom("probe")>;

namespace {

/// The one tick that drives all deadlines, pauses and alarms. It comes when something is due, so that a node without work costs
/// few wake-ups: at least `tick_ms` and at most `rest_ticks` of them after the tick before. Only a new alarm may be so late; a new
/// delay asks for an earlier tick.
caf::behavior ticker(caf::event_based_actor* self, services* node) {
  constexpr int rest_ticks = 10;
  const milliseconds period(node->settings().tick_ms), rest = rest_ticks * period;
  const auto latest = std::make_shared<std::uint64_t>(0);  // an earlier plan's tick is stale
  const auto tick_in = [self, latest](std::chrono::nanoseconds wait) {
    self->delayed_send(self, wait, tick_atom::value, ++*latest);
  };
  self->set_default_handler(caf::drop);
  node->timers.ask_by([me = caf::actor_cast<caf::actor_addr>(self)] {
    if (auto there = caf::actor_cast<caf::actor>(me)) caf::anon_send(there, sooner_atom::value);
  });
  tick_in(period);
  return {[node, period, rest, latest, tick_in](tick_atom, std::uint64_t number) {
            if (number != *latest) return;
            node->timers.tick();
            const auto now = node->now();
            tick_in(node->timers.plan(now + period, now + rest) - now);
          },
          [period, tick_in](sooner_atom) { tick_in(period); }};
}

caf::behavior echo(caf::event_based_actor* self, services* node) {
  self->set_default_handler(caf::drop);
  return {[node](std::int64_t sent) {
    node->metrics.probe.observe(
        std::chrono::nanoseconds(node->now().time_since_epoch().count() - sent));
  }};
}

/// Measures how long an actor waits for its turn.
caf::behavior probe(caf::event_based_actor* self, services* node) {
  const milliseconds period(node->settings().probe_ms);
  auto other = self->spawn<caf::linked>(echo, node);
  self->set_default_handler(caf::drop);
  self->delayed_send(self, period, probe_atom::value);
  return {[self, node, period, other](probe_atom) {
    self->send(other, static_cast<std::int64_t>(node->now().time_since_epoch().count()));
    self->delayed_send(self, period, probe_atom::value);
  }};
}

}  // namespace

node::impl::impl(node_options o, rpc::push_sink& sink)
    : options(std::move(o)),
      services(options.settings, *options.wall, *options.random, options.simulated),
      couriers(services, sink,
               {options.make_presence, [this] { return !cluster && directory.ousted(); },
                [this](const uuid& account, unix_ms at) { note_seen(account, at); },
                [this](const uuid& account) {
                  if (cluster) cluster->left(account);
                }}),
      directory(services, couriers),
      local(services, couriers, directory),
      sink(sink),
      config(scheduler_threads(services.settings().threads), options.simulated) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  system = std::make_unique<caf::actor_system>(config);
  if (options.knows_event) services.knows_event = options.knows_event;
  services.now = [&clock = system->clock()] { return clock.now(); };
  if (options.cluster)
    cluster = std::make_unique<cluster_router>(services, couriers, directory, local, sink,
                                               *options.cluster);
}

// The answer is ignored: a lost note leaves an older time.
void node::impl::note_seen(const uuid& account, unix_ms at) {
  if (!options.note_seen.method) return;
  rpc::call c;
  c.method = options.note_seen.method;
  c.caller.kind = rpc::caller_kind::node;
  c.caller.account = account;
  c.request_id = "presence";
  c.deadline = services.now() + milliseconds(c.method->deadline_ms);
  c.request = options.note_seen.request(at);
  c.reply = [](rpc::reply_result) {};
  router().call(std::move(c));
}

namespace {

template <class Seats>
std::uint64_t depth_of(const Seats& seats) {
  std::uint64_t sum = 0;
  for (const auto& s : seats) sum += s->depth();
  return sum;
}

}  // namespace

void node::impl::sample_depths() {
  for (auto& d : directory.domains()) {
    const std::string name(d->link.domain.name);
    services.metrics.sample("shard:" + name, [d = d.get()] { return depth_of(d->shards); });
    services.metrics.sample("reader:" + name, [d = d.get()] { return depth_of(d->readers); });
  }
  services.metrics.sample("courier", [this] { return depth_of(couriers.seats()); });
}

supervision node::impl::policy(std::string_view metrics_class) {
  supervision how;
  how.intensity = services.settings().restart_intensity;
  how.period = milliseconds(services.settings().restart_period_ms);
  how.random = &services.random;
  how.crashes = &services.crashes;
  how.counters = &services.metrics.of(metrics_class);
  return how;
}

child_spec node::impl::domain_child(domain_seats& d) {
  child_spec child;
  child.id = "domain/" + std::string(d.link.domain.name);
  child.grace = 3 * milliseconds(services.settings().stop_grace_ms);
  child.start = [this, &d](caf::event_based_actor* parent) {
    const milliseconds grace(services.settings().stop_grace_ms);
    const std::string name(d.link.domain.name);
    std::vector<child_spec> children;
    for (auto& s : d.shards)
      children.push_back(seat_child(*s, services.metrics.of("shard:" + name), services.now, grace));
    for (auto& r : d.readers)
      children.push_back(
          seat_child(*r, services.metrics.of("reader:" + name), services.now, grace));
    for (auto& h : d.heads)
      children.push_back(seat_child(*h, services.metrics.of("head:" + name), services.now, grace));
    return spawn_supervisor(parent, policy("supervisor:" + name), std::move(children));
  };
  return child;
}

child_spec node::impl::couriers_child() {
  child_spec child;
  child.id = "couriers";
  child.grace = 2 * milliseconds(services.settings().stop_grace_ms);
  child.start = [this](caf::event_based_actor* parent) {
    std::vector<child_spec> children;
    for (auto& c : couriers.seats())
      children.push_back(seat_child(*c, services.metrics.of("courier"), services.now,
                                    milliseconds(services.settings().stop_grace_ms)));
    return spawn_supervisor(parent, policy("supervisor:couriers"), std::move(children));
  };
  return child;
}

std::vector<child_spec> node::impl::tree() {
  std::vector<child_spec> children;
  children.push_back(
      {"ticker", [this](caf::event_based_actor* p) { return p->spawn(ticker, &services); }});
  children.push_back(
      {"probe", [this](caf::event_based_actor* p) { return p->spawn(probe, &services); }});
  children.push_back(couriers_child());
  for (auto& d : directory.domains()) children.push_back(domain_child(*d));
  return children;
}

bool node::impl::wait(std::function<bool()> until, std::chrono::steady_clock::time_point deadline) {
  if (options.simulated) {
    constexpr int rounds = 10'000;
    for (int i = 0; i < rounds && !until(); ++i)
      if (pump) pump();
    return until();
  }
  std::unique_lock lock(mutex);
  while (!until()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    changed.wait_for(lock, milliseconds(2));
  }
  return true;
}

/// Seats keep no handle of an actor any longer.
void node::impl::silence() {
  services.timers.ask_by(nullptr);
  for (auto& c : couriers.seats()) c->hang_bell(nullptr);
  for (auto& d : directory.domains()) {
    for (auto& h : d->heads) h->hang_bell(nullptr);
    for (auto& s : d->shards) s->hang_bell(nullptr);
    for (auto& r : d->readers) r->hang_bell(nullptr);
  }
}

/// What still waits is given up while all that its answers go to still stands: seats, and the links of a cluster.
void node::impl::give_up_waiting() {
  bool more = true;
  const auto empty = [&](auto& seat) { seat.discard([&](const auto&) { more = true; }); };
  while (more) {
    more = false;
    for (auto& c : couriers.seats()) empty(*c);
    for (auto& d : directory.domains()) {
      for (auto& h : d->heads) empty(*h);
      for (auto& r : d->readers) empty(*r);
      for (auto& s : d->shards) {
        empty(*s);
        std::exchange(s->orphans, {}).clear();
      }
    }
  }
}

node::node(node_options options, rpc::push_sink& sink)
    : impl_(std::make_unique<impl>(std::move(options), sink)) {}

node::~node() {
  if (impl_->started && !impl_->stopped && !stop(milliseconds(5000))) {
    // Something hangs; destroying the actor system would wait for it without an end.
    impl_.release();
    return;
  }
  impl_->silence();
  impl_->give_up_waiting();
}

void node::add(domain d, std::shared_ptr<storage::database> database) {
  impl_->directory.add(std::move(d), std::move(database), impl_->router());
}

void node::know(const domain& outline) { impl_->directory.know(outline); }

void node::tap(const rpc::event_type& type, std::function<void(const rpc::message_ptr&)> callback) {
  impl_->directory.tap(type, std::move(callback));
}

result<std::uint16_t> node::join() {
  auto& i = *impl_;
  if (!i.cluster) return make_error(errc::internal, "there is no cluster");
  if (!std::exchange(i.connected, true)) i.directory.connect();
  return i.cluster->start();
}

void node::start() {
  auto& i = *impl_;
  if (!std::exchange(i.connected, true)) i.directory.connect();
  i.sample_depths();
  i.started = true;
  auto how = i.policy("supervisor:node");
  how.ended = [&i](bool ordered, std::string why) {
    {
      std::lock_guard lock(i.mutex);
      i.root_ended = true;
      i.changed
          .notify_all();  // under the lock: the thread that sees the end may destroy what is notified here
    }
    if (!ordered && i.options.failed) i.options.failed(std::move(why));
  };
  i.root = spawn_supervisor(*i.system, std::move(how), i.tree());
}

bool node::stop(milliseconds budget) {
  auto& i = *impl_;
  if (!i.started || i.stopped) return true;
  const auto start = std::chrono::steady_clock::now();
  i.services.stopping = true;
  if (i.cluster) i.cluster->leave();
  i.wait([&] { return i.under_way() == 0 && i.services.uncommitted.load() == 0; },
         start + budget / 2);
  caf::anon_send_exit(i.root, caf::exit_reason::user_shutdown);
  i.root = nullptr;
  auto ended = [&i] { return i.root_ended && i.system->registry().running() == 0; };
  if (!i.wait(ended, start + budget * 3 / 4)) return false;
  for (auto& s : i.couriers.seats())  // what was answered is pushed, too
    for (courier rest(*s); rest.turn();) {
    }
  for (auto& d : i.directory.domains())
    for (auto& s : d->shards)
      s->discard([](shard_item& item) {
        if (auto* f = std::get_if<flight_ptr>(&item); f != nullptr && *f)
          (*f)->give_up(errc::unavailable, 1000);
      });
  i.services.jobs.stop();
  auto left = std::make_shared<std::atomic<std::size_t>>(i.directory.domains().size());
  for (auto& d : i.directory.domains()) d->link.database->stop([left] { --*left; });
  if (!i.wait([&] { return left->load() == 0; }, start + budget)) return false;
  if (i.cluster) {
    i.cluster->give_back();
    i.cluster->stop(milliseconds(500));
  }
  i.stopped = true;
  return true;
}

void node::call(rpc::call c) {
  if (impl_->cluster) return impl_->cluster->call(std::move(c));
  impl_->local.call(std::move(c));
}

void node::attach(rpc::attachment a, std::function<void(result<void>)> attached) {
  const auto& services = impl_->services;
  if (services.stopping) return attached(unavailable(services.settings().overload_retry_ms));
  if (impl_->cluster) return impl_->cluster->attach(a, std::move(attached));
  impl_->couriers.attach(a, std::move(attached));
}

void node::detach(rpc::connection_id connection, const uuid& account) {
  impl_->couriers.detach(connection, account);
}

bool node::ready() const {
  const auto& services = impl_->services;
  if (!impl_->started || services.stopping) return false;
  if (impl_->cluster) return impl_->cluster->complete();
  for (const auto& d : impl_->directory.domains()) {
    for (const auto& part : d->link.parts)
      if (!part->serving || !part->holds(services.now())) return false;
  }
  return true;
}

rpc::push_sink& node::edge() {
  if (impl_->cluster) return *impl_->cluster;
  return impl_->sink;
}

cluster_status node::status() const {
  return impl_->cluster ? impl_->cluster->status() : cluster_status{};
}

result<void> node::give(const std::string& domain, std::optional<std::uint32_t> part,
                        const std::string& to) {
  if (!impl_->cluster) return make_error(errc::conflict, "There is no cluster.");
  return impl_->cluster->give(domain, part, to);
}

bool node::hand_over(milliseconds budget) {
  if (!impl_->cluster || !impl_->started) return true;
  const auto end = std::chrono::steady_clock::now() + budget;
  impl_->cluster->give_all();
  return impl_->wait([&] { return !impl_->cluster->owns_any(); }, end);
}

void node::tell_operations(std::string address) {
  if (!impl_->cluster) return;
  impl_->cluster->links().update_self(
      [address = std::move(address)](link::Member& m) { m.set_operations(address); });
}

result<void> node::renew_certificate(const config::cluster_settings& s) {
  return impl_->cluster ? impl_->cluster->links().renew(s) : result<void>();
}

void node::collect_metrics(metric_samples& out) const {
  const auto& services = impl_->services;
  services.metrics.collect(out);
  services.jobs.collect_metrics(out);
  out.add(metric::nova_calls_under_way, static_cast<double>(impl_->under_way()));
  out.add(metric::nova_units_uncommitted, static_cast<double>(services.uncommitted.load()));
  out.add(metric::nova_actors_running, static_cast<double>(impl_->system->registry().running()));
  for (const auto& d : impl_->directory.domains()) {
    const auto serving =
        std::ranges::count_if(d->link.parts, [](const auto& p) { return p->serving.load(); });
    out.add(metric::nova_domain_serving, static_cast<double>(serving), {d->link.domain.name});
    d->link.database->collect_metrics(out);
    d->link.retention->collect(out, d->link.domain.name);
    out.add(metric::nova_outbox_keep_seconds,
            std::max(services.settings().outbox_keep_s, services.settings().outbox_unread_keep_s),
            {d->link.domain.name});
  }
  for (const auto& lag : event_lags()) {
    const auto add = [&](metric m, double value) { out.add(m, value, {lag.consumer, lag.source}); };
    if (lag.unread) {
      add(metric::nova_event_unread, static_cast<double>(*lag.unread));
      add(metric::nova_event_oldest_unread_seconds, static_cast<double>(lag.age_ms) * 1e-3);
    }
    add(metric::nova_event_letters, static_cast<double>(lag.letters));
    add(metric::nova_event_skipped_total, static_cast<double>(lag.skipped));
  }
}

}  // namespace nova::runtime
