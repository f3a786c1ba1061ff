#include "gateway/loop/request_times.hpp"

#include "protocols/core/error.hpp"

#include <algorithm>
#include <array>

namespace nova::gateway {
namespace {

constexpr int statuses[] = {
    200,
    201,
    204,
#define NOVA_ERROR(name, number, status, retry, title) status,
#include "protocols/core/errors.def"
#undef NOVA_ERROR
};

std::size_t row_of(const rpc::method& method) {
  const auto all = rpc::all_methods();
  const auto at = std::lower_bound(all.begin(), all.end(), method.number,
                                   [](const auto* m, auto number) { return m->number < number; });
  return static_cast<std::size_t>(at - all.begin());
}

}  // namespace

request_times::request_times() : cells_(rpc::all_methods().size() * std::size(statuses)) {}

request_times::~request_times() {
  for (auto& cell : cells_) delete cell.load();
}

void request_times::observe(const rpc::method& method, int status, std::chrono::nanoseconds took) {
  const auto column = std::find(std::begin(statuses), std::end(statuses), status);
  if (column == std::end(statuses)) return;
  auto& cell = cells_[row_of(method) * std::size(statuses) +
                      static_cast<std::size_t>(column - std::begin(statuses))];
  auto* times = cell.load(std::memory_order_relaxed);
  if (times == nullptr) {
    times = std::make_unique<duration_histogram>().release();
    cell.store(times, std::memory_order_release);
  }
  times->observe(took);
}

void request_times::collect(metric_samples& out) const {
  const auto all = rpc::all_methods();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const auto* times = cells_[i].load(std::memory_order_acquire);
    if (times == nullptr) continue;
    const auto& method = *all[i / std::size(statuses)];
    out.add(metric::nova_request_seconds, *times,
            {method.rpc.empty() ? method.name : method.rpc,
             std::to_string(statuses[i % std::size(statuses)])});
  }
}

}  // namespace nova::gateway
