#include "storage/postgres/statement_metrics.hpp"

namespace nova::storage {

void statement_metrics::record(std::string_view query, std::uint64_t executions,
                               std::chrono::nanoseconds took) {
  std::lock_guard lock(mutex_);
  auto at = statements_.find(query);
  if (at == statements_.end()) at = statements_.emplace(query, counters{}).first;
  at->second.count += executions;
  at->second.seconds += std::chrono::duration<double>(took).count();
}

void statement_metrics::record_error(std::string_view query) {
  std::lock_guard lock(mutex_);
  auto at = statements_.find(query);
  if (at == statements_.end()) at = statements_.emplace(query, counters{}).first;
  ++at->second.errors;
}

void statement_metrics::record_batch(std::uint64_t units, std::chrono::nanoseconds age) {
  std::lock_guard lock(mutex_);
  ++batches_;
  units_ += units;
  batch_seconds_ += std::chrono::duration<double>(age).count();
  commits_.observe(age);
}

void statement_metrics::collect(metric_samples& out) const {
  std::lock_guard lock(mutex_);
  for (const auto& [name, c] : statements_) {
    out.add(metric::nova_storage_statements_total, static_cast<double>(c.count), {domain_, name});
    out.add(metric::nova_storage_statement_seconds_total, c.seconds, {domain_, name});
    out.add(metric::nova_storage_statement_errors_total, static_cast<double>(c.errors),
            {domain_, name});
  }
  auto add = [&](metric m, auto value) { out.add(m, static_cast<double>(value), {domain_}); };
  out.add(metric::nova_storage_commit_seconds, commits_, {domain_});
  add(metric::nova_storage_lane_batches_total, batches_);
  add(metric::nova_storage_lane_units_total, units_);
  add(metric::nova_storage_lane_batch_seconds_total, batch_seconds_);
  add(metric::nova_storage_lane_batches_failed_total, batches_failed.load());
  add(metric::nova_storage_lane_renewals_total, renewals.load());
  add(metric::nova_storage_lane_units_refused_total, units_refused.load());
  add(metric::nova_storage_lane_waiting_units, units_waiting.load());
  add(metric::nova_storage_lane_lock_tries_total, units_parked.load());
  add(metric::nova_storage_lane_units_waiting_for_locks, units_waiting_for_locks.load());
  add(metric::nova_storage_reads_refused_total, reads_refused.load());
  add(metric::nova_storage_waiting_reads, reads_waiting.load());
  add(metric::nova_storage_reconnects_total, reconnects.load());
}

}  // namespace nova::storage
