#include "storage/database/retention.hpp"

namespace nova::storage {

retention::retention(database& db, const std::vector<retention_job>& jobs, limits how)
    : db_(db), limits_(how) {
  for (const auto& j : jobs) {
    jobs_.push_back(std::make_unique<progress>());
    jobs_.back()->job = j;
  }
}

bool retention::tick(std::chrono::steady_clock::time_point now, unix_ms wall) {
  bool more = false;
  for (auto& p : jobs_) {
    const auto at = p->at.load();
    more |= at != phase::resting;
    if (at == phase::looking || at == phase::deleting) continue;
    if (at == phase::resting && now < p->next) continue;
    p->next = now + limits_.pause;
    if (db_.lane().accepting()) look(*p, wall);
  }
  return more;
}

void retention::look(progress& p, unix_ms wall) {
  p.at = phase::looking;
  std::vector<value> params{timestamp{wall - p.job.keep.count()}, limits_.step_rows};
  if (p.job.more)
    for (auto& v : p.job.more(wall)) params.push_back(std::move(v));
  db_.read({p.job.due, params}, [self = shared_from_this(), &p, params](const read_result& r) {
    p.found = r && r->size() == 1 ? r->int8(0, 0) : 0;
    if (p.found == 0) {
      p.at = phase::resting;
      return;
    }
    self->step(p, params);
  });
}

void retention::step(progress& p, std::vector<value> params) {
  p.at = phase::deleting;
  commit_unit u;
  u.statements.push_back({p.job.step, std::move(params)});
  u.done = [self = shared_from_this(), &p](const commit_outcome& o) {
    const auto found = p.found.load();
    const bool good = o.status == commit_status::committed;
    if (good) p.deleted += static_cast<std::uint64_t>(found);
    p.at = good && found >= self->limits_.step_rows ? phase::more : phase::resting;
  };
  if (!db_.lane().append(std::move(u))) p.at = phase::resting;
}

void retention::collect(metric_samples& out, std::string_view domain) const {
  for (const auto& p : jobs_) {
    const bool behind = p->at == phase::more || p->found >= limits_.step_rows;
    out.add(metric::nova_storage_retention_deleted_total, static_cast<double>(p->deleted),
            {domain, p->job.table});
    out.add(metric::nova_storage_retention_behind, behind ? 1 : 0, {domain, p->job.table});
  }
}

}  // namespace nova::storage
