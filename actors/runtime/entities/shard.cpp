// The shard's routing, deadlines and memory.
#include "actors/runtime/entities/shard.hpp"

#include <algorithm>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Neither away nor silent for this shard; that it is silent its lane knows first. Other lanes do not count.
bool answers(storage::database& d, std::uint32_t shard) {
  return d.readable() && d.lane(shard).accepting();
}

}  // namespace

shard_seat::shard_seat(domain_link& d, std::uint32_t shard)
    : inbox(std::string(d.domain.name) + "/shard/" + std::to_string(shard),
            d.services.settings().max_shard_inbox),
      domain(d),
      number(shard) {}

std::unique_ptr<occupant> shard_seat::occupy() { return std::make_unique<shard>(*this); }

shard::shard(shard_seat& s)
    : seat_(s),
      link_(s.domain),
      part_(link_.part_of(s.number)),
      services_(link_.services),
      router_(link_.router),
      now_(services_.now()),
      entities_(link_.domain.kinds.size()),
      wheel_(milliseconds(settings().tick_ms)),
      fanout_(router_, settings().audience_cache, link_.address(s.number)),
      reminders_(*this) {
  ++seat_.sitting;
  for (auto& [unit, f] : seat_.orphans)
    if (f->is_call() && !f->answered()) wheel_.set(*f, f->call().deadline);
  if (seat_.claim) open(*seat_.claim);
}

/// It may have fallen in the middle of a turn: pushes of answered decisions leave all the same.
shard::~shard() {
  const auto claim = seat_.claim;
  close();
  seat_.claim = claim;
  for (auto& [unit, f] : seat_.orphans) f->timed::unlink();
  fanout_.flush();
}

bool shard::turn() {
  now_ = services_.now();
  wheel_.expire(now_, [this](timed& t) { expire(static_cast<flight&>(t)); });
  const bool more = seat_.drain(settings().items_per_turn, [this](shard_item& item) {
    switch (item.index()) {
      case 0: accept(std::move(std::get<0>(item))); break;
      case 1: on_outcome(std::get<1>(item)); break;
      case 2: need_arrived(*std::get<2>(item)); break;
      default: std::get<3>(item)(*this);
    }
    item = flight_ptr{};
  });
  lose_patience();
  if (now_ >= next_sweep_) sweep();
  if (auto due = reminders_.next(); due && now_ >= *due) reminders_.begin_due();
  flush_events();
  fanout_.flush();
  set_alarm();
  return more;
}

void shard::open(const storage::shard_claim& claim) {
  seat_.claim = claim;
  if (open_) return;
  open_ = true;
  services_.open_shards.fetch_add(1, std::memory_order_relaxed);
  recovering_ = true;
  marks_state_ = marks::unknown;
  committed_up_to(claim.last_event_seq);
  router_.announce(link_.address(seat_.number));
  reminders_.plan();
}

void shard::close() {
  if (std::exchange(open_, false)) services_.open_shards.fetch_sub(1, std::memory_order_relaxed);
  seat_.claim.reset();
  ++seat_.sitting;
  waiting_.clear();
  auto give_up = [](flight_queue& q) {
    while (auto f = q.pop()) f->give_up(errc::unavailable, 100);
  };
  for (auto& kind : entities_) {
    for (auto& [key, e] : kind) {
      if (e->current) e->current->give_up(errc::unavailable, 100);
      orphan(*e);
      for (auto* q : {&e->pending, &e->rerun, &e->reading, &e->stash}) give_up(*q);
      for (auto& done : e->refreshed) done();
      auto& m = metrics_of(*e);
      m.active.fetch_sub(1, std::memory_order_relaxed);
      m.bytes.fetch_sub(static_cast<std::int64_t>(e->weight), std::memory_order_relaxed);
    }
    kind.clear();
  }
  give_up(unmarked_);
  unmarked_parts_.clear();
  // What has been committed keeps its answer, settled or not.
  for (auto& [id, f] : settling_) f->reply(std::move(f->decided->answer));
  settling_.clear();
  active_ = 0;
  services_.entity_bytes.fetch_sub(static_cast<std::int64_t>(std::exchange(bytes_, 0)),
                                   std::memory_order_relaxed);
  marks_.clear();
  marks_state_ = marks::unknown;
  delivering_.clear();
  reminders_.close();
}

/// Units of an occupant that crashed must be settled before its successor reads the store.
bool shard::can_serve() {
  if (recovering_ && seat_.in_lane.load() == 0) recovering_ = false;
  return open_ && !recovering_;
}

void shard::accept(flight_ptr f) {
  if (!f) return;
  const auto& call = f->call();
  doing_ = call.method->name;
  doing_.append(" request=").append(call.request_id);
  f->since = now_;
  if (now_ >= call.deadline) return f->give_up(errc::deadline_exceeded);
  if (!can_serve() || !part_.serving.load(std::memory_order_relaxed))
    return f->give_up(errc::unavailable, 200);
  if (services_.crashes.poisonous(call.method->number, f->key, *call.request))
    return f->give_up(errc::internal);
  wheel_.set(*f, call.deadline);
  auto& e = activate(f->kind, f->key);
  submit(e, std::move(f));
}

void shard::begin(flight_ptr f) {
  f->since = now_;
  doing_ = f->describe();
  auto& e = activate(f->kind, f->key);
  submit(e, std::move(f));
}

entity& shard::activate(std::size_t kind, const std::string& key) {
  auto& of_kind = entities_[kind];
  auto i = of_kind.find(key);
  if (i != of_kind.end()) {
    touch(*i->second);
    return *i->second;
  }
  evict_surplus();
  i = of_kind.emplace(key, std::make_unique<entity>()).first;
  auto& e = *i->second;
  e.kind = static_cast<std::uint32_t>(kind);
  e.key = &i->first;
  e.activation = services_.next_activation();
  ++active_;
  auto& m = metrics_of(e);
  m.active.fetch_add(1, std::memory_order_relaxed);
  class_metrics::count(m.activations);
  touch(e);
  load(e, std::make_unique<flight>(std::in_place_type<load_work>));
  return e;
}

bool shard::can_start(const entity& e) const {
  return e.at == entity::phase::ready && !e.current && !e.reload_wanted &&
         e.units < settings().max_pending_commits;
}

void shard::submit(entity& e, flight_ptr f) {
  f->home = &e;
  if (e.stash.empty() && can_start(e)) {
    run(e, std::move(f));
    return after_change(e);
  }
  if (e.stash.size() >= settings().max_stash) {
    class_metrics::count(metrics_of(e).stash_overflows);
    return f->give_up(errc::overloaded, settings().overload_retry_ms);
  }
  e.stash.push(std::move(f));
}

void shard::advance(entity& e) {
  while (!e.stash.empty() && can_start(e)) run(e, e.stash.pop());
}

/// After anything that may let waiting calls go on, the entity load anew, or the entity leave.
void shard::after_change(entity& e) {
  if (e.at == entity::phase::failing && e.units == 0) {
    drain(e);
    if (e.pending.empty()) return restart(e);
  }
  if (e.at != entity::phase::ready) return;
  if (e.units == 0 && e.current && e.current->held_back) begin_held_back(e);
  if (e.reload_wanted) {
    if (!e.current && e.pending.empty()) restart(e);
    return;
  }
  advance(e);
  if (e.at == entity::phase::failing && e.units == 0) return after_change(e);
}

void shard::restart(entity& e) {
  e.state.reset();
  e.reload_wanted = false;
  e.lost_commit = false;
  e.activation = services_.next_activation();
  class_metrics::count(metrics_of(e).restarts);
  if (e.current) {
    waiting_.erase(e.current->id);
    e.current->reset();
    e.rerun.push(std::move(e.current));
  }
  e.stash.prepend(e.rerun);
  auto refreshed = std::move(e.refreshed);
  e.refreshed.clear();
  for (auto& done : refreshed) done();
  if (e.stash.empty() && e.queries == 0) return drop(e);
  e.at = entity::phase::loading;
  load(e, std::make_unique<flight>(std::in_place_type<load_work>));
}

void shard::drop(entity& e) {
  auto& m = metrics_of(e);
  m.active.fetch_sub(1, std::memory_order_relaxed);
  m.bytes.fetch_sub(static_cast<std::int64_t>(e.weight), std::memory_order_relaxed);
  class_metrics::count(m.passivations);
  services_.entity_bytes.fetch_sub(static_cast<std::int64_t>(e.weight), std::memory_order_relaxed);
  bytes_ -= e.weight;
  --active_;
  auto& of_kind = entities_[e.kind];
  of_kind.erase(of_kind.find(*e.key));
}

void shard::touch(entity& e) {
  e.used = now_;
  e.unlink();
  recent_.push_back(e);
}

void shard::weigh(entity& e) {
  const std::size_t weight =
      sizeof(entity) + e.key->size() + 64 + (e.state ? e.state->weight() : 0);
  bytes_ += weight - e.weight;
  const auto more = static_cast<std::int64_t>(weight - e.weight);
  services_.entity_bytes.fetch_add(more, std::memory_order_relaxed);
  metrics_of(e).bytes.fetch_add(more, std::memory_order_relaxed);
  e.weight = weight;
}

bool shard::has_surplus() const {
  if (active_ >= settings().max_entities || bytes_ >= settings().max_entity_bytes) return true;
  const auto all = settings().max_node_entity_bytes;
  return static_cast<std::uint64_t>(services_.entity_bytes.load(std::memory_order_relaxed)) >=
             all &&
         bytes_ > all / std::max(1u, services_.open_shards.load(std::memory_order_relaxed));
}

void shard::evict_surplus() {
  constexpr int looks = 16;
  for (int n = 0; n < looks; ++n) {
    if (!has_surplus() || recent_.empty()) return;
    auto& e = recent_.front();
    if (e.busy() || e.at != entity::phase::ready) touch(e);
    else drop(e);
  }
}

void shard::sweep() {
  constexpr int looks = 256;
  next_sweep_ = now_ + milliseconds(settings().passivation_interval_ms);
  evict_surplus();
  auto i = recent_.begin();
  for (int n = 0; n < looks && i != recent_.end(); ++n) {
    auto& e = *i++;
    const bool goes = has_surplus() || e.used + kind_of(e).idle_passivation <= now_;
    if (goes && !e.busy() && e.at == entity::phase::ready) drop(e);
  }
}

void shard::expire(flight& f) {
  if (auto i = settling_.find(f.id); i != settling_.end() && i->second.get() == &f) {
    auto owned = std::move(i->second);
    settling_.erase(i);
    return owned->reply(std::move(owned->decided->answer));
  }
  if (f.home != nullptr) class_metrics::count(metrics_of(*f.home).deadlines_missed);
  f.reply(make_error(errc::deadline_exceeded));
  if (f.home == nullptr || f.decided) return;
  auto* home = f.home;
  detach(f);
  after_change(*home);
}

/// Takes a flight that was not decided out of whatever queue of its entity holds it.
flight_ptr shard::detach(flight& f) {
  auto& e = *f.home;
  if (e.current.get() == &f) {
    waiting_.erase(f.id);
    return std::move(e.current);
  }
  if (auto out = e.reading.take(&f)) {
    waiting_.erase(f.id);
    --e.queries;
    return out;
  }
  if (auto out = e.stash.take(&f)) return out;
  return e.rerun.take(&f);
}

void shard::give_up_waiting(flight_queue& q, steady_time before) {
  flight_queue kept;
  while (auto f = q.pop()) {
    if (f->is_call() && f->since <= before) f->give_up(errc::unavailable, 500);
    else kept.push(std::move(f));
  }
  q = std::move(kept);
}

/// The database is away: nobody waits for it longer than commit_patience_ms. Decisions stay in the
/// lane.
void shard::lose_patience() {
  const auto before = now_ - milliseconds(settings().commit_patience_ms);
  if (!in_lane_.empty() && in_lane_.front().since <= before && !lane().accepting()) {
    for (auto& f : in_lane_) {
      if (f.since > before) break;
      if (f.is_call()) f.give_up(errc::unavailable, 500);
      give_up_waiting(f.home->stash, before);
      give_up_waiting(f.home->rerun, before);
      if (auto* c = f.home->current.get(); c != nullptr && c->held_back && c->is_call())
        c->give_up(errc::unavailable, 500);
      for (auto* w = f.home->pending.front(); w != nullptr; w = w->next.get())
        if (w->is_call() && w->since <= before) w->give_up(errc::unavailable, 500);
    }
  }
  if (waiting_.empty() || answers(*link_.database, seat_.number)) return;
  std::vector<flight*> late;
  for (auto& [id, f] : waiting_) {
    if (f->is_call() && f->since <= before) late.push_back(f);
    give_up_waiting(f->home->stash, before);  // behind it, or behind the load that it is
    give_up_waiting(f->home->rerun, before);
  }
  std::sort(late.begin(), late.end(), [](auto* a, auto* b) { return a->id < b->id; });
  for (auto* f : late) {
    auto* home = f->home;
    detach(*f)->give_up(errc::unavailable, 500);
    after_change(*home);
  }
}

void shard::set_alarm() {
  auto due = steady_time::max();
  if (auto t = wheel_.next()) due = *t;
  if (active_ != 0) due = std::min(due, next_sweep_);
  if (auto next = reminders_.next()) due = std::min(due, *next);
  const auto patience = milliseconds(settings().commit_patience_ms);
  const auto again = milliseconds(100);
  if (!in_lane_.empty())
    due = std::min(due, std::max(in_lane_.front().since + patience, now_ + again));
  if (!waiting_.empty() && !answers(*link_.database, seat_.number))
    due = std::min(due, now_ + again);
  if (due == steady_time::max()) seat_.no_alarm();
  else seat_.alarm(due);
}

}  // namespace nova::runtime
