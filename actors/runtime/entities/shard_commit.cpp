// Decisions on their way to the disk and what follows the commit: answers, pushes, events.
#include "actors/runtime/entities/shard.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "protocols/core/trace.hpp"
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
  if (auto* c = f.as_call(); c != nullptr && c->slot && d.reply && !d.refusal)
    unit.statements.push_back(insert_slot(*c->slot, c->call, *d.reply, services_.random));
  if (auto* x = f.as_event(); x != nullptr && x->event.letter)
    unit.statements.push_back({&queries::delete_dead_letter,
                               {x->event.source, std::int64_t{x->event.source_shard},
                                static_cast<std::int64_t>(x->event.seq)},
                               1});
  else if (x != nullptr)
    unit.statements.push_back(
        {&queries::save_mark,
         {std::int64_t{seat_.number}, x->event.source, std::int64_t{x->event.source_shard},
          static_cast<std::int64_t>(x->event.seq)},
         0});
  if (auto* r = f.as_reminder()) unit.statements.push_back(reminders_.outcome_of(kind, *e.key, *r));
  for (auto& r : d.reminders) {
    if (r.cancel)
      unit.statements.push_back({&queries::delete_reminder, {kind, *e.key, std::move(r.name)}, 0});
    else
      unit.statements.push_back({&queries::upsert_reminder,
                                 {std::int64_t{seat_.number}, kind, *e.key, std::move(r.name),
                                  storage::timestamp{r.due}, r.every_ms},
                                 0});
  }
  unit.events.reserve(d.events.size());
  for (const auto& ev : d.events)
    unit.events.push_back(
        {ev.type->number, ev.type->key_of(*ev.body), ev.body->SerializeAsString()});
  return unit;
}

/// False when the lane does not accept the unit.
bool shard::append(entity& e, flight& f, storage::commit_unit unit, std::uint64_t sitting) {
  const trace::span traced(trace::station::append, [&] { return f.traced(); });
  unit.done =
      [seat = &seat_, &f, number = ++seat_.last_unit, sitting,
       events = static_cast<std::uint32_t>(unit.events.size())](const storage::commit_outcome& o) {
        seat->in_lane.fetch_sub(1);
        seat->domain.services.uncommitted.fetch_sub(1, std::memory_order_relaxed);
        seat->post(commit_done{&f, number, sitting, o, events});
      };
  seat_.in_lane.fetch_add(1);
  services_.uncommitted.fetch_add(1, std::memory_order_relaxed);
  if (!lane().append(std::move(unit))) {
    seat_.in_lane.fetch_sub(1);
    services_.uncommitted.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  ++e.units;
  f.since = now_;
  in_lane_.push_back(f);
  return true;
}

void shard::decide(entity& e, flight_ptr f, erased_decision&& d) {
  auto unit = unit_of(e, *f, d);
  const bool has_unit = !unit.statements.empty() || !unit.events.empty();
  const bool leaves = has_unit && f->is_call() && planted(planted_fault::passivate_pending);
  if (has_unit && !append(e, *f, std::move(unit), leaves ? 0 : seat_.sitting))
    return serving_error(*f);
  auto& after = f->decided.emplace();
  after.has_unit = has_unit;
  after.unit = seat_.last_unit;
  after.answer =
      d.refusal ? rpc::reply_result(std::move(*d.refusal)) : rpc::reply_result(std::move(d.reply));
  after.pushes = std::move(d.pushes);
  after.watches = std::move(d.watches);
  after.events = std::move(d.events);
  for (const auto& r : d.reminders)
    if (!r.cancel)
      after.reminder_due = after.reminder_due == 0 ? r.due : std::min(after.reminder_due, r.due);
  if (d.apply) apply(e, *f, d);
  if (d.passivate) e.reload_wanted = true;
  if (has_unit && f->is_call() && planted(planted_fault::acknowledge_before_commit))
    f->reply(after.answer);
  if (leaves) return leave_early(e, std::move(f));
  answer_in_order(e, std::move(f));
}

void shard::apply(entity& e, const flight& f, erased_decision& d) {
  try {
    d.apply(*e.state);
  } catch (const std::exception& x) {
    class_metrics::count(metrics_of(e).crashes);
    services_.crashes.record(
        {now_, std::string(kind_of(e).name) + "/" + *e.key, "apply of " + f.describe(), x.what()},
        0);
    e.at = entity::phase::failing;
  }
  weigh(e);
}

/// Behind what was decided before and is not committed yet.
void shard::answer_in_order(entity& e, flight_ptr f) {
  if (!f->decided->has_unit && e.pending.empty()) return finish(std::move(f));
  e.pending.push(std::move(f));
}

void shard::on_outcome(commit_done& done) {
  if (done.sitting != seat_.sitting) return on_orphan(done);
  auto& f = *done.which;
  auto& e = *f.home;
  if (trace::on()) trace::write(trace::station::commit, f.traced(), f.since, services_.now());
  doing_ = f.describe();
  f.decided->outcome = std::move(done.outcome);
  f.lane_hook::unlink();
  --e.units;
  drain(e);
  after_change(e);
}

/// Keeps what waits for its commit when the entity's memory goes.
void shard::orphan(entity& e) {
  flight_queue rest;
  while (auto f = e.pending.pop()) {
    if (!f->decided->has_unit || f->decided->outcome) {
      rest.push(std::move(f));
      continue;
    }
    f->end_event(event_end::suspended, "the shard was closed");
    f->lane_hook::unlink();
    f->home = nullptr;
    const auto unit = f->decided->unit;
    seat_.orphans.emplace(unit, std::move(f));
  }
  e.pending = std::move(rest);
}

/// Of events whose decision was lost in a fall: what is stored is told.
void shard::tell_taps(std::uint64_t first, std::uint32_t count) {
  if (count == 0) return;
  link_.database->read(
      {&queries::outbox_page,
       {std::int64_t{seat_.number}, static_cast<std::int64_t>(first - 1), std::int64_t{count}},
       0},
      [seat = &seat_, first, count](const storage::read_result& r) {
        auto& link = seat->domain;
        if (r.has_error()) {
          link.services.timers.after(link.services.jitter(milliseconds(250)), [seat, first, count] {
            seat->post([=](shard& s) { s.tell_taps(first, count); });
          });
          return;
        }
        for (std::size_t i = 0; i < r.value().size(); ++i)
          link.router.tap_stored(static_cast<std::uint32_t>(r.value().int8(i, 1)),
                                 r.value().blob(i, 3));
      });
}

/// The outcome of a unit that an earlier sitting appended.
void shard::on_orphan(commit_done& done) {
  const bool good = done.outcome.status == storage::commit_status::committed;
  const auto i = seat_.orphans.find(done.unit);
  if (i == seat_.orphans.end()) {
    if (!good) return;
    if (done.events != 0) {
      committed_up_to(done.outcome.first_event + done.events - 1);
      router_.announce(link_.address(seat_.number));
    }
    if (done.sitting == 0) return;  // planted
    // Its occupant fell before it could keep the decision.
    if (link_.domain.pushes) router_.lose_pushes();
    return tell_taps(done.outcome.first_event, done.events);
  }
  auto f = std::move(i->second);
  seat_.orphans.erase(i);
  doing_ = f->describe();
  f->decided->outcome = std::move(done.outcome);
  if (good && planted(planted_fault::fall_forgets_pushes)) f->decided->pushes.clear();
  if (good) return finish(std::move(f));
  if (f->decided->outcome->status == storage::commit_status::fenced) part_.report_fenced();
  f->give_up(errc::unavailable, 200);
}

void shard::drain(entity& e) {
  while (auto* f = e.pending.front()) {
    const auto& d = *f->decided;
    if (d.has_unit && !d.outcome) return;
    const bool good =
        d.has_unit ? d.outcome->status == storage::commit_status::committed : !e.lost_commit;
    auto owned = e.pending.pop();
    if (good) finish(std::move(owned));
    else not_committed(e, std::move(owned));
  }
}

/// The entity starts again from the store; what can be decided again is, in the same order.
void shard::not_committed(entity& e, flight_ptr f) {
  using storage::commit_status;
  const auto& d = *f->decided;
  const auto status = d.has_unit ? d.outcome->status : commit_status::aborted;
  e.at = entity::phase::failing;
  e.lost_commit = true;
  if (status == commit_status::conflict) {
    ++f->attempt;
    class_metrics::count(metrics_of(e).conflicts);
  }
  if (status == commit_status::fenced) part_.report_fenced();
  if (status == commit_status::rejected)
    log::error(
        "runtime.rejected",
        {{"domain", link_.domain.name}, {"message", f->describe()}, {"detail", d.outcome->detail}});
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
    case commit_status::conflict: f->give_up(errc::conflict); break;
    case commit_status::rejected: f->give_up(errc::internal); break;
    default: f->give_up(errc::unavailable, 200);
  }
  reminders_.over(*f, false);
}

void shard::finish(flight_ptr f) {
  auto& d = *f->decided;
  for (auto& o : d.pushes)
    if (!planted(planted_fault::drop_push)) fanout_.add(std::move(o));
  for (auto& w : d.watches)
    router_.watch(
        {f->caller().account, w.connection, std::move(w.accounts), std::move(w.last_seen)});
  publish(d);
  if (d.reminder_due != 0) reminders_.set(d.reminder_due);
  if (f->as_event() != nullptr) return taken(*f);
  if (f->as_reminder() != nullptr) return reminders_.over(*f, d.has_unit);
  if (!f->call().method->settles_in.empty() && d.answer.has_value() && !f->answered())
    return wait_until_settled(std::move(f));
  const trace::span traced(trace::station::answer, [&] { return f->traced(); });
  f->reply(std::move(d.answer));
}

/// An event had its effect, or its handler refused it.
void shard::taken(flight& f) {
  const auto& event = f.as_event()->event;
  const auto& d = *f.decided;
  if (d.has_unit && !event.letter) {
    auto& mark = marks_[{event.source, event.source_shard}];
    mark = std::max(mark, event.seq);
  }
  if (!d.answer.has_error() || d.has_unit) return f.end_event(event_end::applied);
  const auto& why = d.answer.error();
  const bool passes = why.code == errc::unavailable || why.code == errc::overloaded;
  f.end_event(passes ? event_end::suspended : event_end::failed,
              std::string(describe(why.code).name) + ": " + why.detail);
}

/// Lets readers know how far they can pull.
void shard::committed_up_to(std::uint64_t seq) {
  if (seat_.last_event.load(std::memory_order_relaxed) < seq) seat_.last_event.store(seq);
}

void shard::publish(const commit_pending& d) {
  if (d.events.empty()) return;
  auto seq = d.outcome->first_event;
  committed_up_to(seq + d.events.size() - 1);
  if (router_.wanted(link_.domain.name)) {
    if (!leaving_) leaving_ = std::make_shared<relay_batch>();
    for (const auto& ev : d.events)
      leaving_->push_back({seq++,
                           ev.type->number,
                           ev.type->key_of(*ev.body),
                           ev.body,
                           {},
                           ev.body->ByteSizeLong(),
                           0});
  }
  for (const auto& ev : d.events) router_.tap(ev.type->number, ev.body);
}

void shard::flush_events() {
  if (!leaving_) return;
  const auto now = services_.wall();
  std::sort(leaving_->begin(), leaving_->end(),
            [](const auto& a, const auto& b) { return a.seq < b.seq; });
  for (auto& e : *leaving_) e.committed_at = now;
  const relay_batch_ptr batch = std::move(leaving_);
  leaving_.reset();
  if (planted(planted_fault::relay_deletes_early))
    lane().append(early_deletion(seat_.number, batch->back().seq));
  router_.publish(link_.address(seat_.number), batch);
}

/// A repeated command that changes nothing any more waits as well: the first one's events may not
/// have had their effect yet.
void shard::wait_until_settled(flight_ptr f) {
  f->id = ++last_id_;
  f->home = nullptr;
  const auto& d = *f->decided;
  settle_wait question;
  question.until = std::min(f->call().deadline, now_ + milliseconds(settings().settle_ms));
  if (d.events.empty()) {
    question.seq = seat_.last_event.load();
    question.key = f->key;
  } else {
    const auto& last = d.events.back();
    question.seq = d.outcome->first_event + d.events.size() - 1;
    question.key = last.type->key_of(*last.body);
    question.type = last.type->number;
  }
  wheel_.set(*f, question.until);
  const auto id = f->id;
  const auto consumer = f->call().method->settles_in;
  question.settled = [seat = &seat_, id](bool in_force) {
    seat->post([id, in_force](shard& s) { s.settled(id, in_force); });
  };
  settling_.emplace(id, std::move(f));
  flush_events();  // the consumer must hear of the event before the question
  if (!router_.settle(link_.address(seat_.number), consumer, std::move(question)))
    settled(id, true);
}

void shard::settled(std::uint64_t id, bool in_force) {
  auto i = settling_.find(id);
  if (i == settling_.end()) return;
  auto f = std::move(i->second);
  settling_.erase(i);
  if (in_force) return f->reply(std::move(f->decided->answer));
  f->reply(make_error(errc::unavailable, "It is stored, but has not taken effect yet.",
                      settings().overload_retry_ms));
}

}  // namespace nova::runtime
