// The reader's order of events, its pulling and its offset.
#include "actors/runtime/events/reader.hpp"

#include "protocols/core/log.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds retry_reads{250};

}  // namespace

reader_seat::reader_seat(domain_link& c, shard_address from)
    : inbox(std::string(c.domain.name) + "/reader/" + std::string(from.domain) + "/" +
                std::to_string(from.shard),
            c.services.settings().max_reader_backlog),
      consumer(c),
      source(from),
      home(c.reader_home(from.shard)) {}

std::unique_ptr<occupant> reader_seat::occupy() { return std::make_unique<reader>(*this); }

reader::reader(reader_seat& s)
    : seat_(s),
      link_(s.consumer),
      services_(link_.services),
      router_(link_.router),
      source_(s.source.domain),
      lag_(services_.metrics.lag_of(link_.domain.name, source_)) {
  ++seat_.sitting;
  if (seat_.open) {
    seat_.open = false;
    open();
  }
}

bool reader::turn() {
  const bool more = seat_.drain(settings().items_per_turn, [this](reader_item& item) {
    if (auto* batch = std::get_if<relay_batch_ptr>(&item)) {
      if (*batch && phase_ == phase::running) take(**batch);
    } else if (auto* wait = std::get_if<settle_wait>(&item)) {
      seat_.waiters.push_back(std::move(*wait));
    } else {
      std::get<2>(item)(*this);
    }
    item = relay_batch_ptr{};
  });
  // Units of a reader that fell must be settled before its successor reads the offset.
  if (load_wanted_ && seat_.in_lane.load() == 0) {
    load_wanted_ = false;
    if (seat_.rewind) write_rewind();
    else load();
  }
  if (phase_ == phase::running) {
    admit();
    if (router_.last_event(seat_.source) > last_known()) pull();
    try_letters();
  }
  answer_waiters();
  show();
  return more;
}

void reader::open() {
  if (seat_.open) return;
  seat_.open = true;
  phase_ = phase::loading;
  activation_ = services_.next_activation();
  load_wanted_ = true;
  seat_.wake();
}

void reader::close() {
  seat_.open = false;
  if (auto plan = std::exchange(seat_.rewind, std::nullopt))
    plan->done(unavailable(settings().overload_retry_ms));
  ++seat_.sitting;
  phase_ = phase::closed;
  backlog_.clear();
  window_.clear();
  backlog_bytes_ = 0;
  load_wanted_ = false;
  letters_.clear();
  services_.metrics.of(metric_class()).letters.fetch_sub(counted_letters_);
  counted_letters_ = 0;
  letter_.reset();
  reading_letters_ = letter_timer_ = false;
  owed_open_ = alone_until_ = 0;
  pulling_ = pull_rests_ = offset_timer_ = false;
  next_ = 1;
  settled_ = durable_ = saving_ = 0;
  // Entities of other parts stay in memory, here and on other nodes: what is committed is told to them. Without parts all memory of
  // the domain is dropped as well.
  if (link_.database->apart()) pay_owed();
  else seat_.owed.clear();
}

void reader::load() {
  doing_ = "load offset";
  link_.database->read(
      {&queries::load_offsets, {}, 0}, poster([](reader& r, const storage::read_result& offsets) {
        r.link_.database->read(
            {&queries::dead_letter_keys, {r.source_, std::int64_t{r.seat_.source.shard}}, 0},
            r.poster([offsets](reader& x, const storage::read_result& keys) {
              if (!x.link_.database->apart()) return x.loaded(offsets, keys, storage::rows());
              x.link_.database->read(
                  {&queries::refreshes_owed, {x.source_, std::int64_t{x.seat_.source.shard}}, 0},
                  x.poster([offsets, keys](reader& y, const storage::read_result& owed) {
                    y.loaded(offsets, keys, owed);
                  }));
            }));
      }));
}

void reader::loaded(const storage::read_result& offsets, const storage::read_result& keys,
                    const storage::read_result& owed) {
  if (offsets.has_error() || keys.has_error() || owed.has_error())
    return services_.timers.after(services_.jitter(retry_reads),
                                  poster([](reader& r) { r.load(); }));
  for (std::size_t i = 0; i < offsets.value().size(); ++i)
    if (offsets.value().text(i, 0) == source_ && offsets.value().int8(i, 1) == seat_.source.shard)
      settled_ = static_cast<std::uint64_t>(offsets.value().int8(i, 2));
  durable_ = saving_ = settled_;
  next_ = settled_ + 1;
  for (std::size_t i = 0; i < keys.value().size(); ++i) {
    const auto type = static_cast<std::uint32_t>(keys.value().int8(i, 1));
    letters_.at({keys.value().text(i, 0), safety(type)}, services_.now()).letters +=
        keys.value().int8(i, 2);
  }
  count_letters();
  phase_ = phase::running;
  if (link_.database->apart()) take_over_owed(owed.value());
  pay_owed();
}

/// The metric loses what this reader counted; its successor counts anew.
reader::~reader() { services_.metrics.of(metric_class()).letters.fetch_sub(counted_letters_); }

void reader::take(const relay_batch& batch) {
  for (const auto& e : batch) {
    if (e.seq <= last_known()) continue;
    // After a gap, or when too much waits: turn() sees by the shard's counter that there is
    // something to pull.
    if (e.seq != last_known() + 1 || full()) return;
    backlog_.push_back(e);
    backlog_bytes_ += e.bytes;
  }
}

bool reader::full() const {
  return backlog_.size() >= settings().max_reader_backlog ||
         backlog_bytes_ >= settings().max_reader_backlog_bytes;
}

void reader::pull() {
  if (pulling_ || pull_rests_ || full()) return;
  pulling_ = true;
  doing_ = "pull";
  pull_request request{
      last_known(), settings().pull_page,
      poster([](reader& r, const result<relay_batch_ptr>& page) { r.pulled(page); })};
  router_.pull(seat_.source, std::move(request));
}

void reader::pulled(const result<relay_batch_ptr>& page) {
  pulling_ = false;
  if (page.has_value()) skip_dropped(*page.value());
  const auto before = last_known();
  if (page.has_value()) take(*page.value());
  if (page.has_value() && last_known() != before) return;
  pull_rests_ = true;
  services_.timers.after(services_.jitter(retry_reads),
                         poster([](reader& r) { r.pull_rests_ = false; }));
}

/// The outbox has lost events that this reader had not read: retention waits for a consumer only so long.
void reader::skip_dropped(const relay_batch& page) {
  if (page.empty() || page.front().seq <= last_known() + 1 || !backlog_.empty()) return;
  log::error("runtime.events_dropped", {{"consumer", link_.domain.name},
                                        {"source", source_},
                                        {"shard", seat_.source.shard},
                                        {"from", next_},
                                        {"to", page.front().seq - 1}});
  next_ = page.front().seq;
}

void reader::admit() {
  while (window_.size() < settings().intake_window && !backlog_.empty()) {
    progress p;
    p.event = std::move(backlog_.front());
    backlog_.pop_front();
    backlog_bytes_ -= p.event.bytes;
    ++next_;
    if (auto i = link_.intakes.find(p.event.type); i != link_.intakes.end()) p.in = i->second;
    const auto seq = p.event.seq;
    auto& placed = window_.emplace(seq, std::move(p)).first->second;
    if (placed.in == nullptr) {
      if (placed.event.type == emptied_event || services_.knows_event(placed.event.type))
        placed.at = stage::settled;
      else keep_unknown(placed);
    }
  }
  start_ready();
  while (!window_.empty() && window_.begin()->second.at == stage::settled) {
    settled_ = window_.begin()->first;
    window_.erase(window_.begin());
  }
  // Settled events make room, and let others start.
  if (!backlog_.empty() && window_.size() < settings().intake_window) return seat_.wake();
  save_offset();
}

/// Starts every event that has no earlier one of its key or target before it. While a target is not
/// known, or a read model is to be written, or a dead letter is on its way to the table, all that
/// follow are held back: a target's mark must never pass over an event.
void reader::start_ready() {
  std::set<std::string_view> keys;
  std::set<std::uint32_t> targets;
  bool first = true;
  for (auto& [seq, p] : window_) {
    if (p.at == stage::settled) continue;
    if (p.in == nullptr) {
      if (p.at == stage::queued) keep_unknown(p);
      return;
    }
    const bool free = !keys.contains(p.event.key);
    if (p.at == stage::queued && free && !p.aside.empty()) put_aside(p, p.aside);
    if (p.at == stage::queued && free && letters_.holds(p.event.key, p.in->safety)) {
      p.reason = "an earlier event of its key is a dead letter";
      put_aside(p, letter_waiting);
    }
    if (p.at == stage::queued && !p.route) {
      if (free) start(p);
      else foresee(p);
    }
    if (p.at == stage::queued && p.route && free) {
      if (std::holds_alternative<entity_effect>(*p.route)) {
        if (!targets.contains(*p.target)) to_entity(p, std::get<entity_effect>(*p.route));
      } else if (std::holds_alternative<shard_effects>(*p.route)) {
        const auto busy = [&](std::uint32_t s) { return targets.contains(s); };
        if (std::ranges::none_of(p.parts.shards, busy))
          to_shards(p, std::move(std::get<shard_effects>(*p.route)));
      } else if (first) {
        to_read_model(p);
      }
    }
    if (p.at == stage::settled) continue;
    first = false;
    keys.insert(p.event.key);
    if (p.target) targets.insert(*p.target);
    else if (!p.parts.shards.empty()) targets.insert(p.parts.shards.begin(), p.parts.shards.end());
    else if (p.at != stage::applying || p.aside == letter_dead) return;
  }
}

void reader::applied(progress& p) {
  lag_.observe(milliseconds(services_.wall() - p.event.committed_at));
  settle(p);
}

void reader::settle(progress& p) {
  p.at = stage::settled;
  p.body.reset();
  seat_.wake();
}

void reader::save_offset() {
  if (settled_ <= saving_) return;
  if (settled_ - saving_ >= settings().offset_events && write_offset()) return;
  if (offset_timer_) return;
  offset_timer_ = true;
  // After a refusal the same turn comes to save_offset, which sets the timer again.
  services_.timers.after(milliseconds(settings().offset_ms), poster([](reader& r) {
                           r.offset_timer_ = false;
                           if (r.settled_ > r.saving_) r.write_offset();
                         }));
}

/// False: the lane does not accept; a timer tries again.
bool reader::write_offset() {
  saving_ = settled_;
  auto u = unit();
  u.statements.push_back(
      {&queries::save_offset,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(saving_)},
       0});
  u.done = poster([seq = saving_](reader& r, const storage::commit_outcome& o) {
    if (o.status == storage::commit_status::committed) {
      r.durable_ = std::max(r.durable_, seq);
    } else {
      r.activation_ = r.services_.next_activation();
      r.saving_ = std::min(r.saving_, r.durable_);
    }
  });
  if (append(std::move(u))) return true;
  saving_ = durable_;
  return false;
}

void reader::show() {
  seat_.letters = letters_.letters();
  if (phase_ != phase::running) return;
  seat_.settled = static_cast<std::int64_t>(settled_);
  seat_.durable = static_cast<std::int64_t>(durable_);
  unix_ms oldest = 0;
  for (auto i = window_.begin(); oldest == 0 && i != window_.end(); ++i)
    if (i->second.at != stage::settled) oldest = i->second.event.committed_at;
  if (oldest == 0 && !backlog_.empty()) oldest = backlog_.front().committed_at;
  if (oldest == 0 && router_.last_event(seat_.source) > last_known())
    oldest = seat_.oldest_unread != 0 ? seat_.oldest_unread.load() : services_.wall();
  seat_.oldest_unread = oldest;
}

void reader::replay(rewinding plan) {
  if (phase_ != phase::running || seat_.rewind || letter_ || owed_open_ != 0)
    return plan.done(unavailable(settings().overload_retry_ms));
  plan.from = std::min(plan.from, settled_ + 1);
  seat_.durable = std::min(seat_.durable.load(), static_cast<std::int64_t>(plan.from) - 1);
  close();
  seat_.rewind = std::move(plan);
  open();
}

void reader::write_rewind() {
  auto u = unit();
  u.activation = 0;
  u.statements = seat_.rewind->record;
  const auto before = static_cast<std::int64_t>(seat_.rewind->from) - 1;
  u.statements.push_back(
      {&queries::rewind_offset, {source_, std::int64_t{seat_.source.shard}, before}, 0});
  u.done = [seat = &seat_](const storage::commit_outcome& o) {
    seat->post([good = o.status == storage::commit_status::committed](reader& r) {
      auto plan = std::exchange(r.seat_.rewind, std::nullopt);
      if (plan && good) plan->done(r.router_.last_event(r.seat_.source) + 1 - plan->from);
      else if (plan) plan->done(unavailable(r.settings().overload_retry_ms));
      r.load_wanted_ = r.phase_ == phase::loading;
    });
  };
  if (append(std::move(u))) return;
  seat_.rewind->done(unavailable(settings().overload_retry_ms));
  seat_.rewind.reset();
  load();
}

void reader::answer_waiters() {
  if (seat_.waiters.empty()) return;
  const bool away = !link_.lane(seat_.home).accepting();
  std::erase_if(seat_.waiters, [this, away, now = services_.now()](settle_wait& w) {
    if (w.until <= now) return true;
    if (away) {  // nothing settles here until its database is back
      w.settled(true);
      return true;
    }
    if (phase_ != phase::running || owed_open_ != 0 || w.seq > settled_) return false;
    const bool held = w.type != 0 ? letters_.holds(w.key, safety(w.type))
                                  : letters_.holds(w.key, true) || letters_.holds(w.key, false);
    w.settled(!held);
    return true;
  });
}

std::string reader::metric_class() const { return "reader:" + std::string(link_.domain.name); }

/// The gauge is the sum over all readers of the domain.
void reader::count_letters() {
  const auto now = letters_.letters();
  services_.metrics.of(metric_class()).letters.fetch_add(now - counted_letters_);
  counted_letters_ = now;
}

}  // namespace nova::runtime
