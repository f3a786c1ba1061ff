// How an entity loads and how its handlers run, with what they need.
#include "actors/runtime/entities/shard.hpp"
#include "protocols/core/trace.hpp"

#include <algorithm>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// A load has no caller to set its deadline: jobs in it give up after this.
constexpr milliseconds load_patience{10'000};

error served(error e) {
  if (e.code == errc::overloaded || e.code == errc::unavailable ||
      e.code == errc::deadline_exceeded)
    return e;
  return {};
}

}  // namespace

void shard::load(entity& e, flight_ptr f) {
  f->home = &e;
  f->activation = e.activation;
  std::variant<need, std::unique_ptr<state_box>> out;
  try {
    out = kind_of(e).load(*e.key, f->results);
  } catch (const std::exception& x) {
    return load_crashed(e, x.what());
  } catch (...) {
    return load_crashed(e, "an exception of unknown type");
  }
  if (auto* more = std::get_if<need>(&out)) return begin_needs(e, std::move(f), std::move(*more));
  loaded(e, std::move(std::get<std::unique_ptr<state_box>>(out)));
}

void shard::loaded(entity& e, std::unique_ptr<state_box> state) {
  e.state = std::move(state);
  e.at = entity::phase::ready;
  weigh(e);
  after_change(e);
}

/// Posted, because the caller that started the load may still hold the entity.
void shard::load_crashed(entity& e, std::string why) {
  class_metrics::count(metrics_of(e).crashes);
  services_.crashes.record(
      {now_, std::string(kind_of(e).name) + "/" + *e.key, "load", std::move(why)}, 0);
  poster([kind = e.kind, key = *e.key](shard& s) {
    auto i = s.entities_[kind].find(key);
    if (i != s.entities_[kind].end() && i->second->at == entity::phase::loading &&
        !i->second->current)
      s.fail_load(*i->second, make_error(errc::internal));
  })();
}

void shard::fail_load(entity& e, const error& why) {
  for (auto* q : {&e.rerun, &e.reading, &e.stash})
    while (auto f = q->pop()) {
      waiting_.erase(f->id);
      f->give_up(why.code, why.retry_after_ms);
      reminders_.over(*f, false);
    }
  e.queries = 0;
  auto refreshed = std::move(e.refreshed);
  e.refreshed.clear();
  for (auto& done : refreshed) done();
  drop(e);
}

void shard::run(entity& e, flight_ptr f) {
  if (f->answered()) return;
  if (f->is_call() && now_ >= f->call().deadline) {
    class_metrics::count(metrics_of(e).deadlines_missed);
    return f->give_up(errc::deadline_exceeded);
  }
  if (f->activation != 0 && f->activation != e.activation)
    f->reset();  // what it read belongs to another state
  f->activation = e.activation;
  // Not the turn's time: a process that was paused within a turn must not serve from memory any more.
  const auto now = services_.now();
  if (!lane().lease_holds(now) || (f->command() && !lane().accepting())) return serving_error(*f);
  if (!remember(e, f)) return;
  handle(e, std::move(f), now);
}

/// The lease is lost, the database away or the lane's queue full.
void shard::serving_error(flight& f) {
  f.give_up(errc::unavailable, settings().overload_retry_ms);
  reminders_.over(f, false);
}

/// False when the flight waits for its idempotency row or was answered from it.
bool shard::remember(entity& e, flight_ptr& f) {
  if (f->at == flight::stage::handling) return true;
  auto* work = f->as_call();
  if (f->at == flight::stage::fresh && work != nullptr && wants_idempotency(work->call)) {
    if (!work->slot) work->slot = std::make_unique<idempotency_slot>(make_slot(work->call));
    f->at = flight::stage::remembered;
    need lookup;
    lookup.items.emplace_back(find_slot(*work->slot));
    begin_needs(e, std::move(f), std::move(lookup));
    return false;
  }
  if (f->at == flight::stage::remembered) {
    auto first = stored_answer(*work->slot, work->call, f->results.rows(0));
    f->results = {};
    if (first.has_error() || first.value()) {
      f->decided.emplace().answer = std::move(first);
      answer_in_order(e, std::move(f));
      return false;
    }
  }
  f->at = flight::stage::handling;
  return true;
}

void shard::handle(entity& e, flight_ptr f, steady_time start) {
  const context ctx{*e.key,
                    f->caller(),
                    services_.wall(),
                    services_.random,
                    f->request_id(),
                    f->idempotency_key(),
                    f->attempt,
                    &link_.domain.services,
                    link_.domain.shards};
  erased_outcome out;
  try {
    const trace::span traced(trace::station::decide, [&] { return f->traced(); });
    out = (*f->handler)(*e.state, f->request(), ctx, f->results);
  } catch (const std::exception& x) {
    return crash(e, std::move(f), x.what());
  } catch (...) {
    return crash(e, std::move(f), "an exception of unknown type");
  }
  metrics_of(e).handled_in((services_.now() - start).count());
  if (auto* more = std::get_if<need>(&out)) return begin_needs(e, std::move(f), std::move(*more));
  if (auto* refused = std::get_if<error>(&out)) {
    f->decided.emplace().answer = std::move(*refused);
    return answer_in_order(e, std::move(f));
  }
  auto& d = std::get<erased_decision>(out);
  if (f->is_call() && !d.reply && !d.refusal)
    return crash(e, std::move(f), "the decision has no reply");
  if (!link_.domain.pushes && !(d.pushes.empty() && d.watches.empty()))
    return crash(e, std::move(f), "the domain declares that it does not push");
  decide(e, std::move(f), std::move(d));
}

void shard::begin_needs(entity& e, flight_ptr f, need&& what) {
  if (what.items.empty() || ++f->rounds > settings().max_need_rounds) {
    std::string why =
        what.items.empty() ? "needs nothing, but did not decide" : "needs without end";
    if (f->loads()) return load_crashed(e, std::move(why));
    return crash(e, std::move(f), std::move(why));
  }
  if (reads_too_early(e, *f, what)) {
    --f->rounds;
    f->held_back = std::make_unique<need>(std::move(what));
    e.current = std::move(f);
    return;
  }
  f->id = ++last_id_;
  f->outstanding = static_cast<std::uint32_t>(what.items.size());
  f->partial.assign(what.items.size(), {});
  f->need_failed.reset();
  auto* raw = f.get();
  waiting_[raw->id] = raw;
  if (raw->command() && what.meanwhile != meanwhile::goes_on) {
    e.current = std::move(f);
  } else {
    ++e.queries;
    e.reading.push(std::move(f));
  }
  const need_origin origin{&raw->caller(), raw->request_id(),
                           raw->is_call() ? raw->call().deadline : now_ + load_patience};
  carry_out(link_, std::move(what), origin,
            [seat = &seat_, id = raw->id](std::size_t index, need_result r) {
              seat->post(std::make_unique<need_done>(need_done{id, index, std::move(r)}));
            });
}

/// A command that reads must find in the store what its entity decided before it, or it would decide
/// on what is no longer true: recalled and edited at once, or taken for done while it is undone.
bool shard::reads_too_early(const entity& e, const flight& f, const need& what) const {
  return e.units != 0 && !f.loads() && f.command() &&
         what.meanwhile == meanwhile::holds_after_commits &&
         std::any_of(what.items.begin(), what.items.end(), [](const auto& item) {
           return std::holds_alternative<storage::statement>(item);
         });
}

/// All earlier decisions are on disk.
void shard::begin_held_back(entity& e) {
  auto f = std::move(e.current);
  auto what = std::move(f->held_back);
  if (!f->answered()) begin_needs(e, std::move(f), std::move(*what));
}

void shard::need_arrived(need_done& d) {
  auto i = waiting_.find(d.flight);
  if (i == waiting_.end()) return;
  auto& f = *i->second;
  if (d.result.failed && !f.need_failed) f.need_failed = std::move(d.result.failed);
  f.partial[d.index] = std::move(d.result.value);
  if (--f.outstanding == 0) needs_complete(f);
}

void shard::needs_complete(flight& f) {
  auto& e = *f.home;
  auto owned = detach(f);
  doing_ = owned->describe();
  if (owned->need_failed) {
    const auto why = served(std::move(*owned->need_failed));
    if (owned->loads()) return fail_load(e, why);
    owned->give_up(why.code, why.retry_after_ms);
    reminders_.over(*owned, false);
    return after_change(e);
  }
  for (auto& item : owned->partial) owned->results.append(std::move(item));
  owned->partial.clear();
  if (owned->loads()) return load(e, std::move(owned));
  if (owned->activation != e.activation || e.at != entity::phase::ready) {
    // The state that it was asked for is gone: from the beginning.
    owned->reset();
    e.stash.push(std::move(owned));
  } else if (owned->command() && !can_start(e)) {
    e.stash.push(std::move(owned));
  } else {
    run(e, std::move(owned));
  }
  after_change(e);
}

void shard::crash(entity& e, flight_ptr f, std::string why) {
  class_metrics::count(metrics_of(e).crashes);
  const auto print = crash_log::fingerprint(f->number(), *e.key, f->request());
  services_.crashes.record(
      {now_, std::string(link_.domain.name) + "." + std::string(kind_of(e).name) + "/" + *e.key,
       f->describe(), why},
      f->is_call() ? print : 0);
  f->end_event(event_end::failed, std::move(why));
  reminders_.over(*f, false);
  f->give_up(errc::internal);
  e.at = entity::phase::failing;
}

}  // namespace nova::runtime
