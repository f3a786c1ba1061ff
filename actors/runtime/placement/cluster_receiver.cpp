// What other nodes say, on the links' thread: it only posts to actors, and answers what needs none.
#include "actors/runtime/placement/cluster_router.hpp"

#include "actors/runtime/events/part_route.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Of pushes of a part's next owner that wait for the last ones of its owner before.
constexpr std::size_t most_early_bytes = 4 << 20;

}  // namespace

void cluster_router::up(link::peer_number peer, const link::Member& m) {
  const bool pushes =
      std::ranges::any_of(m.domains(), [](const link::Domain& d) { return d.pushes(); });
  for (const auto& d : m.domains()) {
    const auto* own = find(d.name());
    if (own != nullptr && d.parts() != own->parts.size())
      log::error("cluster.parts_differ", {{"node", m.node()},
                                          {"domain", d.name()},
                                          {"parts", d.parts()},
                                          {"here", own->parts.size()}});
  }
  each_place([&](const place& p) {
    if (p.served() || p.opens) send(peer, owned(p, true), link::lane::control);
  });
  if (options_.gateway && (pushes || m.gateway())) attendance_.up(peer, pushes, m.gateway());
}

void cluster_router::down(link::peer_number peer, const link::Member& m) {
  const auto now = services_.now();
  each_place([&](place& p) {
    if (p.resume_at.erase(peer) != 0) resume_sockets(p.domain.name);
    if (p.parting == peer) parted(p, false);
    if (p.owner != peer) return;
    p.owner = 0;
    p.seen_ns = now.time_since_epoch().count();
  });
  calls_.lost(peer);
  effects_.lost(peer);
  std::vector<std::function<void(result<relay_batch_ptr>)>> unanswered;
  {
    std::lock_guard lock(asked_mutex_);
    for (auto i = pages_.begin(); i != pages_.end();) {
      const bool its = i->second.peer == peer;
      if (its) unanswered.push_back(std::move(i->second.done));
      i = its ? pages_.erase(i) : std::next(i);
    }
  }
  for (auto& done : unanswered) done(unavailable(services_.settings().overload_retry_ms));
  attendance_.down(peer);
  arriving_.erase(peer);
  journal_.down(peer);
  lists_.erase(peer);
  if (options_.gateway && m.gateway())
    for (const auto& account : elsewhere_.of(peer)) couriers_.elsewhere({account, peer, false});
}

/// Of gateways whose links have been broken for longer than pushes are kept.
void cluster_router::forget_gateways() {
  for (const auto gateway : journal_.forget_gone()) elsewhere_.forget(gateway);
}

void cluster_router::received(link::peer_number from, link::Envelopes& batch) {
  for (auto& e : *batch.mutable_items()) handle(from, e);
  incoming_.flush();
}

void cluster_router::handle(link::peer_number from, link::Envelope& e) {
  using kind = link::Envelope::KindCase;
  switch (e.kind_case()) {
    case kind::kOwned: return handle(from, e.owned());
    case kind::kCall: return handle(from, e.call());
    case kind::kReply: return calls_.answered(from, e.reply());
    case kind::kEvents: return handle(from, e.events());
    case kind::kPull: return handle(from, e.pull());
    case kind::kPage: return handle(from, *e.mutable_page());
    case kind::kSettle: return handle(from, e.settle());
    case kind::kSettled: {
      std::unique_lock lock(asked_mutex_);
      auto asked = settles_.extract(e.settled().id());
      lock.unlock();
      if (!asked.empty()) asked.mapped().settled(e.settled().in_force());
      return;
    }
    case kind::kInterest: return handle(from, e.interest());
    case kind::kInterestTaken: return attendance_.taken(from, e.interest_taken().number());
    case kind::kPush: return handle(from, e.push());
    case kind::kWatch: {
      const auto& w = e.watch();
      return couriers_.watch({id_of(w.watcher()),
                              without_peer(w.connection()),
                              ids_of(w.accounts()),
                              {w.last_seen().begin(), w.last_seen().end()}});
    }
    case kind::kUnwatch:
      return couriers_.unwatch({id_of(e.unwatch().watcher()), id_of(e.unwatch().watched())});
    case kind::kRevoke:
      return edge_.revoke_session(id_of(e.revoke().session()), e.revoke().until());
    case kind::kLosePushes: return couriers_.lose_pushes();
    case kind::kReadUpTo: {
      const auto& told = e.read_up_to();
      if (find(told.consumer()) == nullptr || find(told.domain()) == nullptr) return;
      std::lock_guard lock(read_mutex_);
      auto& read = read_elsewhere_[{told.consumer(), told.domain()}];
      read.resize(static_cast<std::size_t>(told.seq_size()), reader_seat::unknown);
      for (std::size_t s = 0; s < read.size(); ++s)
        if (const auto seq = told.seq(static_cast<int>(s)); seq != reader_seat::unknown)
          read[s] = seq;
      return;
    }
    case kind::kDeliver: return handle(from, e.deliver());
    case kind::kDelivered: return effects_.delivered(from, e.delivered());
    case kind::kRefresh: return handle(from, e.refresh());
    case kind::kRefreshed: return effects_.refreshed(from, e.refreshed());
    case kind::kMembers:
    case kind::kPing:
    case kind::kHandled:
    case kind::KIND_NOT_SET: return;  // for the link itself, or of a newer node
  }
}

link::Envelope cluster_router::owned(const place& p, bool serving) const {
  link::Envelope e;
  auto& told = *e.mutable_owned();
  told.set_domain(std::string(p.domain.name));
  told.set_part(p.part);
  told.set_epoch(p.here->epoch.load());
  if (!serving) return e;
  for (auto s = p.part; s < p.domain.shards; s += p.domain.parts.size()) {
    auto& shard = *told.add_shards();
    shard.set_shard(s);
    shard.set_epoch(p.here->epoch.load());
    shard.set_last_event(local_.last_event({p.domain.name, s}));
  }
  return e;
}

void cluster_router::handle(link::peer_number from, const link::Owned& told) {
  auto* found = find(told.domain(), told.part());
  if (found == nullptr) return;
  auto& p = *found;
  if (p.owner != 0 && planted(planted_fault::stale_owner_believed)) return;
  if (told.shards().empty()) {
    if (p.parting == from && !told.next().empty()) return parted(p, true);
    // It may be behind the news that the sender owns the part again: that came on the other lane.
    if (p.owner != from || (told.epoch() != 0 && told.epoch() < p.epoch)) return;
    const auto now = services_.now();
    p.owner = 0;
    p.seen_ns = now.time_since_epoch().count();
    if (told.next().empty()) return;
    p.planned = true;
    if (told.next() != options_.settings.node) {
      p.reserved_ns = (now + milliseconds(options_.settings.silence_ms)).time_since_epoch().count();
    } else if (p.here != nullptr) {
      p.claim_now = true;
      p.domain.here->heads[p.part]->post([](domain_head& h) { h.hurry(); });
    }
    return;
  }
  std::int64_t epoch = 0;
  for (const auto& s : told.shards()) {
    if (&p.domain.at(s.shard()) != &p) return;  // of a node with another number of parts
    epoch = std::max(epoch, s.epoch());
  }
  // Of a node that does not know yet that it lost the part.
  if (epoch < p.epoch) return refuse_stale();
  // That the last owner gave it up counts for the next one only: of an owner between them, pushes may be missed here.
  if (!told.given() || epoch > p.epoch + 1) p.planned = false;
  const bool follows = told.given() && epoch == p.epoch + 1;
  p.epoch = epoch;
  for (const auto& s : told.shards()) {
    if (s.shard() >= p.domain.shards) continue;
    // News of later events came on the other lane, perhaps before.
    auto& last = p.domain.last_event[s.shard()];
    if (last.load() < s.last_event()) last = s.last_event();
    p.domain.told[s.shard()] = true;
  }
  if (follows && !p.planned && p.owner != 0 && p.owner != from) {
    // The last owner says so behind its last pushes; the link to it is up. Without a link they are missed here.
    if (p.parting != 0) parted(p, false);
    if (options_.gateway && pushes(p.owner, p.domain.name)) {
      p.parting = p.owner;
      p.parting_until = services_.now() + milliseconds(options_.settings.silence_ms);
    }
    p.planned = true;
  }
  const bool other = p.owner != from;
  new_owner(p, from);
  if (other) tell_new_reader(from, p);
  for (const auto& s : told.shards())
    if (s.shard() < p.domain.shards) local_.announce({p.domain.name, s.shard()});
}

/// Events are announced to the nodes that read them. One that reads from now on has heard of none since it was linked.
void cluster_router::tell_new_reader(link::peer_number to, const place& consumer) {
  for (const auto& source : domains_) {
    if (std::ranges::find(source->consumers, &consumer.domain) == source->consumers.end()) continue;
    for (std::uint32_t s = 0; s < source->shards; ++s) {
      if (&consumer.domain.reader_of(s) != &consumer || !source->at(s).served()) continue;
      const shard_address from{source->name, s};
      if (const auto last = local_.last_event(from); last != 0) send(to, events_of(from, last));
    }
  }
}

void cluster_router::new_owner(place& p, link::peer_number owner) {
  const auto before = p.owner.exchange(owner);
  const bool planned = std::exchange(p.planned, false);
  p.seen_ns = services_.now().time_since_epoch().count();
  recount();
  owner_known();
  if (before == owner) return;
  if (!planned && p.parting != 0) parted(p, false);
  // The same process: it sends again what the break held up, or says that it cannot.
  const std::pair now{owner, p.epoch.load()};
  const auto last = std::exchange(p.last_owner, now);
  const bool same = last == now;
  if (!planned && last.first != owner) end_pushes(p, last.first);
  p.lost_by.erase(owner);
  if (options_.gateway && !same && pushes(owner, p.domain.name)) {
    if (attendance_.informs(owner)) {
      // Its pushes may come before it says that it knows all accounts.
      for (const auto& s : couriers_.seats()) s->mute();
      p.resume_at.insert(owner);
    } else if (!planned) {
      resume_sockets(p.domain.name);
    }
  }
  if (options_.owner_changed) options_.owner_changed(p.domain.name);
}

bool cluster_router::pushes(link::peer_number owner, std::string_view domain) const {
  const auto all = links_->members();
  const auto m = std::ranges::find(*all, owner, &link::member_view::peer);
  return m != all->end() && std::ranges::any_of(m->record.domains(), [&](const auto& d) {
           return d.name() == domain && d.pushes();
         });
}

void cluster_router::parted(place& p, bool in_order) {
  const auto last = std::exchange(p.parting, 0);
  auto early = std::exchange(p.early, {});
  p.early_bytes = 0;
  if (!in_order) {
    end_pushes(p, last);
    resume_sockets(p.domain.name);
    return;
  }
  for (auto& [told, listed] : early) take(told, std::move(listed));
}

void cluster_router::end_pushes(place& p, link::peer_number of) {
  if (of != 0) p.lost_by.insert(of);
}

void cluster_router::resume_sockets(std::string_view domain) {
  const auto closed = couriers_.resume(milliseconds(options_.settings.resume_spread_ms));
  if (closed) log::warn("cluster.resume", {{"domain", domain}});
}

void cluster_router::handle(link::peer_number from, const link::Call& told) {
  const auto id = told.id();
  auto answer = [this, from, id](const rpc::reply_result& r) {
    link::Envelope e;
    e.mutable_reply()->set_id(id);
    fill(*e.mutable_reply(), r);
    send(from, e);
  };
  auto c = call_of(told, from);
  if (!c) return answer(c.error());
  c->deadline = services_.now() + milliseconds(told.deadline_ms());
  const auto* p = place_of(*c);
  if (!leaving_ && p != nullptr && (p->takes_calls() || p->opens)) {
    c->reply = answer;
    return p->takes_calls() ? local_.call(std::move(*c)) : calls_.call(std::move(*c));
  }
  link::Envelope e;
  e.mutable_reply()->set_id(id);
  e.mutable_reply()->mutable_not_mine();
  send(from, e);
}

void cluster_router::handle(link::peer_number from, const link::Events& told) {
  auto* d = find(told.domain());
  if (d == nullptr || told.shard() >= d->shards) return;
  auto& last = d->last_event[told.shard()];
  if (last.load() < told.last_event()) last = told.last_event();
  d->told[told.shard()] = true;
  // Known all the same: this node may have lost the part and not heard of it yet.
  if (d->at(told.shard()).served()) return;
  if (told.events().empty()) return local_.announce({d->name, told.shard()});
  auto batch = std::make_shared<relay_batch>();
  for (const auto& e : told.events()) batch->push_back(event_of(e));
  local_.publish({d->name, told.shard()}, batch);
}

void cluster_router::handle(link::peer_number from, const link::Pull& asked) {
  const auto id = asked.id();
  auto answer = [this, from, id](const result<relay_batch_ptr>& page) {
    link::Envelope e;
    auto& told = *e.mutable_page();
    told.set_id(id);
    told.set_failed(page.has_error());
    if (page.has_value())
      for (const auto& event : *page.value()) fill(*told.add_events(), event);
    send(from, e);
  };
  const auto* d = find(asked.domain());
  const auto* p = d != nullptr && asked.shard() < d->shards ? &d->at(asked.shard()) : nullptr;
  if (p == nullptr || !(p->served() || p->opens))
    return answer(unavailable(services_.settings().overload_retry_ms));
  local_.pull({d->name, asked.shard()}, {asked.after(), asked.limit(), answer});
}

void cluster_router::handle(link::peer_number from, link::Page& page) {
  std::function<void(result<relay_batch_ptr>)> done;
  {
    std::lock_guard lock(asked_mutex_);
    const auto i = pages_.find(page.id());
    if (i == pages_.end() || i->second.peer != from) return;
    done = std::move(i->second.done);
    pages_.erase(i);
  }
  if (page.failed()) return done(unavailable(services_.settings().overload_retry_ms));
  auto batch = std::make_shared<relay_batch>();
  for (const auto& e : page.events()) batch->push_back(event_of(e));
  done(relay_batch_ptr(std::move(batch)));
}

void cluster_router::handle(link::peer_number from, const link::Settle& asked) {
  const auto* d = find(asked.domain());
  const auto* consumer = find(asked.consumer());
  if (d == nullptr || asked.shard() >= d->shards || consumer == nullptr ||
      !consumer->reader_of(asked.shard()).served())
    return;
  settle_wait question;
  question.seq = asked.seq();
  question.key = asked.key();
  question.type = asked.type();
  question.until = services_.now() + milliseconds(asked.wait_ms());
  question.settled = [this, from, id = asked.id()](bool in_force) {
    link::Envelope e;
    e.mutable_settled()->set_id(id);
    e.mutable_settled()->set_in_force(in_force);
    send(from, e);
  };
  const auto id = asked.id();
  if (local_.settle({d->name, asked.shard()}, asked.consumer(), std::move(question))) return;
  link::Envelope e;
  e.mutable_settled()->set_id(id);
  e.mutable_settled()->set_in_force(true);
  send(from, e);
}

void cluster_router::handle(link::peer_number from, const link::Deliver& told) {
  part_delivery::done_fn answer = [this, from, id = told.id()](event_end how, std::string reason) {
    link::Envelope e;
    auto& ended = *e.mutable_delivered();
    ended.set_id(id);
    ended.set_end(static_cast<std::uint32_t>(how));
    ended.set_reason(std::move(reason));
    send(from, e);
  };
  const auto* d = find(told.consumer());
  const bool served = d != nullptr && told.shard() < d->shards && d->at(told.shard()).served();
  if (!served) return answer(event_end::suspended, "the shard is elsewhere");
  auto& consumer = d->here->link;
  const auto in = consumer.intakes.find(told.event().type());
  if (in == consumer.intakes.end()) return answer(event_end::suspended, "of a newer node");
  rpc::message_ptr body = body_of(event_of(told.event()), *in->second->event);
  if (!body) return answer(event_end::failed, "the payload is broken");
  const shard_address target{d->name, told.shard()};
  if (told.kind().empty()) {
    auto part = std::make_shared<part_delivery>();
    part->source = told.source();
    part->source_shard = told.source_shard();
    part->seq = told.event().seq();
    part->type = in->second->event;
    part->body = std::move(body);
    part->key = told.event().key();
    part->letter = told.letter();
    part->done = std::move(answer);
    return route_part(consumer, *in->second, target.shard, part,
                      [this, target, part] { local_.deliver_part(target, part); });
  }
  const auto kind = consumer.find_kind(told.kind());
  if (!kind) return answer(event_end::failed, "no such kind of entity");
  event_delivery event;
  event.source = told.source();
  event.source_shard = told.source_shard();
  event.seq = told.event().seq();
  event.type = in->second->event;
  event.body = std::move(body);
  event.kind = consumer.domain.kinds[*kind].name;
  event.key = told.key();
  event.letter = told.letter();
  event.done = std::move(answer);
  local_.deliver(target, std::move(event));
}

void cluster_router::handle(link::peer_number from, const link::Refresh& asked) {
  const auto answer = [this, from, id = asked.id()](bool not_mine) {
    link::Envelope e;
    e.mutable_refreshed()->set_id(id);
    e.mutable_refreshed()->set_not_mine(not_mine);
    send(from, e);
  };
  const auto* d = find(asked.domain());
  if (d == nullptr || d->here == nullptr) return answer(true);
  const shard_address target = d->here->link.home_of(asked.key());
  if (!owner_of(target).here) return answer(true);
  const auto kind = d->here->link.find_kind(asked.kind());
  if (!kind) return answer(false);
  local_.refresh(target, d->here->link.domain.kinds[*kind].name, asked.key(),
                 [answer] { answer(false); });
}

void cluster_router::handle(link::peer_number from, const link::Interest& told) {
  if (told.anew()) arriving_[from].clear();
  if (const auto whole = arriving_.find(from); whole != arriving_.end()) {
    const auto part = ids_of(told.come());
    whole->second.insert(whole->second.end(), part.begin(), part.end());
    if (told.number() == 0) return;
    replace_accounts(from, std::exchange(whole->second, {}));
    arriving_.erase(whole);
    if (!journal_.up(from, told.last_push(), takes_lists(*links_->members(), from, told))) {
      link::Envelope lost;
      lost.mutable_lose_pushes();
      send(from, lost, link::lane::control);
    }
  } else {
    const auto lineage = id_of(told.lineage());
    for (const auto& account : ids_of(told.come())) {
      elsewhere_.come(from, account);
      if (options_.gateway) couriers_.elsewhere({account, from, true, lineage, told.resumed_at()});
    }
    for (const auto& account : ids_of(told.gone())) {
      elsewhere_.gone(from, account);
      if (options_.gateway) couriers_.elsewhere({account, from, false});
    }
  }
  if (told.number() == 0) return;
  link::Envelope e;
  e.mutable_interest_taken()->set_number(told.number());
  send(from, e, link::lane::control);
}

void cluster_router::replace_accounts(link::peer_number gateway, const std::vector<uuid>& all) {
  const std::unordered_set<uuid, boost::hash<uuid>> now(all.begin(), all.end());
  for (const auto& account : elsewhere_.of(gateway))
    if (!now.contains(account)) elsewhere_.gone(gateway, account);
  for (const auto& account : all) {
    elsewhere_.come(gateway, account);
    if (options_.gateway) couriers_.elsewhere({account, gateway, true});
  }
}

void cluster_router::handle(link::peer_number from, const link::Push& told) {
  audience listed;
  const bool known = lists_[from].read(told, listed);
  auto& last = last_push_[from];
  if (told.number() <= last) return;  // it had come before the break
  last = told.number();
  if (!known) return couriers_.lose_pushes();
  auto* sender = find(std::string_view(told.rpc()).substr(0, told.rpc().find('.')), told.part());
  if (sender == nullptr || sender->parting == 0 || sender->parting == from) {
    if (sender != nullptr && sender->lost_by.contains(from)) return refuse_stale();
    return take(told, std::move(listed));
  }
  sender->early_bytes += told.ByteSizeLong();
  if (sender->early_bytes > most_early_bytes) return parted(*sender, false);
  sender->early.emplace_back(told, std::move(listed));
}

void cluster_router::take(const link::Push& told, audience listed) {
  const auto* type = rpc::find_push(told.rpc());
  if (type == nullptr) return;  // of a newer node
  auto body = type->type->make();
  if (!body->ParseFromString(told.body())) return;
  pushes_in_.fetch_add(1, std::memory_order_relaxed);
  outgoing o;
  o.to = std::move(listed);
  if (told.lists_size() == 0)
    o.to.accounts = std::make_shared<const std::vector<uuid>>(ids_of(told.accounts()));
  o.to.except = id_of(told.except());
  o.push = std::make_shared<const rpc::push>(*type, std::move(body));
  o.origin = told.origin();
  const auto paced = std::ranges::find(options_.paces, type, &paced_push::push);
  if (paced != options_.paces.end()) o.pace = paced->pace;
  incoming_.add(std::move(o));
}

/// Whose events are read on other nodes.
void cluster_router::recount() {
  for (const auto& d : domains_)
    d->taken_elsewhere = std::ranges::any_of(d->consumers, [](const domain_places* consumer) {
      return std::ranges::any_of(consumer->parts, [](const auto& p) { return p->owner != 0; });
    });
}

void cluster_router::want_tick() {
  if (ticking_.exchange(true)) return;
  links_->post([this] { tick(); });
}

void cluster_router::tick() {
  ticking_ = false;
  const bool calls = calls_.tick(), sockets = attendance_.tick();
  if (!(calls || sockets) || ticking_.exchange(true)) return;
  tick_alarm_->set(milliseconds(services_.settings().tick_ms));
}

}  // namespace nova::runtime
