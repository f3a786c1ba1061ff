// Decisions on their way to the disk and what follows the commit: answers, pushes, events. See
// shard.hpp.
#include "actors/runtime/placement/host.hpp"
#include "actors/runtime/events/reader.hpp"
#include "actors/runtime/entities/shard.hpp"
#include "protocols/core/planted.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

/// Planted: the entity leaves memory before its decision is on disk. The outcome finds nobody, so
/// that nothing follows the commit, and the next call may find a state without the decision.
void leave_early(entity& e, flight_ptr f) {
  f->give_up(errc::unavailable, 100);
  f->lane_hook::unlink();
  --e.units;
  e.reload_wanted = true;
}

/// Planted: the outbox loses events when they are pushed, whether or not their readers have them.
storage::commit_unit early_deletion(std::uint32_t shard, std::uint64_t up_to) {
  storage::commit_unit unit;
  unit.shard = shard;
  unit.statements.push_back(
      {&queries::prune_outbox, {std::int64_t{shard}, static_cast<std::int64_t>(up_to)}, 0});
  unit.done = [](const storage::commit_outcome&) {};
  return unit;
}

}  // namespace

storage::commit_unit shard::unit_of(entity& e, flight& f, erased_decision& d) {
  storage::commit_unit unit;
  unit.activation = e.activation;
  unit.shard = seat_.number;
  unit.statements = std::move(d.statements);
  const std::string kind(kind_of(e).name);
  if (f.slot && d.reply && !d.refusal)
    unit.statements.push_back(insert_slot(*f.slot, f.call, *d.reply, *hub_.options.random));
  if (f.event)
    unit.statements.push_back(
        {&queries::save_mark,
         {std::int64_t{seat_.number}, f.event->source, std::int64_t{f.event->source_shard},
          static_cast<std::int64_t>(f.event->seq)},
         0});
  if (f.reminder)
    unit.statements.push_back(
        {&queries::settle_reminder,
         {kind, *e.key, f.reminder->name, storage::timestamp{f.reminder->due}},
         0});
  for (auto& r : d.reminders) {
    if (r.cancel)
      unit.statements.push_back({&queries::delete_reminder, {kind, *e.key, std::move(r.name)}, 0});
    else
      unit.statements.push_back(
          {&queries::upsert_reminder,
           {std::int64_t{seat_.number}, kind, *e.key, std::move(r.name), storage::timestamp{r.due}},
           0});
  }
  unit.events.reserve(d.events.size());
  for (const auto& ev : d.events)
    unit.events.push_back(
        {ev.type->number, ev.type->key_of(*ev.body), ev.body->SerializeAsString()});
  return unit;
}

void shard::decide(entity& e, flight_ptr f, erased_decision&& d) {
  auto unit = unit_of(e, *f, d);
  auto* raw = f.get();
  raw->has_unit = !unit.statements.empty() || !unit.events.empty();
  const bool leaves = raw->has_unit && raw->is_call() && planted(planted_fault::passivate_pending);
  if (raw->has_unit) {
    unit.done = [seat = &seat_, raw, sitting = leaves ? 0 : seat_.sitting,
                 events = static_cast<std::uint32_t>(unit.events.size())](
                    const storage::commit_outcome& o) {
      seat->in_lane.fetch_sub(1);
      seat->domain.hub->uncommitted.fetch_sub(1, std::memory_order_relaxed);
      seat->post(commit_done{raw, sitting, o, events});
    };
    seat_.in_lane.fetch_add(1);
    hub_.uncommitted.fetch_add(1, std::memory_order_relaxed);
    if (!lane().append(std::move(unit))) {
      seat_.in_lane.fetch_sub(1);
      hub_.uncommitted.fetch_sub(1, std::memory_order_relaxed);
      return serving_error(*raw);
    }
    ++e.units;
    raw->since = now_;
    in_lane_.push_back(*raw);
  }
  raw->answer =
      d.refusal ? rpc::reply_result(std::move(*d.refusal)) : rpc::reply_result(std::move(d.reply));
  raw->pushes = std::move(d.pushes);
  raw->watches = std::move(d.watches);
  raw->events = std::move(d.events);
  raw->passivate = d.passivate;
  for (const auto& r : d.reminders)
    if (!r.cancel) {
      const auto due = now_ + milliseconds(std::max<unix_ms>(0, r.due - hub_.wall()));
      next_reminder_ = next_reminder_ ? std::min(*next_reminder_, due) : due;
    }
  if (d.apply) {
    try {
      d.apply(*e.state);
    } catch (const std::exception& x) {
      class_metrics::count(metrics_of(e).crashes);
      hub_.crashes.record({now_, std::string(kind_of(e).name) + "/" + *e.key,
                           "apply of " + raw->describe(), x.what()},
                          0);
      e.at = entity::phase::failing;
    }
    weigh(e);
  }
  if (raw->has_unit && raw->is_call() && planted(planted_fault::acknowledge_before_commit))
    raw->reply(raw->answer);
  if (leaves) return leave_early(e, std::move(f));
  answer_in_order(e, std::move(f));
}

/// Behind what was decided before and is not committed yet.
void shard::answer_in_order(entity& e, flight_ptr f) {
  f->decided = true;
  if (!f->has_unit && e.pending.empty()) return finish(std::move(f));
  e.pending.push(std::move(f));
}

void shard::on_outcome(commit_done& done) {
  if (done.sitting != seat_.sitting) {
    // Nobody waits for it any longer but the readers of its events.
    if (done.outcome.status == storage::commit_status::committed && done.events != 0)
      committed_up_to(done.outcome.first_event + done.events - 1, true);
    return;
  }
  auto& f = *done.which;
  auto& e = *f.home;
  doing_ = f.describe();
  f.outcome = std::move(done.outcome);
  f.lane_hook::unlink();
  --e.units;
  drain(e);
  after_change(e);
}

void shard::drain(entity& e) {
  while (auto* f = e.pending.front()) {
    if (f->has_unit && !f->outcome) return;
    const bool good =
        f->has_unit ? f->outcome->status == storage::commit_status::committed : !e.lost_commit;
    auto owned = e.pending.pop();
    if (good)
      finish(std::move(owned));
    else
      not_committed(e, std::move(owned));
  }
}

/// The entity starts again from the store; what can be decided again is, in the same order.
void shard::not_committed(entity& e, flight_ptr f) {
  using storage::commit_status;
  const auto status = f->has_unit ? f->outcome->status : commit_status::aborted;
  e.at = entity::phase::failing;
  e.lost_commit = true;
  if (status == commit_status::conflict) {
    ++f->attempt;
    class_metrics::count(metrics_of(e).conflicts);
  }
  if (status == commit_status::fenced) link_.host->report_fenced();
  if (status == commit_status::rejected)
    hub_.log("error", "rejected domain=" + std::string(link_.domain.name) + " message=\"" +
                          f->describe() + "\" detail=\"" + f->outcome->detail + "\"");
  const bool again =
      status == commit_status::conflict
          ? f->attempt <= static_cast<int>(settings().max_attempts)
          : status == commit_status::aborted && ++f->reruns <= 4 * settings().max_attempts;
  if (again && !f->answered()) {
    f->reset();
    e.rerun.push(std::move(f));
    return;
  }
  switch (status) {
    case commit_status::conflict:
      f->give_up(errc::conflict);
      break;
    case commit_status::rejected:
      f->give_up(errc::internal);
      break;
    default:
      f->give_up(errc::unavailable, 200);
  }
  if (f->reminder) reminder_over(*f, false);
}

void shard::finish(flight_ptr f) {
  auto& e = *f->home;
  if (f->passivate) e.drop_wanted = true;
  for (auto& o : f->pushes)
    if (!planted(planted_fault::drop_push)) fanout_.add(std::move(o));
  for (auto& w : f->watches) {
    const auto slot = courier_of(f->call.caller.account, hub_.couriers.size());
    hub_.couriers[slot]->post(
        watch_accounts{f->call.caller.account, w.connection, std::move(w.accounts)});
  }
  publish(*f);
  if (f->event) {
    if (f->has_unit) {
      auto& mark = marks_[{f->event->source, f->event->source_shard}];
      mark = std::max(mark, f->event->seq);
    }
    if (auto done = std::exchange(f->event->done, nullptr)) {
      if (f->answer.has_error() && !f->has_unit)
        done(f->answer.error().code == errc::unavailable ||
                     f->answer.error().code == errc::overloaded
                 ? event_end::suspended
                 : event_end::failed,
             std::string(describe(f->answer.error().code).name) + ": " + f->answer.error().detail);
      else
        done(event_end::applied, {});
    }
    return;
  }
  if (f->reminder) return reminder_over(*f, f->has_unit);
  if (!f->call.method->settles_in.empty() && !f->events.empty() && f->answer.has_value() &&
      !f->answered())
    return wait_until_settled(std::move(f));
  f->reply(std::move(f->answer));
}

/// Lets readers know how far they can pull; they are woken when no push will follow.
void shard::committed_up_to(std::uint64_t seq, bool wake) {
  auto known = seat_.last_event.load(std::memory_order_relaxed);
  if (known < seq) seat_.last_event.store(seq);
  if (wake)
    for (auto* r : link_.listeners[seat_.number]) r->wake();
}

void shard::publish(flight& f) {
  if (f.events.empty()) return;
  auto seq = f.outcome->first_event;
  committed_up_to(seq + f.events.size() - 1, false);
  if (!link_.listeners[seat_.number].empty()) {
    if (!leaving_) leaving_ = std::make_shared<relay_batch>();
    for (const auto& ev : f.events)
      leaving_->push_back({seq++, ev.type->number, ev.type->key_of(*ev.body), ev.body, {}});
  }
  for (const auto& ev : f.events)
    if (auto taps = hub_.taps.find(ev.type->number); taps != hub_.taps.end())
      for (const auto& tap : taps->second) tap(ev.body);
}

void shard::flush_events() {
  if (!leaving_) return;
  std::sort(leaving_->begin(), leaving_->end(),
            [](const auto& a, const auto& b) { return a.seq < b.seq; });
  const relay_batch_ptr batch = std::move(leaving_);
  leaving_.reset();
  if (planted(planted_fault::relay_deletes_early))
    lane().append(early_deletion(seat_.number, batch->back().seq));
  for (auto* r : link_.listeners[seat_.number])
    if (!r->push(batch)) r->wake();  // it is full: it will pull
}

void shard::wait_until_settled(flight_ptr f) {
  reader_seat* reader = nullptr;
  for (auto* r : link_.listeners[seat_.number])
    if (r->consumer.domain.name == f->call.method->settles_in) reader = r;
  if (reader == nullptr) return f->reply(std::move(f->answer));
  f->id = ++last_id_;
  f->home = nullptr;
  const auto seq = f->outcome->first_event + f->events.size() - 1;
  wheel_.set(*f, std::min(f->call.deadline, now_ + milliseconds(settings().settle_ms)));
  const auto id = f->id;
  settling_.emplace(id, std::move(f));
  flush_events();  // the reader must hear of the event before the question
  reader->post(
      settle_wait{seq, [seat = &seat_, id] { seat->post([id](shard& s) { s.settled(id); }); }});
}

void shard::settled(std::uint64_t id) {
  auto i = settling_.find(id);
  if (i == settling_.end()) return;
  auto f = std::move(i->second);
  settling_.erase(i);
  f->reply(std::move(f->answer));
}

}  // namespace nova::runtime
