#include "storage/postgres/statement_metrics.hpp"

#include <cstdio>

namespace nova::storage {

void statement_metrics::record(std::string_view query, std::uint64_t executions, std::chrono::nanoseconds took) {
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
}

void statement_metrics::write(std::string& out) const {
  auto line = [&](const char* name, const std::string& labels, double value) {
    char number[32];
    std::snprintf(number, sizeof number, "%.9g", value);
    out.append(name).append("{domain=\"").append(domain_).append("\"").append(labels).append("} ");
    out.append(number).append("\n");
  };
  std::lock_guard lock(mutex_);
  for (const auto& [name, c] : statements_) {
    std::string labels = ",query=\"" + name + "\"";
    line("nova_storage_statements_total", labels, static_cast<double>(c.count));
    line("nova_storage_statement_seconds_total", labels, c.seconds);
    line("nova_storage_statement_errors_total", labels, static_cast<double>(c.errors));
  }
  line("nova_storage_lane_batches_total", "", static_cast<double>(batches_));
  line("nova_storage_lane_units_total", "", static_cast<double>(units_));
  line("nova_storage_lane_batch_seconds_total", "", batch_seconds_);
  line("nova_storage_lane_batches_failed_total", "", static_cast<double>(batches_failed));
  line("nova_storage_lane_renewals_total", "", static_cast<double>(renewals));
  line("nova_storage_lane_units_refused_total", "", static_cast<double>(units_refused));
  line("nova_storage_lane_waiting_units", "", static_cast<double>(units_waiting));
  line("nova_storage_lane_lock_tries_total", "", static_cast<double>(units_parked));
  line("nova_storage_lane_units_waiting_for_locks", "", static_cast<double>(units_waiting_for_locks));
  line("nova_storage_reads_refused_total", "", static_cast<double>(reads_refused));
  line("nova_storage_waiting_reads", "", static_cast<double>(reads_waiting));
  line("nova_storage_reconnects_total", "", static_cast<double>(reconnects));
}

}  // namespace nova::storage
