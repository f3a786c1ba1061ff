#include "actors/runtime/sagas/saga.hpp"

#include "protocols/core/planted.hpp"

namespace nova::runtime {

namespace {

const saga_step& step_of(const saga_definition& d, const saga_row& row) {
  return d.steps.at(static_cast<std::size_t>(row.step));
}

saga_move order(const saga_definition& d, saga_row row, unix_ms now) {
  const auto& step = step_of(d, row);
  saga_move m;
  m.events = row.turned ? step.compensation(row) : step.command(row);
  if (row.turned && planted(planted_fault::saga_compensation_lost)) m.events.clear();
  if (!row.turned && planted(planted_fault::saga_step_twice))
    for (auto& once_more : step.command(row)) m.events.push_back(std::move(once_more));
  row.phase = row.turned ? saga_phase::compensating : saga_phase::running;
  row.step_at = now;
  m.remind_at = now + step.deadline.count();
  m.next = std::move(row);
  return m;
}

saga_move ended(saga_row row, saga_phase how, unix_ms now) {
  saga_move m;
  row.phase = how;
  row.step_at = now;
  m.next = std::move(row);
  return m;
}

}  // namespace

saga_move begin(const saga_definition& d, saga_row row, unix_ms now) {
  row.step = 0;
  if (d.steps.empty()) return ended(std::move(row), saga_phase::done, now);
  return order(d, std::move(row), now);
}

std::optional<saga_move> answered(const saga_definition& d, saga_row row, std::string_view step,
                                  bool succeeded, unix_ms now) {
  const bool under_way = row.phase == saga_phase::running || row.phase == saga_phase::stuck ||
                         row.phase == saga_phase::compensating;
  if (!under_way || step_of(d, row).name != step) return std::nullopt;
  if (!row.turned && succeeded) {
    if (++row.step == static_cast<std::int64_t>(d.steps.size()))
      return ended(std::move(row), saga_phase::done, now);
    return order(d, std::move(row), now);
  }
  if (row.turned && !succeeded) return ended(std::move(row), saga_phase::stuck, now);
  row.turned = true;
  while (--row.step >= 0)
    if (step_of(d, row).compensation != nullptr) return order(d, std::move(row), now);
  row.step = 0;
  return ended(std::move(row), saga_phase::undone, now);
}

saga_move overdue(const saga_definition& d, saga_row row, unix_ms now) {
  saga_move m;
  const auto due = row.step_at + step_of(d, row).deadline.count();
  if (due <= now) row.phase = saga_phase::stuck;
  else m.remind_at = due;
  m.next = std::move(row);
  return m;
}

saga_move again(const saga_definition& d, saga_row row, unix_ms now) {
  return order(d, std::move(row), now);
}

std::optional<saga_move> taken_back(const saga_definition& d, saga_row row, unix_ms now) {
  const bool goes_on = row.phase == saga_phase::running || row.phase == saga_phase::stuck;
  if (!goes_on || row.turned) return std::nullopt;
  row.turned = true;
  for (; row.step >= 0; --row.step)
    if (step_of(d, row).compensation != nullptr) return order(d, std::move(row), now);
  return std::nullopt;
}

}  // namespace nova::runtime
