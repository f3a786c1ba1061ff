// Effects in a read model: consecutive events in one unit together with the offset, then the refresh
// of entities in memory.
#include "actors/runtime/events/reader.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

/// Bytes of events in one unit; the first event is never refused.
constexpr std::size_t max_unit_bytes = 256 * 1024;
constexpr milliseconds retry_refresh{250};

}  // namespace

/// Events from `first` to `last`, all that are not settled among them.
struct reader::model_unit {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t ticket = 0;
  std::size_t events = 0;
  std::size_t bytes = 0;
  storage::commit_unit unit;
  refresh_plan plan;
};

/// Whether the event after those of `u` may share its transaction.
bool reader::joins(progress& p, const model_unit& u) {
  if (p.at != stage::queued || p.in == nullptr || !p.aside.empty() || u.last <= alone_until_)
    return false;
  if (u.bytes + p.event.bytes > max_unit_bytes) return false;
  if (letters_.holds(p.event.key, p.in->safety)) return false;
  return foresee(p) && std::holds_alternative<read_model_effect>(*p.route);
}

void reader::take_into(model_unit& u, progress& p) {
  auto e = std::move(std::get<read_model_effect>(*p.route));
  p.route.reset();
  p.at = stage::applying;
  p.ticket = u.ticket;
  u.last = p.event.seq;
  ++u.events;
  u.bytes += p.event.bytes;
  record_owed(p.event, e, u.unit, u.plan);
  std::ranges::move(e.statements, std::back_inserter(u.unit.statements));
  std::ranges::move(e.refresh, std::back_inserter(u.plan.named));
  std::ranges::move(e.refresh_found, std::back_inserter(u.plan.found));
  std::ranges::move(e.unwatch, std::back_inserter(u.plan.unwatch));
}

/// `p` is the first event that is not settled: all before `u.last` are in the unit or settled.
void reader::to_read_model(progress& p) {
  model_unit u;
  u.first = p.event.seq;
  u.ticket = ++seat_.last_ticket;
  u.unit = unit();
  take_into(u, p);
  for (auto i = std::next(window_.find(u.first)); i != window_.end(); ++i) {
    if (i->second.at == stage::settled) {
      u.last = i->first;
      continue;
    }
    if (!joins(i->second, u)) break;
    take_into(u, i->second);
  }
  u.unit.statements.push_back(
      {&queries::save_offset,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(u.last)},
       0});
  auto content = std::move(u.unit);
  if (!u.plan.empty()) seat_.owed.emplace(u.ticket, std::move(u.plan));
  auto shared = std::make_shared<model_unit>(std::move(u));
  // Not by poster: a successor of this reader owes the refresh as well.
  content.done = [seat = &seat_, sitting = seat_.sitting,
                  shared](const storage::commit_outcome& o) {
    seat->post([shared, sitting, o](reader& r) {
      if (r.seat_.sitting == sitting) return r.model_written(*shared, o);
      const auto owed = r.seat_.owed.find(shared->ticket);
      if (owed == r.seat_.owed.end()) return;
      owed->second.committed = o.status == storage::commit_status::committed;
      if (owed->second.committed) return r.pay_owed();
      r.seat_.owed.erase(owed);
    });
  };
  // No smaller offset may follow the unit into the lane's batch: of one batch the last one is written.
  saving_ = std::max(saving_, shared->last);
  if (append(std::move(content))) return;
  storage::commit_outcome refused;
  refused.detail = "the lane does not accept";
  model_refused(*shared, refused);
}

void reader::model_written(const model_unit& u, const storage::commit_outcome& o) {
  if (o.status != storage::commit_status::committed) return model_refused(u, o);
  durable_ = std::max(durable_, u.last);
  saving_ = std::max(saving_, u.last);
  auto settle_all = [first = u.first, last = u.last, ticket = u.ticket](reader& r) {
    for (auto seq = first; seq <= last; ++seq)
      if (auto* p = r.find(seq, ticket)) r.applied(*p);
  };
  const auto owed = seat_.owed.find(u.ticket);
  if (owed == seat_.owed.end()) return settle_all(*this);
  owed->second.committed = true;
  refresh(u.ticket, settle_all);
}

/// A unit of one event: that event failed. Of several: each is tried alone.
void reader::model_refused(const model_unit& u, const storage::commit_outcome& o) {
  using storage::commit_status;
  seat_.owed.erase(u.ticket);
  saving_ = durable_;
  activation_ = services_.next_activation();
  if (o.status == commit_status::fenced) link_.part_of(seat_.home).report_fenced();
  const bool counts = o.status == commit_status::rejected || o.status == commit_status::conflict ||
                      o.status == commit_status::blocked;
  if (counts && u.events > 1) alone_until_ = std::max(alone_until_, u.last);
  for (auto seq = u.first; seq <= u.last; ++seq) {
    auto* p = find(seq, u.ticket);
    if (p == nullptr) continue;
    if (counts && u.events > 1) {
      p->at = stage::queued;
      seat_.wake();
    } else {
      ended(seq, u.ticket, counts ? event_end::failed : event_end::suspended, o.detail);
    }
  }
}

/// What the store names is read now: the effect is committed, so whatever entity this read does not
/// find will load the new truth by itself.
void reader::refresh(std::uint64_t ticket, std::function<void(reader&)> done) {
  const auto owed = seat_.owed.find(ticket);
  if (owed == seat_.owed.end()) return done(*this);
  for (const auto& [a, b] : owed->second.unwatch) {
    router_.unwatch({a, b});
    router_.unwatch({b, a});
  }
  auto which = std::make_shared<std::vector<entity_effect>>(owed->second.named);
  const auto& found = owed->second.found;
  if (found.empty()) return refresh_named(ticket, which, std::move(done));
  auto left = std::make_shared<std::size_t>(found.size());
  auto failed = std::make_shared<bool>(false);
  for (const auto& f : found)
    link_.database->read(
        f.find, poster([=, name = f.name](reader& r, const storage::read_result& rows) {
          if (rows.has_error()) *failed = true;
          else std::ranges::move(name(rows.value()), std::back_inserter(*which));
          if (--*left != 0) return;
          if (!*failed) return r.refresh_named(ticket, which, done);
          r.services_.timers.after(r.services_.jitter(retry_refresh),
                                   r.poster([=](reader& x) { x.refresh(ticket, done); }));
        }));
}

void reader::refresh_named(std::uint64_t ticket, std::shared_ptr<std::vector<entity_effect>> which,
                           std::function<void(reader&)> done) {
  auto over = [ticket, done = std::move(done)](reader& r) {
    r.told(ticket);
    done(r);
  };
  if (which->empty()) return over(*this);
  auto left = std::make_shared<std::size_t>(which->size());
  for (const auto& e : *which)
    router_.refresh(link_.home_of(e.key), e.kind, e.key, poster([left, over](reader& r) {
                      if (--*left == 0) over(r);
                    }));
}

/// In the effect's own unit: the process may be gone before the entities are told. An effect that no entity holds costs nothing here,
/// and neither does a domain whose entities are all in this process.
void reader::record_owed(const relay_event& event, const read_model_effect& e,
                         storage::commit_unit& u, refresh_plan& plan) const {
  if (!link_.database->apart()) return;
  if (e.refresh.empty() && e.refresh_found.empty() && e.unwatch.empty()) return;
  std::vector<std::string> kinds, keys;
  for (const auto& named : e.refresh) {
    kinds.emplace_back(named.kind);
    keys.push_back(named.key);
  }
  u.statements.push_back(
      {&queries::insert_refresh_owed,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(event.seq),
        std::int64_t{event.type}, event.key, storage::bytes{payload_of(event)}, std::move(kinds),
        std::move(keys)},
       0});
  plan.rows.push_back(static_cast<std::int64_t>(event.seq));
}

/// The rows say all that is due here, also what this seat remembers.
void reader::take_over_owed(const storage::rows& owed) {
  seat_.owed.clear();
  for (std::size_t i = 0; i < owed.size(); ++i) {
    relay_event event;
    event.seq = static_cast<std::uint64_t>(owed.int8(i, 0));
    event.type = static_cast<std::uint32_t>(owed.int8(i, 1));
    event.key = owed.text(i, 2);
    event.payload = owed.blob(i, 3);
    auto& plan = seat_.owed[++seat_.last_ticket];
    plan.committed = true;
    plan.rows.push_back(owed.int8(i, 0));
    const auto& kinds = owed.get<std::vector<std::string>>(i, 4);
    const auto& keys = owed.get<std::vector<std::string>>(i, 5);
    for (std::size_t n = 0; n < std::min(kinds.size(), keys.size()); ++n)
      if (const auto kind = link_.find_kind(kinds[n]))
        plan.named.push_back({link_.domain.kinds[*kind].name, keys[n]});
    const auto in = link_.intakes.find(event.type);
    if (in == link_.intakes.end()) continue;
    progress p;
    p.event = std::move(event);
    p.in = in->second;
    if (!foresee(p)) continue;
    if (auto* e = std::get_if<read_model_effect>(&*p.route)) {
      plan.found = std::move(e->refresh_found);
      plan.unwatch = std::move(e->unwatch);
    }
  }
}

/// All entities of the plan have answered.
void reader::told(std::uint64_t ticket) {
  auto plan = seat_.owed.extract(ticket);
  if (plan.empty() || plan.mapped().rows.empty() || phase_ != phase::running) return;
  auto u = unit();
  u.activation = 0;
  u.statements.push_back(
      {&queries::delete_refreshes_owed,
       {source_, std::int64_t{seat_.source.shard}, std::move(plan.mapped().rows)},
       0});
  u.done = [](const storage::commit_outcome&) {};
  append(std::move(u));  // refused: the next reader tells them again
}

/// What a predecessor's committed units still owe.
void reader::pay_owed() {
  std::vector<std::uint64_t> due;
  for (auto& [ticket, plan] : seat_.owed)
    if (plan.committed) due.push_back(ticket);
  owed_open_ += due.size();
  for (const auto ticket : due)
    refresh(ticket, [](reader& r) {
      --r.owed_open_;
      r.seat_.wake();
    });
}

}  // namespace nova::runtime
