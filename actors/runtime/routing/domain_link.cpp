#include "actors/runtime/routing/domain_link.hpp"

#include "storage/runtime/letter_queries.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;

domain_link::domain_link(runtime::domain d, std::shared_ptr<storage::database> db,
                         runtime::services& s, runtime::router& r)
    : domain(std::move(d)), database(std::move(db)), services(s), router(r) {
  for (std::uint32_t n = 0; n < (database->apart() ? database->lanes() : 1); ++n)
    parts.push_back(std::make_unique<domain_part>(*this, n));
  const std::string name(domain.name);
  shard_metrics = &s.metrics.of("shard:" + name);
  for (const auto& kind : domain.kinds)
    kind_metrics.push_back(&s.metrics.of("entity:" + name + "." + std::string(kind.name)));
  for (const auto& i : domain.intakes) intakes[i.event->number] = &i;
  auto jobs = domain.retention;
  jobs.push_back({"idempotency", &queries::idempotency_due, &queries::prune_idempotency,
                  std::chrono::hours(s.settings().idempotency_hours)});
  const std::chrono::seconds keep(s.settings().outbox_keep_s);
  const std::chrono::milliseconds unread =
      std::max(keep, std::chrono::seconds(s.settings().outbox_unread_keep_s));
  jobs.push_back({"outbox", &queries::outbox_due, &queries::drop_old_events, keep,
                  [this, unread](unix_ms wall) -> std::vector<storage::value> {
                    return {storage::timestamp{wall - unread.count()},
                            outbox_read ? outbox_read() : std::vector<std::int64_t>{}};
                  }});
  jobs.push_back(
      {"outbox_part", &queries::outbox_short, &queries::extend_outbox, std::chrono::milliseconds(0),
       [width = std::int64_t{s.settings().outbox_part_s}](unix_ms) -> std::vector<storage::value> {
         return {width};
       }});
  // A letter keeps its event no longer than the outbox keeps one that is not read. Safety events, which hold no text, stay.
  std::vector<std::int64_t> safety;
  for (const auto& i : domain.intakes)
    if (i.safety) safety.push_back(i.event->number);
  jobs.push_back({"dead_letter_content", &queries::unread_letters, &queries::empty_unread_letters,
                  unread, [safety](unix_ms) -> std::vector<storage::value> { return {safety}; }});
  jobs.push_back(
      {"dead_letter", &queries::emptied_letters, &queries::delete_emptied_letters, keep});
  retention = std::make_shared<storage::retention>(*database, std::move(jobs),
                                                   storage::retention::limits{});
}

std::optional<std::size_t> domain_link::find_kind(std::string_view kind) const {
  for (std::size_t i = 0; i < domain.kinds.size(); ++i)
    if (domain.kinds[i].name == kind) return i;
  return {};
}

}  // namespace nova::runtime
