#include "storage/runtime/saga_rows.hpp"

#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>
#include <array>

namespace nova::storage {

namespace {

constexpr std::array<std::string_view, 6> names{"waiting", "running", "compensating",
                                                "stuck",   "done",    "undone"};

enum : std::size_t { id, entity, phase, step, detail, started_at, step_at, definition };

/// A step that is taken back is stored as the number below zero that has its place.
std::int64_t stored_step(const saga_row& row) { return row.turned ? -1 - row.step : row.step; }

}  // namespace

std::string_view name_of(saga_phase p) noexcept { return names[static_cast<std::size_t>(p)]; }

statement saga_of_entity(std::string_view definition, std::string key) {
  return {&runtime_queries::saga_of_entity, {std::string(definition), std::move(key)}, 0};
}

statement find_saga(std::string_view definition, std::string wanted) {
  return {&runtime_queries::find_saga, {std::string(definition), std::move(wanted)}, 0};
}

statement open_sagas(std::string after_id, std::int64_t limit) {
  return {&runtime_queries::open_sagas, {std::move(after_id), limit}, 0};
}

statement saga_by_id(std::string wanted) {
  return {&runtime_queries::saga_by_id, {std::move(wanted)}, 0};
}

std::vector<saga_row> read_sagas(const rows& r) {
  std::vector<saga_row> out;
  for (std::size_t i = 0; i < r.size(); ++i) {
    saga_row row{
        r.text(i, id),     r.text(i, entity),     saga_phase::stuck,  r.int8(i, step),      false,
        r.blob(i, detail), r.time(i, started_at), r.time(i, step_at), r.text(i, definition)};
    const auto name = std::ranges::find(names, r.text(i, phase));
    if (name != names.end()) row.phase = static_cast<saga_phase>(name - names.begin());
    row.turned = row.step < 0;
    if (row.turned) row.step = -1 - row.step;
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<saga_row> read_saga(const rows& r) {
  auto found = read_sagas(r);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

statement save_saga(std::string_view definition, const saga_row& row) {
  return {&runtime_queries::save_saga,
          {row.id, std::string(definition), row.entity, std::string(name_of(row.phase)),
           stored_step(row), bytes{row.detail}, timestamp{row.started_at}, timestamp{row.step_at}},
          0};
}

statement delete_saga(std::string gone) {
  return {&runtime_queries::delete_saga, {std::move(gone)}, 0};
}

}  // namespace nova::storage
