// One queue of actors that are ready to run, for all threads of CAF's scheduler: CAF's `sharing` policy with fewer wake-ups.
// CAF wakes a sleeping thread for every actor that becomes ready; that thread mostly finds that the one which said so has
// taken the actor itself, and sleeps again: two system calls and a switch of threads for nothing. Used by actor_config.cpp.
//
//   - A scheduler thread that makes one actor ready wakes nobody: it takes it as soon as its present turn ends.
//   - Any other thread, and whatever is the second to wait, wakes one sleeper; there is one on its way at most.
//   - A thread that takes an actor and leaves others behind wakes the next sleeper.
//
// So an actor that alone becomes ready within a turn waits for the rest of that turn (settings: runtime.items_per_turn), not
// for a thread. First in, first out. Bounded by the number of actors: each is in it once at most.
#pragma once

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>

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
    /// True: a sleeper is to be woken. Under the mutex.
    bool call_one() { return asleep != 0 && !std::exchange(one_on_its_way, true); }

    unsigned asleep = 0;
    bool one_on_its_way = false;                         ///< woken, and has not looked yet
    static thread_local const coordinator_data* serves;  ///< whose scheduler's thread this is
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
  /// All threads have ended.
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
