// Events of other domains, refreshed read models, and pulls by other domains' readers.
#include "actors/runtime/entities/shard.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;

void shard::deliver(event_delivery event) {
  auto f = std::make_unique<flight>(std::in_place_type<event_work>, std::move(event));
  auto& e = f->as_event()->event;
  doing_ = f->describe();
  const auto kind = link_.find_kind(e.kind);
  if (!kind) return f->end_event(event_end::failed, "no such kind of entity");
  f->kind = *kind;
  f->key = std::move(e.key);
  const auto& handlers = link_.domain.kinds[f->kind].events;
  const auto h = handlers.find(e.type->number);
  if (h == handlers.end())
    return f->end_event(event_end::failed, "the kind has no handler for this event");
  f->handler = &h->second;
  if (!can_serve()) return f->give_up(errc::unavailable);
  if (e.letter) return begin(std::move(f));
  if (marks_state_ == marks::known) return deliver_marked(std::move(f));
  unmarked_.push(std::move(f));
  if (marks_state_ == marks::unknown) load_marks();
}

void shard::load_marks() {
  marks_state_ = marks::loading;
  link_.database->read({&queries::load_marks, {std::int64_t{seat_.number}}, 0},
                       poster([](shard& s, const storage::read_result& r) { s.marks_arrived(r); }));
}

void shard::marks_arrived(const storage::read_result& r) {
  if (r.has_error()) {
    marks_state_ = marks::unknown;
    while (auto f = unmarked_.pop()) f->give_up(errc::unavailable);
    unmarked_parts_.clear();
    return;
  }
  marks_state_ = marks::known;
  const auto& rows = r.value();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& mark = marks_[{rows.text(i, 0), static_cast<std::uint32_t>(rows.int8(i, 1))}];
    mark = std::max(mark, static_cast<std::uint64_t>(rows.int8(i, 2)));
  }
  while (auto f = unmarked_.pop()) deliver_marked(std::move(f));
  for (const auto& p : std::exchange(unmarked_parts_, {})) part_marked(p);
}

void shard::deliver_marked(flight_ptr f) {
  auto& event = f->as_event()->event;
  const std::pair from(event.source, event.source_shard);
  if (marks_[from] >= event.seq) return f->end_event(event_end::applied);
  // A reader that started anew may send again what is still on its way.
  if (!delivering_.insert(from).second) return f->give_up(errc::unavailable);
  event.done = [this, from, done = std::move(event.done)](event_end how, std::string reason) {
    delivering_.erase(from);
    done(how, std::move(reason));
  };
  begin(std::move(f));
}

void shard::deliver_part(const part_ptr& part) {
  doing_ = "part of " + part->source + "/" + std::to_string(part->source_shard) + "/" +
           std::to_string(part->seq);
  if (!can_serve() || !may_write()) return part->end(event_end::suspended, "unavailable");
  if (part->letter) return commit_part(part);
  if (marks_state_ == marks::known) return part_marked(part);
  unmarked_parts_.push_back(part);
  if (marks_state_ == marks::unknown) load_marks();
}

void shard::part_marked(const part_ptr& part) {
  const std::pair from(part->source, part->source_shard);
  if (marks_[from] >= part->seq) return part->end(event_end::applied);
  if (!delivering_.insert(from).second) return part->end(event_end::suspended, "under way");
  commit_part(part);
}

void shard::commit_part(const part_ptr& part) {
  storage::commit_unit unit;
  unit.shard = seat_.number;
  unit.statements = std::move(part->part.statements);
  const std::int64_t source_shard = part->source_shard;
  const auto seq = static_cast<std::int64_t>(part->seq);
  const std::int64_t here = seat_.number;
  if (part->letter)
    unit.statements.push_back(
        {&queries::insert_dead_letter_part, {part->source, source_shard, seq, here}, 0});
  else unit.statements.push_back({&queries::save_mark, {here, part->source, source_shard, seq}, 0});
  unit.done = [seat = &seat_, part, sitting = seat_.sitting](const storage::commit_outcome& o) {
    seat->in_lane.fetch_sub(1);
    seat->domain.services.uncommitted.fetch_sub(1, std::memory_order_relaxed);
    seat->post([=](shard& s) { s.part_committed(part, sitting, o); });
  };
  seat_.in_lane.fetch_add(1);
  services_.uncommitted.fetch_add(1, std::memory_order_relaxed);
  if (lane().append(std::move(unit))) return;
  seat_.in_lane.fetch_sub(1);
  services_.uncommitted.fetch_sub(1, std::memory_order_relaxed);
  part_committed(part, seat_.sitting, {});
}

/// Of an earlier sitting: the reader sends it again, and the mark or the row beside the letter tells.
void shard::part_committed(const part_ptr& part, std::uint64_t sitting,
                           const storage::commit_outcome& o) {
  using storage::commit_status;
  if (sitting != seat_.sitting) return part->end(event_end::suspended, "the shard was closed");
  const std::pair from(part->source, part->source_shard);
  if (!part->letter) delivering_.erase(from);
  if (o.status != commit_status::committed) {
    if (o.status == commit_status::fenced) part_.report_fenced();
    const bool counts = o.status == commit_status::rejected ||
                        o.status == commit_status::conflict || o.status == commit_status::blocked;
    return part->end(counts ? event_end::failed : event_end::suspended, o.detail);
  }
  if (!part->letter) marks_[from] = std::max(marks_[from], part->seq);
  if (part->part.refresh.empty()) return part->end(event_end::applied);
  auto left = std::make_shared<std::size_t>(part->part.refresh.size());
  for (const auto& e : part->part.refresh)
    refresh(e.kind, e.key, [part, left] {
      if (--*left == 0) part->end(event_end::applied);
    });
}

void shard::refresh(std::string_view kind, const std::string& key, std::function<void()> done) {
  const auto index = link_.find_kind(kind);
  if (!index) return done();
  auto& of_kind = entities_[*index];
  auto i = of_kind.find(key);
  if (i == of_kind.end()) return done();
  auto& e = *i->second;
  e.refreshed.push_back(std::move(done));
  e.reload_wanted = true;
  // A load under way may have read the old truth: it starts again when it is ready.
  after_change(e);
}

void shard::refresh_all() {
  std::vector<std::pair<std::string_view, std::string>> all;
  for (std::size_t k = 0; k < entities_.size(); ++k)
    for (const auto& [key, e] : entities_[k]) all.emplace_back(link_.domain.kinds[k].name, key);
  for (const auto& [kind, key] : all) refresh(kind, key, [] {});
}

void shard::pull(pull_request request) {
  if (!open_) return request.done(make_error(errc::unavailable));
  link_.database->read(
      {&queries::outbox_page,
       {std::int64_t{seat_.number}, static_cast<std::int64_t>(request.after),
        std::int64_t{request.limit}},
       0},
      [done = std::move(request.done)](const storage::read_result& r) {
        if (r.has_error()) return done(r.error());
        auto page = std::make_shared<relay_batch>();
        const auto& rows = r.value();
        page->reserve(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
          page->push_back({static_cast<std::uint64_t>(rows.int8(i, 0)),
                           static_cast<std::uint32_t>(rows.int8(i, 1)), rows.text(i, 2), nullptr,
                           rows.blob(i, 3), rows.blob(i, 3).size(), rows.time(i, 4)});
        done(relay_batch_ptr(std::move(page)));
      });
}

}  // namespace nova::runtime
