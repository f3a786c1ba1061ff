// One queue of ready actors for all threads of CAF's scheduler. It is CAF's `sharing` policy with fewer wake-ups.
// CAF wakes a sleeping thread for every actor that becomes ready. Mostly the thread that made the actor ready has already
// taken it, so the sleeper sleeps again. That costs two system calls and a thread switch for nothing. Used by actor_config.cpp.
//
//   - A scheduler thread that makes one actor ready wakes no thread. It takes the actor when its present turn ends.
//   - An actor from any other thread, or a second waiting actor, wakes one sleeper. At most one woken sleeper is on its way.
//   - A thread that takes an actor and leaves others in the queue wakes the next sleeper.
//
// So a single actor that becomes ready within a turn waits for the rest of that turn (settings: runtime.items_per_turn), not for
// a thread. First in, first out. The number of actors bounds the queue: each actor stands in it at most once.
#pragma once

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/scheduler/worker.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace nova::runtime {

class shared_run_queue : public caf::policy::unprofiled {
 public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}

    void put(caf::resumable* job) {
      bool wake = false;
      {
        std::lock_guard lock(mutex);
        ready.push_back(job);
        wake = (serves != this || ready.size() > 1) && call_one();
      }
      if (wake) changed.notify_one();
    }

    caf::resumable* take() {
      serves = this;
      std::unique_lock lock(mutex);
      while (ready.empty()) {
        ++asleep;
        changed.wait(lock);
        --asleep;
        one_on_its_way = false;
      }
      auto* job = ready.front();
      ready.pop_front();
      const bool wake = !ready.empty() && call_one();
      lock.unlock();
      if (wake) changed.notify_one();
      return job;
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<caf::resumable*> ready;

   private:
    /// True: wake a sleeper. Call under the mutex.
    bool call_one() { return asleep != 0 && !std::exchange(one_on_its_way, true); }

    unsigned asleep = 0;
    bool one_on_its_way = false;                         ///< a woken sleeper has not looked yet
    static thread_local const coordinator_data* serves;  ///< the scheduler of this thread
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* c, caf::resumable* job) {
    d(c).put(job);
  }
  template <class Worker>
  void external_enqueue(Worker* w, caf::resumable* job) {
    d(w->parent()).put(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* w, caf::resumable* job) {
    d(w->parent()).put(job);
  }
  template <class Worker>
  void resume_job_later(Worker* w, caf::resumable* job) {
    d(w->parent()).put(job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* w) {
    return d(w->parent()).take();
  }

  template <class Worker, class F>
  void foreach_resumable(Worker*, F) {}
  /// Called after all threads have ended.
  template <class Coordinator, class F>
  void foreach_central_resumable(Coordinator* c, F f) {
    auto& data = d(c);
    std::unique_lock lock(data.mutex);
    while (!data.ready.empty()) {
      auto* job = data.ready.front();
      data.ready.pop_front();
      lock.unlock();
      f(job);
      lock.lock();
    }
  }
};

inline thread_local const shared_run_queue::coordinator_data*
    shared_run_queue::coordinator_data::serves = nullptr;

}  // namespace nova::runtime

/// The loop of a scheduler thread. CAF's own tells its log with dynamic casts which actor runs in each turn, also where there is no log.
/// The policy's hooks before and after a turn do nothing here.
template <>
inline void caf::scheduler::worker<nova::runtime::shared_run_queue>::run() {
  CAF_SET_LOGGER_SYS(&system());
  for (;;) {
    auto* job = policy_.dequeue(this);
    const auto how = job->resume(this, max_throughput_);
    if (how == resumable::shutdown_execution_unit) return;
    if (how == resumable::resume_later) policy_.resume_job_later(this, job);  // with its reference
    else intrusive_ptr_release(job);
  }
}
