// The ways out: calls, events and pushes to other nodes.
#include "actors/runtime/placement/cluster_router.hpp"

#include "actors/runtime/link/links.hpp"
#include "protocols/core/log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Of a method that declares none.
constexpr std::uint32_t default_deadline_ms = 5000;
/// A take-over is over by then: calls do not wait for the owner of a domain that has had none for so long.
constexpr milliseconds longest_take_over{10'000};

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
      links_(options_.network ? options_.network
                              : std::make_shared<link::links>(options_.settings, self_of(options_),
                                                              system_wall_clock(), s.random)),
      calls_(s, options_.settings.max_calls,
             {[this](const rpc::call& call) { return owner_of(call); },
              [this](link::peer_number to, const link::Envelope& e) { return send(to, e); },
              [this](rpc::call again) { call(std::move(again)); }, [this] { want_tick(); }}),
      effects_(s, {[this](shard_address a) { return owner_of(a); },
                   [this](link::peer_number to, const link::Envelope& e) { return send(to, e); },
                   [this](shard_address a, std::string_view kind, const std::string& key,
                          std::function<void()> done) {
                     local_.refresh(a, kind, key, std::move(done));
                   }}),
      attendance_(s, milliseconds(options_.settings.attach_ms),
                  2 * milliseconds(options_.settings.replay_ms) +
                      milliseconds(options_.settings.silence_ms),
                  {[this](link::peer_number to, const link::Envelope& e) {
                     return send(to, e, link::lane::control);
                   },
                   [this](link::peer_number peer) { return last_push_[peer]; },
                   [this](link::peer_number peer) {
                     each_place([&](place& p) {
                       if (p.resume_at.erase(peer) != 0) resume_sockets(p.domain.name);
                     });
                   },
                   [this] { want_tick(); },
                   [this](const std::vector<uuid>& accounts) { couriers_.resume(accounts); },
                   [this] { resume_sockets("all"); }}),
      journal_(s, {milliseconds(options_.settings.replay_ms), options_.settings.replay_bytes},
               [this](link::peer_number to, const link::Envelope& e) { return send(to, e); }),
      incoming_(local, s.settings().audience_cache),
      tick_alarm_(links_->make_alarm([this] { tick(); })),
      balance_alarm_(links_->make_alarm([this] { balance(); })) {}

result<std::uint16_t> cluster_router::start() {
  started_ = services_.now();
  const auto add = [&](std::string_view name, std::uint32_t shards) {
    auto d = std::make_unique<domain_places>();
    d->name = name;
    d->shards = shards;
    d->here = directory_.find(name);
    d->last_event = std::make_unique<std::atomic<std::uint64_t>[]>(shards);
    d->told = std::make_unique<std::atomic<bool>[]>(shards);
    for (std::uint32_t n = 0; n < std::min(options_.settings.parts, shards); ++n) {
      auto& p = *d->parts.emplace_back(std::make_unique<place>(*d, n));
      p.seen_ns = started_.time_since_epoch().count();
      if (d->here != nullptr) p.here = d->here->link.parts.at(n).get();
    }
    domains_.push_back(std::move(d));
  };
  for (const auto& d : directory_.domains()) add(d->link.domain.name, d->link.domain.shards);
  for (const auto& f : directory_.foreign()) add(f->name, f->shards);
  for (const auto& d : domains_)
    for (const auto consumer : directory_.consumers_of(d->name))
      d->consumers.push_back(find(consumer));
  directory_.place_by(*this);
  for (auto& d : directory_.domains())
    d->link.outbox_read = [this, d = d.get()] { return read_by_all(*d); };
  balance();
  links_->update_self([this](link::Member& m) {
    m.set_weight(options_.settings.weight);
    for (const auto& d : directory_.domains()) {
      auto& told = *m.add_domains();
      told.set_name(std::string(d->link.domain.name));
      told.set_shards(d->link.domain.shards);
      told.set_parts(static_cast<std::uint32_t>(d->link.parts.size()));
      told.set_pushes(d->link.domain.pushes);
    }
  });
  return links_->start(
      {[this](link::peer_number p, const link::Member& m) { up(p, m); },
       [this](link::peer_number p, const link::Member& m, const std::string&) { down(p, m); },
       [this](link::peer_number p, link::Envelopes& batch) { received(p, batch); },
       [this] { recount(); }});
}

void cluster_router::leave() {
  leaving_ = true;
  links_->update_self([](link::Member& m) { m.set_leaving(true); });
}

void cluster_router::give_back() {
  const auto all = links_->members();
  each_place([&](place& p) {
    if (p.here == nullptr || !p.here->serving.exchange(false)) return;
    const auto e = owned(p, false);
    for (const auto& m : *all)
      if (m.peer != 0 && m.linked) send(m.peer, e, link::lane::control);
  });
}

void cluster_router::stop(milliseconds budget) { links_->stop(budget); }

cluster_router::domain_places* cluster_router::find(std::string_view domain) const {
  for (const auto& d : domains_)
    if (d->name == domain) return d.get();
  return nullptr;
}

cluster_router::place* cluster_router::find(std::string_view domain, std::uint32_t part) const {
  const auto* d = find(domain);
  return d != nullptr && part < d->parts.size() ? d->parts[part].get() : nullptr;
}

cluster_router::place* cluster_router::place_of(const rpc::call& c) const {
  const auto* d = find(c.method->domain);
  return d != nullptr ? &d->at(static_cast<std::uint32_t>(stable_hash(c.key) % d->shards))
                      : nullptr;
}

bool cluster_router::served_here(shard_address a) const {
  const auto* d = find(a.domain);
  return d != nullptr && d->at(a.shard).served();
}

owner_hint cluster_router::owner_of(const rpc::call& c) const {
  const auto* p = place_of(c);
  if (p == nullptr) return {};
  return {p->takes_calls(), p->owner.load()};
}

owner_hint cluster_router::owner_of(shard_address a) const {
  const auto& p = find(a.domain)->at(a.shard);
  return {p.served() && p.here->holds(services_.now()), p.owner.load()};
}

bool cluster_router::is_nowhere(const place& p) const {
  if (p.owner != 0 || p.moving || p.served()) return false;
  const auto seen = steady_time(steady_time::duration(p.seen_ns.load()));
  return services_.now() - seen > longest_take_over;
}

void cluster_router::call(rpc::call c) {
  // Once: a key that is made anew is the same when the call is sent again.
  if (c.key.empty()) {
    auto key = local_.key_of(c);
    if (key.has_error()) return c.reply(key.error());
    c.key = std::move(key.value());
  }
  auto* p = place_of(c);
  if (p != nullptr && p->here != nullptr) {
    // Counted before the look: a part that is given away from now on waits until the call is counted as its own.
    p->here->under_way.fetch_add(1);
    // What an entity asks another one on behalf of a call that this node has accepted is not made to wait for the next owner.
    const bool asked = c.caller.kind == rpc::caller_kind::node && p->served();
    const bool taken = p->takes_calls() || asked;
    if (taken) local_.call(std::move(c));
    p->here->answered();
    if (taken) return;
  }
  const bool closed =
      services_.stopping.load(std::memory_order_relaxed) && c.caller.kind != rpc::caller_kind::node;
  if (closed || p == nullptr || is_nowhere(*p))
    return c.reply(unavailable(services_.settings().overload_retry_ms));
  if (c.deadline == steady_time{})
    c.deadline = services_.now() + milliseconds(c.method->deadline_ms != 0 ? c.method->deadline_ms
                                                                           : default_deadline_ms);
  calls_.call(std::move(c));
}

bool cluster_router::wanted(std::string_view domain) const {
  const auto* d = find(domain);
  return local_.wanted(domain) || (d != nullptr && d->taken_elsewhere);
}

/// To the nodes where the readers of this shard live.
void cluster_router::to_consumers(shard_address source, const link::Envelope& e) {
  std::set<link::peer_number> to;
  for (const auto* consumer : find(source.domain)->consumers)
    if (const auto owner = consumer->reader_of(source.shard).owner.load(); owner != 0)
      to.insert(owner);
  for (const auto peer : to) send(peer, e);
}

void cluster_router::publish(shard_address source, const relay_batch_ptr& batch) {
  local_.publish(source, batch);
  const auto* d = find(source.domain);
  if (d == nullptr || !d->taken_elsewhere) return;
  auto e = events_of(source, batch->back().seq);
  for (const auto& event : *batch) fill(*e.mutable_events()->add_events(), event);
  to_consumers(source, e);
}

void cluster_router::announce(shard_address source) {
  local_.announce(source);
  const auto* d = find(source.domain);
  if (d == nullptr || !d->taken_elsewhere) return;
  to_consumers(source, events_of(source, local_.last_event(source)));
}

/// A question that no node answers is answered by its caller's own patience.
bool cluster_router::settle(shard_address source, std::string_view consumer, settle_wait question) {
  const auto* d = find(consumer);
  if (d == nullptr) return false;
  const auto& reader = d->reader_of(source.shard);
  if (reader.served()) return local_.settle(source, consumer, std::move(question));
  const auto owner = reader.owner.load();
  if (owner == 0) return true;
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
  if (served_here(source)) return local_.last_event(source);
  const auto* d = find(source.domain);
  return d != nullptr && source.shard < d->shards ? d->last_event[source.shard].load() : 0;
}

bool cluster_router::knows_events(shard_address source) const {
  if (served_here(source)) return local_.knows_events(source);
  const auto* d = find(source.domain);
  return d != nullptr && source.shard < d->shards && d->told[source.shard].load();
}

bool cluster_router::read_elsewhere(shard_address home) const {
  const auto* d = find(home.domain);
  if (d == nullptr || home.shard >= d->shards) return false;
  const auto& p = d->at(home.shard);
  return !p.served() && p.owner.load() != 0;
}

void cluster_router::pull(shard_address source, pull_request request) {
  if (served_here(source)) return local_.pull(source, std::move(request));
  const auto owner = find(source.domain)->at(source.shard).owner.load();
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

namespace {

/// Without its number, which remote_effects gives.
template <class Delivery>
link::Envelope envelope_of(shard_address target, const Delivery& d) {
  link::Envelope e;
  auto& to = *e.mutable_deliver();
  to.set_consumer(std::string(target.domain));
  to.set_shard(target.shard);
  to.set_source(d.source);
  to.set_source_shard(d.source_shard);
  to.set_letter(d.letter);
  to.mutable_event()->set_seq(d.seq);
  to.mutable_event()->set_type(d.type->number);
  d.body->SerializeToString(to.mutable_event()->mutable_payload());
  return e;
}

}  // namespace

void cluster_router::deliver(shard_address target, event_delivery event) {
  if (served_here(target)) return local_.deliver(target, std::move(event));
  auto e = envelope_of(target, event);
  e.mutable_deliver()->set_kind(std::string(event.kind));
  e.mutable_deliver()->set_key(event.key);
  effects_.deliver(find(target.domain)->at(target.shard).owner, std::move(e),
                   std::move(event.done));
}

void cluster_router::deliver_part(shard_address target, part_ptr part) {
  if (served_here(target)) return local_.deliver_part(target, std::move(part));
  auto e = envelope_of(target, *part);
  e.mutable_deliver()->mutable_event()->set_key(part->key);
  effects_.deliver(find(target.domain)->at(target.shard).owner, std::move(e),
                   std::exchange(part->done, nullptr));
}

void cluster_router::refresh(shard_address target, std::string_view kind, const std::string& key,
                             std::function<void()> done) {
  effects_.refresh(target, kind, key, std::move(done));
}

/// The lists of a large audience, which stay the same while it does not change. None: it is small.
std::vector<account_list> cluster_router::lists_of(const audience& to) {
  std::vector<account_list> out;
  if (to.accounts && to.accounts->size() > fanout::small_audience)
    out.push_back({to.accounts.get(), to.accounts, false});
  if (to.many)
    for (std::size_t i = 0; i < account_set::slices; ++i)
      if (const auto* part = to.many->part(i)) out.push_back({&part->accounts, to.many, true});
  return out;
}

/// Its lists cross a link once, for any number of pushes.
void cluster_router::push_away(link::Push p, const outgoing& o,
                               const std::vector<account_list>& lists) {
  if (!o.to.except.is_nil()) p.set_except(bytes_of(o.to.except));
  for (const auto gateway : elsewhere_.gateways()) {
    std::vector<account_list> there;
    for (const auto& list : lists)
      if (elsewhere_.any_of(gateway, *list.accounts, list.keeps)) there.push_back(list);
    if (there.empty()) continue;
    p.set_origin(peer_of(o.origin) == gateway ? without_peer(o.origin) : 0);
    pushes_out_.fetch_add(1, std::memory_order_relaxed);
    journal_.push(gateway, p, std::move(there));
  }
}

/// Each gateway node with receivers gets one envelope, for any number of them; other nodes get none.
void cluster_router::push_away(shard_address source, const outgoing& o) {
  if (elsewhere_.empty()) return;
  const auto lists = lists_of(o.to);
  std::map<link::peer_number, std::string> receivers;
  const auto take = [&](const uuid& account) {
    if (account == o.to.except) return;
    elsewhere_.each_gateway_of(
        account, [&](link::peer_number gateway) { append_id(receivers[gateway], account); });
  };
  if (lists.empty() && o.to.accounts) std::ranges::for_each(*o.to.accounts, take);
  if (lists.empty() && receivers.empty()) return;
  link::Push p;
  p.set_rpc(std::string(o.push->type().rpc));
  o.push->body().SerializeToString(p.mutable_body());
  p.set_part(find(source.domain)->at(source.shard).part);
  if (!lists.empty()) return push_away(std::move(p), o, lists);
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
  const auto all = links_->members();
  for (const auto& m : *all)
    if (m.peer != 0 && m.linked && m.record.gateway()) send(m.peer, e, on);
}

void cluster_router::lose_pushes() {
  local_.lose_pushes();
  journal_.lose();
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
    attendance_.come(a.account, [this, a, attached](const result<void>& known) {
      if (!known) couriers_.detach(a.connection, a.account);
      else if (a.resumed_at != 0) attendance_.resumed(a.account, a.lineage, a.resumed_at);
      attached(known);
    });
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
  for (const auto* consumer : find(name)->consumers) {
    std::lock_guard lock(read_mutex_);
    const auto told = read_elsewhere_.find({std::string(consumer->name), std::string(name)});
    for (std::uint32_t s = 0; s < out.size(); ++s) {
      auto read = reader_seat::unknown;
      if (consumer->reader_of(s).served()) read = read_here(name, s, consumer->name);
      else if (told != read_elsewhere_.end() && s < told->second.size()) read = told->second[s];
      out[s] = std::min(out[s], read);
    }
  }
  return out;
}

/// To the owners of the sources.
void cluster_router::tell_read() {
  for (const auto& source : domains_) {
    std::set<link::peer_number> owners;
    for (const auto& p : source->parts)
      if (p->owner != 0) owners.insert(p->owner);
    for (const auto* consumer : source->consumers) {
      if (owners.empty() || !consumer->served()) continue;
      link::Envelope e;
      auto& told = *e.mutable_read_up_to();
      told.set_consumer(std::string(consumer->name));
      told.set_domain(std::string(source->name));
      for (std::uint32_t s = 0; s < source->shards; ++s)
        told.add_seq(consumer->reader_of(s).served() ? read_here(source->name, s, consumer->name)
                                                     : reader_seat::unknown);
      for (const auto owner : owners) send(owner, e);
    }
  }
}

bool cluster_router::complete() const {
  const auto now = services_.now();
  bool all = true;
  each_place([&](const place& p) {
    if (p.served()) {
      all &= p.here->holds(now);
    } else if (p.owner == 0) {
      const auto seen = steady_time(steady_time::duration(p.seen_ns.load()));
      all &= p.epoch != 0 && now - seen <= milliseconds(options_.settings.unready_ms);
    }
  });
  return all;
}

cluster_status cluster_router::status() const {
  cluster_status out;
  const auto all = links_->members();
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
    if (r.has_load())
      row.load = member_load{r.load().processor_percent(), r.load().waiting_calls()};
    if (r.gateway()) row.roles.emplace_back("gateway");
    for (const auto& d : r.domains()) row.roles.push_back(d.name());
    out.members.push_back(std::move(row));
  }
  each_place([&](const place& p) {
    cluster_status::owner row{std::string(p.domain.name), p.part, p.epoch, {}, {}};
    for (auto s = p.part; s < p.domain.shards; s += p.domain.parts.size()) row.shards.push_back(s);
    if (p.served()) row.node = options_.settings.node;
    for (const auto& m : *all)
      if (m.peer != 0 && p.owner == m.peer) row.node = m.record.node();
    out.owners.push_back(std::move(row));
  });
  const auto t = links_->counted();
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
                  {"pushes_in", pushes_in_.load()},
                  {"stale_refused", stale_.load()}};
  return out;
}

}  // namespace nova::runtime
