// Effects in several shards: each part is delivered to its shard, and the event ends when all have
// answered. A letter is delivered to the shards that have no row beside it.
#include "actors/runtime/events/reader.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;

reader::parts_progress reader::parts_of(const shard_effects& e, parts_progress before) {
  before.shards.clear();
  for (const auto& part : e.parts) before.shards.push_back(part.shard);
  return before;
}

/// Why the event cannot be delivered as its route says; empty: it can.
std::string reader::defect_of(const progress& p, const shard_effects& e) const {
  auto shards = p.parts.shards;
  std::ranges::sort(shards);
  if (std::ranges::adjacent_find(shards) != shards.end()) return "the route names a shard twice";
  if (!shards.empty() && shards.back() >= link_.domain.shards)
    return "the route names a shard that the domain does not have";
  for (const auto& part : e.parts)
    for (const auto& entity : part.refresh)
      if (link_.shard_number(entity.key) != part.shard)
        return "the route refreshes an entity of another shard";
  return {};
}

void reader::to_shards(progress& p, shard_effects e) {
  p.route.reset();
  p.at = stage::applying;
  p.ticket = ++seat_.last_ticket;
  if (auto defect = defect_of(p, e); !defect.empty())
    return ended(p.event.seq, p.ticket, event_end::failed, std::move(defect));
  std::erase_if(e.parts, [&](const shard_part& part) {
    return std::ranges::find(p.parts.confirmed, part.shard) != p.parts.confirmed.end();
  });
  p.parts.open = e.parts.size();
  p.parts.worst = event_end::applied;
  if (e.parts.empty() && p.letter) return write_letter(p, {});
  if (e.parts.empty()) return ended(p.event.seq, p.ticket, event_end::applied, {});
  for (auto& part : e.parts) {
    auto d = std::make_shared<part_delivery>();
    d->source = source_;
    d->source_shard = seat_.source.shard;
    d->seq = p.event.seq;
    d->type = p.in->event;
    d->body = p.body;
    d->key = p.event.key;
    d->letter = p.letter;
    d->done = [seat = &seat_, sitting = seat_.sitting, seq = p.event.seq, ticket = p.ticket,
               shard = part.shard](event_end how, std::string reason) {
      seat->post([=](reader& r) {
        if (r.seat_.sitting == sitting) r.part_ended(seq, ticket, shard, how, reason);
      });
    };
    const auto target = link_.address(part.shard);
    d->part = std::move(part);
    router_.deliver_part(target, std::move(d));
  }
}

/// A part that is suspended may have been committed before: the event counts as failed, and can become a
/// letter, only when it is known of every shard whether it has the effect.
void reader::part_ended(std::uint64_t seq, std::uint64_t ticket, std::uint32_t shard, event_end how,
                        const std::string& reason) {
  auto* p = find(seq, ticket);
  if (p == nullptr || p->at != stage::applying) return;
  auto& parts = p->parts;
  if (how == event_end::applied) parts.confirmed.push_back(shard);
  else if (parts.worst != event_end::suspended) {
    parts.worst = how;
    parts.reason = "shard " + std::to_string(shard) + ": " + reason;
  }
  if (--parts.open != 0) return;
  if (parts.worst == event_end::applied && p->letter) return write_letter(*p, {});
  ended(seq, ticket, parts.worst, parts.reason);
}

/// Says beside the letter that the shard has the effect.
storage::statement reader::part_row(const progress& p, std::uint32_t shard) const {
  return {&queries::insert_dead_letter_part,
          {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq),
           std::int64_t{shard}},
          0};
}

void reader::letter_to_shards(progress& p, shard_effects e) {
  auto parts = std::make_shared<shard_effects>(std::move(e));
  link_.database->read(
      {&queries::dead_letter_parts,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq)},
       0},
      poster([parts, seq = p.event.seq, ticket = p.ticket](reader& r,
                                                           const storage::read_result& found) {
        auto* p = r.find(seq, ticket);
        if (p == nullptr) return;
        if (found.has_error()) return r.ended(seq, ticket, event_end::suspended, "a read failed");
        p->parts.confirmed.clear();
        for (std::size_t i = 0; i < found.value().size(); ++i)
          p->parts.confirmed.push_back(static_cast<std::uint32_t>(found.value().int8(i, 0)));
        r.to_shards(*p, std::move(*parts));
      }));
}

}  // namespace nova::runtime
