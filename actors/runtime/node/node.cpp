// The node: its tree of supervisors and the surface for the gateway. See node.hpp.
#include "actors/runtime/node/node.hpp"

#include "actors/runtime/pushes/courier.hpp"
#include "actors/runtime/placement/host.hpp"
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/events/reader.hpp"
#include "actors/runtime/entities/shard.hpp"
#include "actors/runtime/kernel/turn_actor.hpp"

#include <sodium.h>
#include <spdlog/fmt/fmt.h>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <iterator>
#include <stdexcept>

namespace nova::runtime {

using std::chrono::milliseconds;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using probe_atom = caf::atom_constant<caf::atom("probe")>;

namespace {

/// The one tick that drives all deadlines, pauses and alarms.
caf::behavior ticker(caf::event_based_actor* self, hub* h) {
  const milliseconds period(h->settings().tick_ms);
  self->set_default_handler(caf::drop);
  self->delayed_send(self, period, tick_atom::value);
  return {[self, h, period](tick_atom) {
    h->tick();
    self->delayed_send(self, period, tick_atom::value);
  }};
}

caf::behavior echo(caf::event_based_actor* self, hub* h) {
  self->set_default_handler(caf::drop);
  return {[h](std::int64_t sent) {
    h->metrics.probe.observe(h->now().time_since_epoch().count() - sent);
  }};
}

/// Measures how long an actor waits for its turn.
caf::behavior probe(caf::event_based_actor* self, hub* h) {
  const milliseconds period(h->settings().probe_ms);
  auto other = self->spawn<caf::linked>(echo, h);
  self->set_default_handler(caf::drop);
  self->delayed_send(self, period, probe_atom::value);
  return {[self, h, period, other](probe_atom) {
    self->send(other, static_cast<std::int64_t>(h->now().time_since_epoch().count()));
    self->delayed_send(self, period, probe_atom::value);
  }};
}

}  // namespace

node::impl::impl(node_options options, rpc::push_sink& sink)
    : hub(std::move(options), sink),
      config(scheduler_threads(hub.settings().threads), hub.options.simulated) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  system = std::make_unique<caf::actor_system>(config);
  hub.now = [&clock = system->clock()] { return clock.now(); };
}

void node::impl::build() {
  auto& domains = hub.domains;
  for (auto& d : domains) {
    d->listeners.resize(d->domain.shards);
    d->shard_metrics = &hub.metrics.of("shard:" + std::string(d->domain.name));
    d->host = std::make_unique<host_seat>(*d);
    for (std::uint32_t i = 0; i < d->domain.shards; ++i)
      d->shards.push_back(std::make_unique<shard_seat>(*d, i));
    for (std::size_t k = 0; k < d->domain.kinds.size(); ++k) {
      const auto& kind = d->domain.kinds[k];
      d->kind_metrics.push_back(
          &hub.metrics.of("entity:" + std::string(d->domain.name) + "." + std::string(kind.name)));
      for (const auto& [number, handler] : kind.calls) hub.routes[number] = {d.get(), k, &handler};
    }
    for (const auto& i : d->domain.intakes) d->intakes[i.event->number] = &i;
  }
  for (auto& consumer : domains) {
    std::vector<domain_link*> sources;
    for (const auto& i : consumer->domain.intakes) {
      auto* source = hub.find(i.event->domain);
      if (source == nullptr)
        hub.log("warning", "no source domain=" + std::string(i.event->domain) +
                               " of event=" + std::string(i.event->name));
      else if (std::find(sources.begin(), sources.end(), source) == sources.end())
        sources.push_back(source);
    }
    for (auto* source : sources)
      for (std::uint32_t s = 0; s < source->domain.shards; ++s) {
        consumer->readers.push_back(std::make_unique<reader_seat>(*consumer, *source, s));
        source->listeners[s].push_back(consumer->readers.back().get());
      }
  }
  for (auto& d : domains) {
    hub.watch_alarm(*d->host);
    for (auto& s : d->shards) hub.watch_alarm(*s);
    const std::string name(d->domain.name);
    hub.metrics.sample("shard:" + name, [link = d.get()] {
      std::uint64_t sum = 0;
      for (auto& s : link->shards) sum += s->depth();
      return sum;
    });
    hub.metrics.sample("reader:" + name, [link = d.get()] {
      std::uint64_t sum = 0;
      for (auto& r : link->readers) sum += r->depth();
      return sum;
    });
  }
  for (auto& c : hub.couriers) hub.watch_alarm(*c);
  hub.metrics.sample("courier", [this] {
    std::uint64_t sum = 0;
    for (auto& c : hub.couriers) sum += c->depth();
    return sum;
  });
}

supervision node::impl::policy(std::string_view metrics_class) {
  supervision how;
  how.intensity = hub.settings().restart_intensity;
  how.period = milliseconds(hub.settings().restart_period_ms);
  how.random = hub.options.random;
  how.crashes = &hub.crashes;
  how.counters = &hub.metrics.of(metrics_class);
  return how;
}

child_spec node::impl::domain_child(domain_link& d) {
  child_spec child;
  child.id = "domain/" + std::string(d.domain.name);
  child.grace = 3 * milliseconds(hub.settings().stop_grace_ms);
  child.start = [this, &d](caf::event_based_actor* parent) {
    const milliseconds grace(hub.settings().stop_grace_ms);
    const std::string name(d.domain.name);
    std::vector<child_spec> children;
    for (auto& s : d.shards)
      children.push_back(seat_child(*s, hub.metrics.of("shard:" + name), hub.now, grace));
    for (auto& r : d.readers)
      children.push_back(seat_child(*r, hub.metrics.of("reader:" + name), hub.now, grace));
    children.push_back(seat_child(*d.host, hub.metrics.of("host:" + name), hub.now, grace));
    return spawn_supervisor(parent, policy("supervisor:" + name), std::move(children));
  };
  return child;
}

child_spec node::impl::couriers_child() {
  child_spec child;
  child.id = "couriers";
  child.grace = 2 * milliseconds(hub.settings().stop_grace_ms);
  child.start = [this](caf::event_based_actor* parent) {
    std::vector<child_spec> children;
    for (auto& c : hub.couriers)
      children.push_back(seat_child(*c, hub.metrics.of("courier"), hub.now,
                                    milliseconds(hub.settings().stop_grace_ms)));
    return spawn_supervisor(parent, policy("supervisor:couriers"), std::move(children));
  };
  return child;
}

std::vector<child_spec> node::impl::tree() {
  std::vector<child_spec> children;
  children.push_back(
      {"ticker", [this](caf::event_based_actor* p) { return p->spawn(ticker, &hub); }});
  children.push_back(
      {"probe", [this](caf::event_based_actor* p) { return p->spawn(probe, &hub); }});
  children.push_back(couriers_child());
  for (auto& d : hub.domains) children.push_back(domain_child(*d));
  return children;
}

bool node::impl::wait(std::function<bool()> until, std::chrono::steady_clock::time_point deadline) {
  if (hub.options.simulated) {
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
  for (auto& c : hub.couriers) c->hang_bell(nullptr);
  for (auto& d : hub.domains) {
    if (d->host) d->host->hang_bell(nullptr);
    for (auto& s : d->shards) s->hang_bell(nullptr);
    for (auto& r : d->readers) r->hang_bell(nullptr);
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
}

void node::add(domain d, std::shared_ptr<storage::database> database) {
  auto link = std::make_unique<domain_link>();
  link->hub = &impl_->hub;
  link->domain = std::move(d);
  link->database = std::move(database);
  impl_->hub.domains.push_back(std::move(link));
}

void node::tap(const rpc::event_type& type, std::function<void(const rpc::message_ptr&)> callback) {
  impl_->hub.taps[type.number].push_back(std::move(callback));
}

void node::start() {
  auto& i = *impl_;
  i.build();
  i.started = true;
  auto how = i.policy("supervisor:node");
  how.ended = [&i](bool ordered, std::string why) {
    {
      std::lock_guard lock(i.mutex);
      i.root_ended = true;
      i.changed.notify_all();  // under the lock: the thread that sees the end may destroy what is notified here
    }
    if (!ordered && i.hub.options.failed) i.hub.options.failed(std::move(why));
  };
  i.root = spawn_supervisor(*i.system, std::move(how), i.tree());
}

bool node::stop(milliseconds budget) {
  auto& i = *impl_;
  if (!i.started || i.stopped) return true;
  const auto start = std::chrono::steady_clock::now();
  i.hub.stopping = true;
  i.wait([&] { return i.hub.under_way.load() == 0 && i.hub.uncommitted.load() == 0; },
         start + budget / 2);
  caf::anon_send_exit(i.root, caf::exit_reason::user_shutdown);
  i.root = nullptr;
  auto ended = [&i] { return i.root_ended && i.system->registry().running() == 0; };
  if (!i.wait(ended, start + budget * 3 / 4)) return false;
  for (auto& s : i.hub.couriers)  // what was answered is pushed, too
    for (courier rest(*s); rest.turn();) {
    }
  for (auto& d : i.hub.domains)
    for (auto& s : d->shards)
      s->discard([](shard_item& item) {
        if (auto* f = std::get_if<flight_ptr>(&item); f != nullptr && *f)
          (*f)->give_up(errc::unavailable, 1000);
      });
  i.hub.jobs.stop();
  auto left = std::make_shared<std::atomic<std::size_t>>(i.hub.domains.size());
  for (auto& d : i.hub.domains) d->database->stop([left] { --*left; });
  if (!i.wait([&] { return left->load() == 0; }, start + budget)) return false;
  i.stopped = true;
  return true;
}

void node::call(rpc::call c) { impl_->hub.call(std::move(c)); }

void node::attach(rpc::attachment a, std::function<void(result<void>)> attached) {
  auto& hub = impl_->hub;
  if (hub.stopping) return attached(unavailable(hub.settings().overload_retry_ms));
  const auto slot = courier_of(a.account, hub.couriers.size());
  courier_item item(attach_socket{a, std::move(attached)});
  if (hub.couriers[slot]->push(std::move(item))) return;
  std::get<attach_socket>(item).attached(
      error{errc::overloaded, "", hub.settings().overload_retry_ms, {}});
}

void node::detach(rpc::connection_id connection, const uuid& account) {
  auto& hub = impl_->hub;
  hub.couriers[courier_of(account, hub.couriers.size())]->post(detach_socket{connection, account});
}

bool node::ready() const {
  const auto& hub = impl_->hub;
  if (!impl_->started || hub.stopping) return false;
  for (const auto& d : hub.domains)
    if (!d->serving || !d->database->lane().accepting() ||
        d->database->lane().lease_until() <= hub.now())
      return false;
  return true;
}

void node::write_metrics(std::string& out) const {
  const auto& hub = impl_->hub;
  hub.metrics.write(out);
  hub.jobs.write_metrics(out);
  auto o = std::back_inserter(out);
  fmt::format_to(o, "# TYPE nova_calls_under_way gauge\nnova_calls_under_way {}\n",
                 hub.under_way.load());
  fmt::format_to(o, "# TYPE nova_units_uncommitted gauge\nnova_units_uncommitted {}\n",
                 hub.uncommitted.load());
  fmt::format_to(o, "# TYPE nova_actors_running gauge\nnova_actors_running {}\n",
                 impl_->system->registry().running());
  fmt::format_to(o, "# TYPE nova_domain_serving gauge\n");
  for (const auto& d : hub.domains) {
    fmt::format_to(o, "nova_domain_serving{{domain=\"{}\"}} {}\n", d->domain.name,
                   d->serving ? 1 : 0);
    d->database->write_metrics(out);
  }
}

}  // namespace nova::runtime
