// The ways out: calls, events and pushes to other nodes; who may claim.
#include "actors/runtime/placement/cluster_router.hpp"

#include "actors/runtime/placement/rendezvous.hpp"
#include "protocols/core/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Of a method that declares none.
constexpr std::uint32_t default_deadline_ms = 5000;
/// A domain that its best node does not take is claimed by any node with the role after so many settle times.
constexpr int patience_for_best = 2;
/// After a planned move only its receiver claims for so long.
constexpr milliseconds reserved_for{3000};
constexpr milliseconds balance_interval{1000};
/// A take-over is over by then: calls do not wait for the owner of a domain that has had none for so long.
constexpr milliseconds longest_take_over{10'000};
/// How often owners of consumers tell how far they have read: events are kept for days.
constexpr std::uint32_t balances_a_report = 10;

std::string names_of(const std::vector<std::pair<std::string, double>>& nodes) {
  std::string out;
  for (const auto& [name, weight] : nodes) out += name + ' ';
  return out;
}

link::Member self_of(const cluster_options& o) {
  link::Member m;
  m.set_gateway(o.gateway);
  m.set_release(o.release);
  return m;
}

}  // namespace

cluster_router::cluster_router(services& s, couriers& c, directory& d, local_router& local,
                               rpc::push_sink& edge, cluster_options options)
    : services_(s),
      couriers_(c),
      directory_(d),
      local_(local),
      edge_(edge),
      options_(std::move(options)),
      links_(options_.settings, self_of(options_), system_wall_clock(), s.random),
      calls_(s, options_.settings.max_calls,
             {[this](std::string_view domain) { return owner_of(domain); },
              [this](link::peer_number to, const link::Envelope& e) { return send(to, e); },
              [this](rpc::call call) { local_.call(std::move(call)); }, [this] { want_tick(); }}),
      attendance_(s, milliseconds(options_.settings.attach_ms),
                  {[this](link::peer_number to, const link::Envelope& e) {
                     return send(to, e, link::lane::control);
                   },
                   [this](link::peer_number peer) { return last_push_[peer]; },
                   [this](link::peer_number peer) {
                     for (auto& p : places_)
                       if (p->resume_at.erase(peer) != 0) resume_sockets(p->name);
                   },
                   [this] { want_tick(); }}),
      journal_(s, {milliseconds(options_.settings.replay_ms), options_.settings.replay_bytes},
               [this](link::peer_number to, const link::Envelope& e) { return send(to, e); }),
      incoming_(local, s.settings().audience_cache),
      tick_timer_(links_.io()),
      balance_timer_(links_.io()) {}

result<std::uint16_t> cluster_router::start() {
  started_ = services_.now();
  const auto add = [&](std::string_view name, std::uint32_t shards) {
    auto p = std::make_unique<place>();
    p->name = name;
    p->shards = shards;
    p->last_event = std::make_unique<std::atomic<std::uint64_t>[]>(shards);
    p->seen_ns = started_.time_since_epoch().count();
    places_.push_back(std::move(p));
  };
  for (const auto& d : directory_.domains()) add(d->link.domain.name, d->link.domain.shards);
  for (const auto& f : directory_.foreign()) add(f->name, f->shards);
  directory_.place_by(*this);
  for (auto& d : directory_.domains())
    d->link.outbox_read = [this, d = d.get()] { return read_by_all(*d); };
  balance();
  links_.update_self([this](link::Member& m) {
    for (const auto& d : directory_.domains()) {
      auto& told = *m.add_domains();
      told.set_name(std::string(d->link.domain.name));
      told.set_shards(d->link.domain.shards);
      told.set_pushes(d->link.domain.pushes);
      std::set<std::string_view> sources;
      for (const auto& i : d->link.domain.intakes) sources.insert(i.event->domain);
      for (const auto source : sources) told.add_sources(std::string(source));
    }
  });
  return links_.start(
      {[this](link::peer_number p, const link::Member& m) { up(p, m); },
       [this](link::peer_number p, const link::Member& m, const std::string&) { down(p, m); },
       [this](link::peer_number p, link::Envelopes& batch) { received(p, batch); },
       [this] { recount(); }});
}

void cluster_router::leave() {
  leaving_ = true;
  links_.update_self([](link::Member& m) { m.set_leaving(true); });
}

void cluster_router::give_back() {
  const auto all = links_.members();
  for (const auto& d : directory_.domains()) {
    if (!d->link.serving.exchange(false)) continue;
    const auto e = owned(*d, false);
    for (const auto& m : *all)
      if (m.peer != 0 && m.linked) send(m.peer, e, link::lane::control);
  }
}

void cluster_router::stop(milliseconds budget) { links_.stop(budget); }

cluster_router::place* cluster_router::find(std::string_view domain) const {
  for (const auto& p : places_)
    if (p->name == domain) return p.get();
  return nullptr;
}

domain_seats* cluster_router::served_here(std::string_view domain) const {
  auto* d = directory_.find(domain);
  return d != nullptr && d->link.serving.load(std::memory_order_relaxed) ? d : nullptr;
}

bool cluster_router::takes_calls(std::string_view domain) const {
  return served_here(domain) != nullptr && !find(domain)->moving;
}

owner_hint cluster_router::owner_of(std::string_view domain) const {
  if (takes_calls(domain)) return {true, 0};
  const auto* p = find(domain);
  return {false, p != nullptr ? p->owner.load() : link::peer_number{0}};
}

bool cluster_router::is_nowhere(std::string_view domain) const {
  const auto* p = find(domain);
  if (p == nullptr) return true;
  if (p->owner != 0 || p->moving || served_here(domain) != nullptr) return false;
  const auto seen = steady_time(steady_time::duration(p->seen_ns.load()));
  return services_.now() - seen > longest_take_over;
}

void cluster_router::call(rpc::call c) {
  if (auto* here = directory_.find(c.method->domain)) {
    // Counted before the look: a domain that is given away from now on waits until the call is counted as its own.
    here->link.under_way.fetch_add(1);
    const bool taken = here->link.serving && !find(here->link.domain.name)->moving;
    if (taken) local_.call(std::move(c));
    here->link.under_way.fetch_sub(1);
    if (taken) return;
  }
  const bool closed =
      services_.stopping.load(std::memory_order_relaxed) && c.caller.kind != rpc::caller_kind::node;
  if (closed || is_nowhere(c.method->domain))
    return c.reply(unavailable(services_.settings().overload_retry_ms));
  if (c.deadline == steady_time{})
    c.deadline = services_.now() + milliseconds(c.method->deadline_ms != 0 ? c.method->deadline_ms
                                                                           : default_deadline_ms);
  calls_.call(std::move(c));
}

bool cluster_router::wanted(std::string_view domain) const {
  const auto* p = find(domain);
  return local_.wanted(domain) || (p != nullptr && p->taken_elsewhere);
}

/// To each node that owns a domain which takes events of the source.
void cluster_router::to_consumers(std::string_view source, const link::Envelope& e) {
  std::set<link::peer_number> to;
  const auto all = links_.members();
  for (const auto& m : *all) {
    if (m.peer == 0 || !m.linked) continue;
    for (const auto& d : m.record.domains()) {
      if (std::find(d.sources().begin(), d.sources().end(), source) == d.sources().end()) continue;
      const auto* p = find(d.name());
      if (p != nullptr && p->owner == m.peer) to.insert(m.peer);
    }
  }
  for (const auto peer : to) send(peer, e);
}

void cluster_router::publish(shard_address source, const relay_batch_ptr& batch) {
  local_.publish(source, batch);
  const auto* p = find(source.domain);
  if (p == nullptr || !p->taken_elsewhere) return;
  link::Envelope e;
  auto& told = *e.mutable_events();
  told.set_domain(std::string(source.domain));
  told.set_shard(source.shard);
  told.set_last_event(batch->back().seq);
  for (const auto& event : *batch) fill(*told.add_events(), event);
  to_consumers(source.domain, e);
}

void cluster_router::announce(shard_address source) {
  local_.announce(source);
  const auto* p = find(source.domain);
  if (p == nullptr || !p->taken_elsewhere) return;
  link::Envelope e;
  auto& told = *e.mutable_events();
  told.set_domain(std::string(source.domain));
  told.set_shard(source.shard);
  told.set_last_event(local_.last_event(source));
  to_consumers(source.domain, e);
}

/// A question that nobody answers is answered by its caller's own patience.
bool cluster_router::settle(shard_address source, std::string_view consumer, settle_wait question) {
  if (served_here(consumer) != nullptr) return local_.settle(source, consumer, std::move(question));
  const auto owner = owner_of(consumer).peer;
  if (owner == 0) return find(consumer) != nullptr;
  const auto wait = std::chrono::duration_cast<milliseconds>(question.until - services_.now());
  link::Envelope e;
  auto& asked = *e.mutable_settle();
  asked.set_domain(std::string(source.domain));
  asked.set_shard(source.shard);
  asked.set_consumer(std::string(consumer));
  asked.set_seq(question.seq);
  asked.set_key(question.key);
  asked.set_type(question.type);
  asked.set_wait_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(0, wait.count())));
  {
    std::lock_guard lock(asked_mutex_);
    const auto now = services_.now();
    std::erase_if(settles_, [&](const auto& x) { return x.second.until < now; });
    asked.set_id(++last_asked_);
    settles_.emplace(last_asked_, std::move(question));
  }
  send(owner, e);
  return true;
}

std::uint64_t cluster_router::last_event(shard_address source) const {
  if (served_here(source.domain) != nullptr) return local_.last_event(source);
  const auto* p = find(source.domain);
  return p != nullptr && source.shard < p->shards ? p->last_event[source.shard].load() : 0;
}

void cluster_router::pull(shard_address source, pull_request request) {
  if (served_here(source.domain) != nullptr) return local_.pull(source, std::move(request));
  const auto owner = owner_of(source.domain).peer;
  link::Envelope e;
  auto& asked = *e.mutable_pull();
  asked.set_domain(std::string(source.domain));
  asked.set_shard(source.shard);
  asked.set_after(request.after);
  asked.set_limit(request.limit);
  {
    std::lock_guard lock(asked_mutex_);
    asked.set_id(++last_asked_);
    pages_[last_asked_] = {owner, request.done};
  }
  if (owner != 0 && send(owner, e)) return;
  {
    std::lock_guard lock(asked_mutex_);
    if (pages_.erase(asked.id()) == 0) return;  // lost() has answered it
  }
  request.done(unavailable(services_.settings().overload_retry_ms));
}

// The owner of a domain owns all its shards.
void cluster_router::deliver(shard_address target, event_delivery event) {
  local_.deliver(target, std::move(event));
}
void cluster_router::deliver_part(shard_address target, part_ptr part) {
  local_.deliver_part(target, std::move(part));
}
void cluster_router::refresh(shard_address target, std::string_view kind, const std::string& key,
                             std::function<void()> done) {
  local_.refresh(target, kind, key, std::move(done));
}

/// Each gateway node with receivers gets one envelope, for any number of them; other nodes get none.
void cluster_router::push_away(const outgoing& o) {
  if (elsewhere_.empty()) return;
  std::map<link::peer_number, std::string> receivers;
  const auto take = [&](const uuid& account) {
    if (account == o.to.except) return;
    elsewhere_.each_gateway_of(
        account, [&](link::peer_number gateway) { append_id(receivers[gateway], account); });
  };
  if (o.to.accounts) std::ranges::for_each(*o.to.accounts, take);
  if (o.to.many)
    for (std::size_t i = 0; i < account_set::slices; ++i)
      if (const auto* part = o.to.many->part(i)) std::ranges::for_each(part->accounts, take);
  if (receivers.empty()) return;
  link::Push p;
  p.set_rpc(std::string(o.push->type().rpc));
  o.push->body().SerializeToString(p.mutable_body());
  for (auto& [gateway, accounts] : receivers) {
    p.set_accounts(std::move(accounts));
    p.set_origin(peer_of(o.origin) == gateway ? without_peer(o.origin) : 0);
    pushes_out_.fetch_add(1, std::memory_order_relaxed);
    journal_.push(gateway, p);
  }
}

void cluster_router::watch(watch_accounts set) {
  const auto gateway = peer_of(set.connection);
  if (gateway == 0) return local_.watch(std::move(set));
  link::Envelope e;
  auto& w = *e.mutable_watch();
  w.set_watcher(bytes_of(set.watcher));
  w.set_connection(without_peer(set.connection));
  for (const auto& account : set.accounts) append_id(*w.mutable_accounts(), account);
  for (const auto at : set.last_seen) w.add_last_seen(at);
  send(gateway, e);
}

void cluster_router::to_gateways(const link::Envelope& e, link::lane on) {
  const auto all = links_.members();
  for (const auto& m : *all)
    if (m.peer != 0 && m.linked && m.record.gateway()) send(m.peer, e, on);
}

void cluster_router::lose_pushes() {
  local_.lose_pushes();
  link::Envelope e;
  e.mutable_lose_pushes();
  to_gateways(e, link::lane::control);
}

void cluster_router::unwatch(end_watch pair) {
  local_.unwatch(pair);
  link::Envelope e;
  e.mutable_unwatch()->set_watcher(bytes_of(pair.watcher));
  e.mutable_unwatch()->set_watched(bytes_of(pair.watched));
  to_gateways(e, link::lane::bulk);
}

void cluster_router::revoke_session(const uuid& session, unix_ms until) {
  edge_.revoke_session(session, until);
  link::Envelope e;
  e.mutable_revoke()->set_session(bytes_of(session));
  e.mutable_revoke()->set_until(until);
  to_gateways(e, link::lane::control);
}

void cluster_router::attach(const rpc::attachment& a, std::function<void(result<void>)> attached) {
  couriers_.attach(a, [this, a, attached = std::move(attached)](const result<void>& r) {
    if (!r) return attached(r);
    attendance_.come(a.account, a.lineage, [this, a, attached](const result<void>& known) {
      if (!known) couriers_.detach(a.connection, a.account);
      attached(known);
    });
  });
}

// A node counts from its settle time on, so that a start of the whole cluster is shared out and a flapping node moves nothing.
std::vector<std::pair<std::string, double>> cluster_router::candidates(
    std::string_view domain) const {
  std::vector<std::pair<std::string, double>> nodes;
  if (!leaving_) nodes.emplace_back(options_.settings.node, 1.0);
  const auto now = services_.now();
  const auto all = links_.members();
  for (const auto& m : *all) {
    const bool counts = m.peer != 0 && m.linked && !m.record.leaving() &&
                        now - m.since >= milliseconds(options_.settings.settle_ms);
    if (counts &&
        std::ranges::any_of(m.record.domains(), [&](const auto& d) { return d.name() == domain; }))
      nodes.emplace_back(m.record.node(), 1.0);
  }
  return nodes;
}

bool cluster_router::may_claim(const domain_link& d) const {
  if (leaving_) return false;
  const auto& name = d.domain.name;
  const auto* p = find(name);
  if (p == nullptr || p->owner != 0 || p->moving) return false;
  if (p->claim_now) return true;
  const auto now = services_.now();
  const milliseconds settle(options_.settings.settle_ms);
  if (now - started_ < settle || now.time_since_epoch().count() < p->reserved_ns) return false;
  if (rendezvous(name, candidates(name)) == options_.settings.node) return true;
  const auto seen = steady_time(steady_time::duration(p->seen_ns.load()));
  return now - seen > settle * patience_for_best + milliseconds(options_.settings.silence_ms);
}

void cluster_router::served(domain_link& d, bool serving) {
  auto* seats = directory_.find(d.domain.name);
  boost::asio::post(links_.io(), [this, seats, serving] {
    auto& p = *find(seats->link.domain.name);
    const auto now = services_.now();
    auto e = owned(*seats, serving);
    auto on = link::lane::control;
    p.seen_ns = now.time_since_epoch().count();
    const bool moves = !serving && p.moving;
    if (moves) {
      // After the last pushes, and so on their lane.
      on = link::lane::bulk;
      e.mutable_owned()->set_next(std::exchange(p.next, {}));
      p.planned = true;
      p.reserved_ns = (now + reserved_for).time_since_epoch().count();
    }
    const bool given = serving && p.claim_now.exchange(false);
    if (given) e.mutable_owned()->set_given(true);
    const auto all = links_.members();
    for (const auto& m : *all)
      if (m.peer != 0 && m.linked) send(m.peer, e, on);
    if (moves) p.moving = false;  // told: a node that ends may close its links behind it
    if (!serving) return;
    // A domain that was given stays; where one that was claimed belongs is looked at.
    p.settled_for = given ? names_of(candidates(p.name)) : std::string();
    p.epoch = std::max(p.epoch.load(), seats->link.epoch.load());
    log::info("cluster.owner", {{"domain", p.name}});
    p.owner = 0;
    const bool planned = std::exchange(p.planned, false) || given;
    if (!planned) end_pushes(p, p.last_owner.first);
    if (seats->link.domain.pushes && !planned) resume_sockets(p.name);
    calls_.owner_known();
    if (options_.owner_changed) options_.owner_changed(p.name);
  });
}

void cluster_router::kept(domain_link& d) {
  auto& p = *find(d.domain.name);
  p.moving = false;
  boost::asio::post(links_.io(), [this] { calls_.owner_known(); });
}

void cluster_router::begin_to_give(place& p, std::string node) {
  p.next = std::move(node);
  p.moving = true;
  directory_.find(p.name)->head->post([](domain_head& h) { h.give(); });
}

result<void> cluster_router::give(const std::string& domain, const std::string& node) {
  auto* p = find(domain);
  if (p == nullptr || served_here(domain) == nullptr)
    return make_error(errc::conflict, "This node does not own the domain.");
  if (p->moving) return make_error(errc::conflict, "The domain is moving.");
  const auto all = candidates(domain);
  if (node == options_.settings.node ||
      std::ranges::none_of(all, [&](const auto& x) { return x.first == node; }))
    return make_error(errc::not_found, "No linked node of this name may own the domain.");
  boost::asio::post(links_.io(), [this, p, node] {
    if (served_here(p->name) != nullptr && !p->moving) begin_to_give(*p, node);
  });
  return {};
}

void cluster_router::give_all() {
  boost::asio::post(links_.io(), [this] {
    for (auto& p : places_) {
      if (served_here(p->name) == nullptr || p->moving) continue;
      auto others = candidates(p->name);
      std::erase_if(others, [&](const auto& x) { return x.first == options_.settings.node; });
      if (!others.empty()) begin_to_give(*p, std::string(rendezvous(p->name, others)));
    }
  });
}

bool cluster_router::owns_any() const {
  return std::ranges::any_of(
      places_, [&](const auto& p) { return p->moving || served_here(p->name) != nullptr; });
}

/// One move at a time takes a domain to the node where it belongs.
void cluster_router::balance() {
  balance_timer_.expires_after(balance_interval);
  balance_timer_.async_wait([this](boost::system::error_code ec) {
    if (ec || leaving_) return;
    balance();
    for (auto& p : places_)
      if (p->owner != 0 || served_here(p->name) != nullptr)
        p->seen_ns = services_.now().time_since_epoch().count();
    forget_gateways();
    if (++balances_ % balances_a_report == 0) tell_read();
    if (std::ranges::any_of(places_, [](const auto& p) { return p->moving.load(); })) return;
    for (auto& p : places_) {
      if (served_here(p->name) == nullptr) continue;
      const auto nodes = candidates(p->name);
      if (auto names = names_of(nodes); std::exchange(p->settled_for, names) == names) continue;
      const auto best = rendezvous(p->name, nodes);
      if (best.empty() || best == options_.settings.node) continue;
      return begin_to_give(*p, std::string(best));
    }
  });
}

std::int64_t cluster_router::read_here(std::string_view source, std::uint32_t shard,
                                       std::string_view consumer) const {
  for (const auto* r : directory_.listeners({source, shard}))
    if (r->consumer.domain.name == consumer) return r->durable.load();
  return reader_seat::unknown;
}

std::vector<std::int64_t> cluster_router::read_by_all(const domain_seats& source) const {
  const auto& name = source.link.domain.name;
  std::vector<std::int64_t> out(source.shards.size(), std::numeric_limits<std::int64_t>::max());
  for (const auto consumer : directory_.consumers_of(name)) {
    const bool here = served_here(consumer) != nullptr;
    std::lock_guard lock(read_mutex_);
    const auto told = read_elsewhere_.find({std::string(consumer), std::string(name)});
    for (std::uint32_t s = 0; s < out.size(); ++s) {
      auto read = reader_seat::unknown;
      if (here) read = read_here(name, s, consumer);
      else if (told != read_elsewhere_.end() && s < told->second.size()) read = told->second[s];
      out[s] = std::min(out[s], read);
    }
  }
  return out;
}

void cluster_router::tell_read() {
  for (const auto& source : places_) {
    const auto owner = source->owner.load();
    if (owner == 0) continue;
    for (const auto& consumer : directory_.consumers_of(source->name)) {
      if (served_here(consumer) == nullptr) continue;
      link::Envelope e;
      auto& told = *e.mutable_read_up_to();
      told.set_consumer(std::string(consumer));
      told.set_domain(std::string(source->name));
      for (std::uint32_t s = 0; s < source->shards; ++s)
        told.add_seq(read_here(source->name, s, consumer));
      send(owner, e);
    }
  }
}

bool cluster_router::complete() const {
  const auto now = services_.now();
  for (const auto& p : places_) {
    if (auto* d = served_here(p->name)) {
      const auto rests = [&](const storage::commit_lane& lane) {
        return !lane.accepting() || lane.lease_until() <= now;
      };
      if (d->link.any_lane(rests)) return false;
      continue;
    }
    if (p->owner != 0) continue;
    const auto seen = steady_time(steady_time::duration(p->seen_ns.load()));
    if (p->epoch == 0 || now - seen > milliseconds(options_.settings.unready_ms)) return false;
  }
  return true;
}

cluster_status cluster_router::status() const {
  cluster_status out;
  const auto all = links_.members();
  for (const auto& m : *all) {
    const auto& r = m.record;
    cluster_status::member row{r.node(),
                               to_string(id_of(r.incarnation())),
                               r.address(),
                               r.operations(),
                               r.release(),
                               {},
                               m.linked,
                               r.leaving(),
                               r.node() == options_.settings.node};
    if (r.gateway()) row.roles.emplace_back("gateway");
    for (const auto& d : r.domains()) row.roles.push_back(d.name());
    out.members.push_back(std::move(row));
  }
  for (const auto& p : places_) {
    cluster_status::owner row{std::string(p->name), {}};
    if (served_here(p->name) != nullptr) row.node = options_.settings.node;
    for (const auto& m : *all)
      if (m.peer != 0 && p->owner == m.peer) row.node = m.record.node();
    out.owners.push_back(std::move(row));
  }
  const auto t = links_.counted();
  const auto c = calls_.counted();
  out.counters = {{"link_bytes_out", t.bytes_out},
                  {"link_bytes_in", t.bytes_in},
                  {"link_envelopes_out", t.envelopes_out},
                  {"link_envelopes_in", t.envelopes_in},
                  {"link_losses", t.losses},
                  {"link_refused", t.refused},
                  {"link_waiting_bytes", t.waiting_bytes},
                  {"calls_answered", c.answered},
                  {"calls_resent", c.resent},
                  {"calls_lost", c.lost},
                  {"calls_late", c.late},
                  {"calls_waiting", c.waiting},
                  {"pushes_out", pushes_out_.load()},
                  {"pushes_in", pushes_in_.load()}};
  return out;
}

}  // namespace nova::runtime
