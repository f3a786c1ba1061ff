// Dead letters: events that are put aside, tried again with growing pauses, and let go by operators.
// A letter's row is deleted in the unit of its effect: the effect happens once.
#include "actors/runtime/events/reader.hpp"
#include "protocols/core/log.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_pause{1000};  ///< four times longer with each failure
constexpr milliseconds longest_pause{3'600'000};
constexpr milliseconds longest_safety_pause{30'000};

milliseconds pause_after(std::uint32_t failures, bool safety) {
  const auto longest = safety ? longest_safety_pause : longest_pause;
  auto pause = first_pause;
  for (std::uint32_t n = 0; n < failures && pause < longest; ++n) pause *= 4;
  return std::min(pause, longest);
}

}  // namespace

bool reader::safety(std::uint32_t type) const {
  const auto i = link_.intakes.find(type);
  return i != link_.intakes.end() && i->second->safety;
}

std::vector<std::int64_t> reader::types_of(bool safe) const {
  std::vector<std::int64_t> types;
  for (const auto& [number, in] : link_.intakes)
    if (in->safety == safe) types.push_back(number);
  return types;
}

storage::statement reader::letter_row(const progress& p, std::string_view status) const {
  return {&queries::insert_dead_letter,
          {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq),
           std::int64_t{p.event.type}, p.event.key, storage::bytes{payload_of(p.event)},
           std::string(status), p.reason, std::int64_t{p.attempts}},
          0};
}

void reader::log_letter(const progress& p, std::string_view status, bool safety) const {
  log::error("runtime.dead_letter", {{"status", status},
                                     {"safety", safety},
                                     {"consumer", link_.domain.name},
                                     {"source", source_},
                                     {"shard", seat_.source.shard},
                                     {"seq", p.event.seq},
                                     {"key", p.event.key},
                                     {"reason", p.reason}});
}

/// An event of a newer program: a letter that no other event waits for. A program that knows it takes
/// it when it reads its letters.
void reader::keep_unknown(progress& p) {
  p.at = stage::applying;
  p.ticket = ++seat_.last_ticket;
  p.reason = "this program does not know the event";
  auto u = unit();
  u.activation = 0;
  u.statements.push_back(letter_row(p, letter_waiting));
  u.done =
      poster([seq = p.event.seq, ticket = p.ticket](reader& r, const storage::commit_outcome& o) {
        auto* p = r.find(seq, ticket);
        if (p == nullptr) return;
        if (o.status != storage::commit_status::committed) return r.rest(*p);
        ++r.seat_.skipped;
        r.log_letter(*p, letter_waiting, false);
        r.settle(*p);
      });
  if (!append(std::move(u))) rest(p);
}

void reader::put_aside(progress& p, std::string_view status) {
  p.aside = status;
  p.at = stage::applying;
  p.ticket = ++seat_.last_ticket;
  const letter_book::group g{p.event.key, p.in->safety};
  auto u = unit();
  u.statements.push_back(letter_row(p, status));
  for (const auto shard : p.parts.confirmed) u.statements.push_back(part_row(p, shard));
  u.done = poster(
      [g, seq = p.event.seq, ticket = p.ticket](reader& r, const storage::commit_outcome& o) {
        auto* state = r.letters_.find(g);
        if (state != nullptr) --state->inserting;
        auto* p = r.find(seq, ticket);
        if (p == nullptr) return;
        if (o.status == storage::commit_status::committed) {
          class_metrics::count(r.services_.metrics.of(r.metric_class()).dead_letters);
          ++state->letters;
          r.count_letters();
          return r.settle(*p);
        }
        if (state != nullptr && state->letters == 0 && state->inserting == 0) r.letters_.erase(g);
        r.activation_ = r.services_.next_activation();
        r.rest(*p);
      });
  auto& state = letters_.at(g, services_.now() + services_.jitter(pause_after(0, g.safety)));
  ++state.inserting;
  ++state.version;
  if (!append(std::move(u))) {
    --state.inserting;
    if (state.letters == 0 && state.inserting == 0) letters_.erase(g);
    return rest(p);
  }
  log_letter(p, status, g.safety);
}

/// One letter at a time: the oldest of the key whose turn has come.
void reader::try_letters() {
  if (letters_.empty() || letter_ || reading_letters_) return;
  const auto next = letters_.next();
  const auto& [g, due] = *next;
  if (due > services_.now()) return letter_timer(due);
  reading_letters_ = true;
  constexpr std::int64_t one = 1;
  link_.database->read(
      {&queries::dead_letters_of_key,
       {source_, std::int64_t{seat_.source.shard}, g.key, types_of(g.safety), one},
       0},
      poster([g = g, version = letters_.find(g)->version](
                 reader& r, const storage::read_result& f) { r.letters_read(g, version, f); }));
}

void reader::letters_read(const letter_book::group& g, std::uint64_t version,
                          const storage::read_result& found) {
  reading_letters_ = false;
  auto* state = letters_.find(g);
  if (state == nullptr) return;
  if (found.has_error()) return letters_rest(g, first_pause);
  const auto& rows = found.value();
  if (rows.empty()) {
    // A letter on its way to the table is not seen by the read.
    if (state->inserting != 0 || state->version != version)
      return letters_rest(g, milliseconds(50));
    letters_.erase(g);
    count_letters();
    log::info("runtime.letters_over", {{"consumer", link_.domain.name},
                                       {"source", source_},
                                       {"shard", seat_.source.shard},
                                       {"key", g.key}});
    return seat_.wake();
  }
  const auto seq = static_cast<std::uint64_t>(rows.int8(0, 0));
  // While the offset lies before it a restart delivers the event again: it has to find its letter.
  if (seq > durable_) {
    if (settled_ > saving_) write_offset();
    return letters_rest(g, milliseconds(settings().offset_ms));
  }
  letter_ = progress();
  auto& p = *letter_;
  p.letter = true;
  p.event.seq = seq;
  p.event.type = static_cast<std::uint32_t>(rows.int8(0, 1));
  p.event.key = g.key;
  p.event.payload = rows.blob(0, 2);
  p.attempts = static_cast<std::uint32_t>(rows.int8(0, 3));
  p.in = link_.intakes.at(p.event.type);
  start(p);
}

/// An effect in a read model, or none.
void reader::write_letter(progress& p, read_model_effect&& e) {
  p.at = stage::applying;
  p.ticket = ++seat_.last_ticket;
  auto u = unit();
  u.activation = 0;  // what becomes of it is no matter of the events that come now
  refresh_plan plan;
  record_owed(p.event, e, u, plan);
  std::ranges::move(e.statements, std::back_inserter(u.statements));
  u.statements.push_back(
      {&queries::delete_dead_letter,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq)},
       1});
  plan.named = std::move(e.refresh);
  plan.found = std::move(e.refresh_found);
  plan.unwatch = std::move(e.unwatch);
  seat_.owed.emplace(p.ticket, std::move(plan));
  u.done = [seat = &seat_, sitting = seat_.sitting, seq = p.event.seq,
            ticket = p.ticket](const storage::commit_outcome& o) {
    seat->post([=](reader& r) {
      const auto owed = r.seat_.owed.find(ticket);
      if (owed == r.seat_.owed.end()) return;
      const bool good = o.status == storage::commit_status::committed;
      owed->second.committed = good;
      if (!good) r.seat_.owed.erase(owed);
      if (r.seat_.sitting != sitting) return good ? r.pay_owed() : void();
      if (good)
        return r.refresh(
            ticket, [seq, ticket](reader& x) { x.ended(seq, ticket, event_end::applied, {}); });
      if (o.status == storage::commit_status::fenced) r.link_.part_of(r.seat_.home).report_fenced();
      const bool counts = o.status == storage::commit_status::rejected ||
                          o.status == storage::commit_status::conflict ||
                          o.status == storage::commit_status::blocked;
      r.ended(seq, ticket, counts ? event_end::failed : event_end::suspended, o.detail);
    });
  };
  if (append(std::move(u))) return;
  seat_.owed.erase(p.ticket);
  ended(p.event.seq, p.ticket, event_end::suspended, "the lane does not accept");
}

void reader::letter_ended(event_end how, const std::string& reason) {
  const auto p = std::move(*letter_);
  letter_.reset();
  const letter_book::group g{p.event.key, safety(p.event.type)};
  auto* state = letters_.find(g);
  if (state == nullptr) return;
  if (how == event_end::applied) {
    --state->letters;
    count_letters();
    return letters_rest(g, milliseconds(0));
  }
  if (how == event_end::suspended) return letters_rest(g, first_pause);
  const auto attempts = p.attempts + 1;
  log::warn("runtime.letter_failed", {{"consumer", link_.domain.name},
                                      {"source", source_},
                                      {"shard", seat_.source.shard},
                                      {"seq", p.event.seq},
                                      {"attempts", attempts},
                                      {"reason", reason}});
  auto u = unit();
  u.activation = 0;
  u.statements.push_back({&queries::fail_dead_letter,
                          {source_, std::int64_t{seat_.source.shard},
                           static_cast<std::int64_t>(p.event.seq), reason, std::int64_t{attempts}},
                          0});
  u.done = [](const storage::commit_outcome&) {};
  append(std::move(u));
  const auto failures = attempts - std::min(attempts, settings().intake_attempts);
  letters_rest(g, pause_after(failures, g.safety));
}

void reader::letters_rest(const letter_book::group& g, milliseconds pause) {
  if (auto* state = letters_.find(g))
    state->due = services_.now() + (pause.count() > 1 ? services_.jitter(pause) : pause);
  seat_.wake();
}

void reader::letter_timer(steady_time due) {
  if (letter_timer_) return;
  letter_timer_ = true;
  const auto wait = std::chrono::duration_cast<milliseconds>(due - services_.now());
  services_.timers.after(std::clamp(wait, milliseconds(1), first_pause),
                         poster([](reader& r) { r.letter_timer_ = false; }));
}

void reader::find_letter(std::uint64_t seq, letter_done done,
                         std::function<void(reader&, const letter_book::group&)> then) {
  if (phase_ != phase::running) return done(unavailable(settings().overload_retry_ms));
  link_.database->read({&queries::find_dead_letter,
                        {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(seq)},
                        0},
                       [seat = &seat_, done = std::move(done),
                        then = std::move(then)](const storage::read_result& f) {
                         seat->post([=](reader& r) {
                           if (f.has_error()) return done(f.error());
                           if (f.value().empty()) return done(make_error(errc::not_found));
                           const auto type = static_cast<std::uint32_t>(f.value().int8(0, 1));
                           then(r, {f.value().text(0, 0), r.safety(type)});
                         });
                       });
}

void reader::retry_letter(std::uint64_t seq, letter_done done) {
  find_letter(seq, done, [done](reader& r, const letter_book::group& g) {
    r.letters_rest(g, milliseconds(0));
    done(result<void>());
  });
}

void reader::discard_letter(std::uint64_t seq, std::vector<storage::statement> record,
                            letter_done done) {
  find_letter(
      seq, done, [seq, record = std::move(record), done](reader& r, const letter_book::group& g) {
        auto u = r.unit();
        u.activation = 0;
        u.statements = record;
        u.statements.push_back(
            {&queries::delete_dead_letter,
             {r.source_, std::int64_t{r.seat_.source.shard}, static_cast<std::int64_t>(seq)},
             1});
        u.done = [seat = &r.seat_, g, seq, done](const storage::commit_outcome& o) {
          seat->post([=](reader& x) { x.discarded(g, seq, o, done); });
        };
        if (!r.append(std::move(u))) done(unavailable(r.settings().overload_retry_ms));
      });
}

void reader::discarded(const letter_book::group& g, std::uint64_t seq,
                       const storage::commit_outcome& o, const letter_done& done) {
  if (o.status == storage::commit_status::conflict) return done(make_error(errc::not_found));
  if (o.status != storage::commit_status::committed)
    return done(unavailable(settings().overload_retry_ms));
  log::warn("runtime.letter_discarded", {{"consumer", link_.domain.name},
                                         {"source", source_},
                                         {"shard", seat_.source.shard},
                                         {"seq", seq},
                                         {"key", g.key}});
  if (auto* state = letters_.find(g)) --state->letters;
  count_letters();
  letters_rest(g, milliseconds(0));
  done(result<void>());
}

}  // namespace nova::runtime
