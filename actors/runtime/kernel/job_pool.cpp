#include "actors/runtime/kernel/job_pool.hpp"

#include "protocols/core/log.hpp"

namespace nova::runtime {

using clock = std::chrono::steady_clock;

job_pool::job_pool(std::uint32_t threads, std::size_t max_queued, std::uint32_t retry_ms)
    : max_queued_(max_queued), retry_ms_(retry_ms), inline_(threads == 0) {
  for (std::uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

job_pool::~job_pool() { stop(); }

bool job_pool::submit(std::string_view name, std::function<std::any()> run,
                      clock::time_point give_up_at, done_fn done) {
  entry e{name, std::move(run), give_up_at, std::move(done)};
  if (inline_) {
    e.give_up_at = clock::time_point::max();
    execute(e);
    return true;
  }
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= max_queued_) {
      ++totals_[name].refused;
      return false;
    }
    queue_.push_back(std::move(e));
  }
  ready_.notify_one();
  return true;
}

void job_pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto e = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    execute(e);
    e = {};
    lock.lock();
  }
}

void job_pool::execute(entry& e) {
  const auto start = clock::now();
  if (start > e.give_up_at) {
    e.done({{}, make_error(errc::overloaded, {}, retry_ms_)});
    return;
  }
  job_result answer;
  try {
    answer.value = e.run();
  } catch (const std::exception& x) {
    log::error("runtime.job_failed", {{"job", e.name}, {"reason", x.what()}});
    answer.failed = make_error(errc::internal);  // the reason is ours, not the caller's
  }
  {
    std::lock_guard lock(mutex_);
    auto& t = totals_[e.name];
    ++t.count;
    t.seconds += std::chrono::duration<double>(clock::now() - start).count();
  }
  e.done(std::move(answer));
}

void job_pool::stop() {
  std::deque<entry> rest;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    rest.swap(queue_);
  }
  ready_.notify_all();
  for (auto& t : threads_)
    if (t.joinable()) t.join();
  threads_.clear();
  for (auto& e : rest) e.done({{}, make_error(errc::unavailable, {}, retry_ms_)});
}

std::size_t job_pool::depth() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void job_pool::collect_metrics(metric_samples& out) const {
  std::lock_guard lock(mutex_);
  out.add(metric::nova_job_queue, static_cast<double>(queue_.size()));
  for (const auto& [name, t] : totals_) {
    out.add(metric::nova_job_total, static_cast<double>(t.count), {name});
    out.add(metric::nova_job_seconds_total, t.seconds, {name});
    out.add(metric::nova_job_refused_total, static_cast<double>(t.refused), {name});
  }
}

}  // namespace nova::runtime
