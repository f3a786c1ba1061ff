// See supervisor.hpp.
#include "actors/runtime/kernel/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <deque>
#include <set>

namespace nova::runtime {

using start_atom = caf::atom_constant<caf::atom("supStart")>;
using kill_atom = caf::atom_constant<caf::atom("supKill")>;

struct supervisor_state {
  struct child {
    child_spec spec;
    caf::actor handle;
    std::uint64_t generation = 0;
    bool up = false;
  };
  supervision how;
  std::vector<child> children;
  std::deque<caf::actor_clock::time_point> restarts;  // within the period
  std::set<std::size_t> to_stop, to_start;
  std::uint64_t start_generation = 0;
  bool waits_for_start = false;
  bool stopping = false;
  bool gave_up = false;
  std::string why;
};

namespace {

class table {
 public:
  explicit table(supervisor_actor* self) : self_(self), s_(self->state) {}

  void start(std::size_t i) {
    auto& c = s_.children[i];
    ++c.generation;
    c.handle = c.spec.start(self_);
    c.up = true;
    self_->monitor(c.handle);
  }

  /// One step of stopping and starting: the last child first, each only when the one before it has
  /// gone.
  void step() {
    while (!s_.to_stop.empty() && !s_.children[*s_.to_stop.rbegin()].up)
      s_.to_stop.erase(std::prev(s_.to_stop.end()));
    if (!s_.to_stop.empty()) return stop(*s_.to_stop.rbegin());
    if (s_.stopping) return end();
    if (s_.to_start.empty() || s_.waits_for_start) return;
    s_.waits_for_start = true;
    const auto wait = backoff();
    if (wait.count() == 0) self_->send(self_, start_atom::value, ++s_.start_generation);
    else self_->delayed_send(self_, wait, start_atom::value, ++s_.start_generation);
  }

  void start_waiting(std::uint64_t generation) {
    if (generation != s_.start_generation || s_.stopping) return;
    s_.waits_for_start = false;
    if (!s_.to_stop.empty()) return step();
    auto which = std::move(s_.to_start);
    s_.to_start.clear();
    for (auto i : which) start(i);
  }

  void ended(const caf::down_msg& m) {
    auto c = std::find_if(s_.children.begin(), s_.children.end(), [&](const auto& x) {
      return x.up && x.handle && x.handle.address() == m.source;
    });
    if (c == s_.children.end()) return;
    const auto i = static_cast<std::size_t>(c - s_.children.begin());
    c->up = false;
    c->handle = nullptr;
    const bool expected = s_.to_stop.contains(i);
    if (s_.stopping || expected) return step();
    const bool normal = !m.reason || m.reason == caf::exit_reason::user_shutdown;
    if (!normal) report(*c, m.reason);
    if (c->spec.when == restart::temporary || (c->spec.when == restart::transient && normal))
      return;
    if (s_.how.counters != nullptr) class_metrics::count(s_.how.counters->restarts);
    const auto now = self_->clock().now();
    s_.restarts.push_back(now);
    while (s_.restarts.front() + s_.how.period < now) s_.restarts.pop_front();
    if (s_.restarts.size() > s_.how.intensity)
      return stop_all(true, "too many restarts, the last of " + c->spec.id);
    plan(i);
    step();
  }

  void stop_all(bool gave_up, std::string why) {
    if (s_.stopping) return;
    s_.stopping = true;
    s_.gave_up = gave_up;
    s_.why = std::move(why);
    s_.to_start.clear();
    s_.to_stop.clear();
    for (std::size_t i = 0; i < s_.children.size(); ++i) s_.to_stop.insert(i);
    step();
  }

  void kill(std::size_t i, std::uint64_t generation) {
    auto& c = s_.children[i];
    if (c.up && c.generation == generation) self_->send_exit(c.handle, caf::exit_reason::kill);
  }

 private:
  void plan(std::size_t i) {
    const auto n = s_.children.size();
    const auto from = s_.how.strategy == strategy::one_for_all ? 0 : i;
    const auto to = s_.how.strategy == strategy::one_for_one ? i + 1 : n;
    for (auto k = from; k < to; ++k) {
      if (k != i && !s_.children[k].up && !s_.to_start.contains(k)) continue;  // ended for good
      s_.to_start.insert(k);
      if (s_.children[k].up) s_.to_stop.insert(k);
    }
  }

  void stop(std::size_t i) {
    auto& c = s_.children[i];
    self_->send_exit(c.handle, caf::exit_reason::user_shutdown);
    self_->delayed_send(self_, c.spec.grace, kill_atom::value, static_cast<std::uint64_t>(i),
                        c.generation);
  }

  std::chrono::milliseconds backoff() const {
    if (s_.restarts.size() < 2) return std::chrono::milliseconds(0);
    auto wait = s_.how.backoff;
    for (std::size_t n = 2; n < s_.restarts.size() && wait < s_.how.max_backoff; ++n) wait *= 4;
    wait = std::min(wait, s_.how.max_backoff);
    const auto half = static_cast<std::uint64_t>(wait.count()) / 2;
    return wait - std::chrono::milliseconds(half) +
           std::chrono::milliseconds(s_.how.random->next_u64() % (2 * half + 1));
  }

  void report(const supervisor_state::child& c, const caf::error& reason) {
    if (s_.how.crashes == nullptr) return;
    auto why = c.spec.last_error ? c.spec.last_error() : std::string();
    if (why.empty()) why = self_->system().render(reason);
    s_.how.crashes->record(
        {self_->clock().now(), c.spec.id, c.spec.last_message ? c.spec.last_message() : "", why},
        0);
  }

  void end() {
    if (s_.how.ended) s_.how.ended(!s_.gave_up, s_.why);
    self_->quit(s_.gave_up ? caf::exit_reason::unhandled_exception
                           : caf::exit_reason::user_shutdown);
  }

  supervisor_actor* self_;
  supervisor_state& s_;
};

caf::behavior supervise(supervisor_actor* self, supervision how, std::vector<child_spec> children) {
  self->state.how = std::move(how);
  for (auto& spec : children) self->state.children.push_back({std::move(spec), {}, 0, false});
  self->set_default_handler(caf::drop);
  self->set_down_handler([self](caf::down_msg& m) { table(self).ended(m); });
  self->set_exit_handler([self](caf::exit_msg&) { table(self).stop_all(false, "stopped"); });
  for (std::size_t i = 0; i < self->state.children.size(); ++i) table(self).start(i);
  return {
      [self](start_atom, std::uint64_t generation) { table(self).start_waiting(generation); },
      [self](kill_atom, std::uint64_t i, std::uint64_t generation) {
        table(self).kill(i, generation);
      },
  };
}

}  // namespace

caf::actor spawn_supervisor(caf::actor_system& system, supervision how,
                            std::vector<child_spec> children) {
  return system.spawn(supervise, std::move(how), std::move(children));
}

caf::actor spawn_supervisor(caf::event_based_actor* parent, supervision how,
                            std::vector<child_spec> children) {
  return parent->spawn(supervise, std::move(how), std::move(children));
}

}  // namespace nova::runtime
