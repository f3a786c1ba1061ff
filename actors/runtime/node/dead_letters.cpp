#include "actors/runtime/node/node_impl.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>
#include <set>

namespace nova::runtime {

namespace {

dead_letter letter_from(const storage::rows& rows, std::size_t i) {
  dead_letter l;
  l.id = {rows.text(i, 0), static_cast<std::uint32_t>(rows.int8(i, 1)),
          static_cast<std::uint64_t>(rows.int8(i, 2))};
  l.type = static_cast<std::uint32_t>(rows.int8(i, 3));
  l.key = rows.text(i, 4);
  l.status = rows.text(i, 5);
  l.reason = rows.text(i, 6);
  l.attempts = static_cast<std::uint32_t>(rows.int8(i, 7));
  l.at = rows.time(i, 8);
  return l;
}

/// Null: this node has no such consumer or it takes nothing from there.
reader_seat* reader_of(const directory& all, std::string_view consumer, const letter_id& id) {
  const auto* d = all.find(consumer);
  if (d == nullptr) return nullptr;
  for (const auto& r : d->readers)
    if (r->source.domain == id.source && r->source.shard == id.shard) return r.get();
  return nullptr;
}

}  // namespace

void node::dead_letters(std::string_view consumer, const letter_id& after, std::uint32_t limit,
                        std::function<void(result<std::vector<dead_letter>>)> done) const {
  const auto* d = impl_->directory.find(consumer);
  if (d == nullptr) return done(make_error(errc::not_found));
  const auto count = std::clamp<std::uint32_t>(limit, 1, max_letter_page);
  d->link.database->read({&storage::runtime_queries::dead_letter_page,
                          {after.source, std::int64_t{after.shard},
                           static_cast<std::int64_t>(after.seq), std::int64_t{count}},
                          0},
                         [done = std::move(done)](const storage::read_result& r) {
                           if (r.has_error()) return done(r.error());
                           std::vector<dead_letter> page;
                           for (std::size_t i = 0; i < r.value().size(); ++i)
                             page.push_back(letter_from(r.value(), i));
                           done(std::move(page));
                         });
}

void node::retry_dead_letter(std::string_view consumer, const letter_id& id,
                             std::function<void(result<void>)> done) {
  auto* seat = reader_of(impl_->directory, consumer, id);
  if (seat == nullptr) return done(make_error(errc::not_found));
  seat->post([seq = id.seq, done = std::move(done)](reader& r) { r.retry_letter(seq, done); });
}

void node::discard_dead_letter(std::string_view consumer, const letter_id& id,
                               std::function<void(result<void>)> done,
                               std::vector<storage::statement> record) {
  auto* seat = reader_of(impl_->directory, consumer, id);
  if (seat == nullptr) return done(make_error(errc::not_found));
  seat->post([seq = id.seq, record = std::move(record), done = std::move(done)](reader& r) {
    r.discard_letter(seq, record, done);
  });
}

std::vector<event_lag> node::event_lags() const {
  std::vector<event_lag> out;
  const auto now = impl_->services.wall();
  const auto& router = impl_->router();
  std::set<std::pair<std::string_view, std::string_view>> begins;
  for (const auto& d : impl_->directory.domains())
    for (const auto& r : d->readers) {
      auto at = std::ranges::find_if(out, [&](const event_lag& l) {
        return l.consumer == d->link.domain.name && l.source == r->source.domain;
      });
      if (at == out.end()) at = out.insert(out.end(), {d->link.domain.name, r->source.domain});
      at->letters += r->letters;
      at->skipped += r->skipped;
      if (router.read_elsewhere(d->link.address(r->home))) continue;
      const auto settled = r->settled.load();
      if (settled == reader_seat::unknown || !router.knows_events(r->source)) {
        begins.emplace(at->consumer, at->source);
        continue;
      }
      const auto last = static_cast<std::int64_t>(router.last_event(r->source));
      if (last <= settled) continue;
      *at->unread += static_cast<std::uint64_t>(last - settled);
      if (const auto oldest = r->oldest_unread.load(); oldest != 0)
        at->age_ms = std::max<std::int64_t>(at->age_ms, now - oldest);
    }
  for (auto& l : out)
    if (l.unread == 0 && begins.contains({l.consumer, l.source})) l.unread.reset();
  return out;
}

}  // namespace nova::runtime
