// See turn_actor.hpp.
#include "actors/runtime/kernel/turn_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <atomic>

namespace nova::runtime {

using turn_atom = caf::atom_constant<caf::atom("turn")>;

namespace {

// CAF runs an actor on one thread at a time and hands it on by atomics inside its library, which TSan does not see in
// Debian's build. `handed_on` says the same where it can be seen; it costs nothing that can be measured.
struct sitting {
  std::unique_ptr<occupant> who;
  std::atomic<unsigned> handed_on{0};
};

class stay {
 public:
  explicit stay(sitting& s) : s_(s) { (void)s_.handed_on.load(std::memory_order_acquire); }
  ~stay() { s_.handed_on.fetch_add(1, std::memory_order_release); }
  stay(const stay&) = delete;
  stay& operator=(const stay&) = delete;

 private:
  sitting& s_;
};

using turn_actor = caf::stateful_actor<sitting>;

void fall(turn_actor* self, seat& s, last_words& words, std::string message, std::string why) {
  {
    std::lock_guard lock(words.mutex);
    words.message = std::move(message);
    words.error = std::move(why);
  }
  s.hang_bell(nullptr);
  self->quit(caf::sec::runtime_error);
}

void take_turn(turn_actor* self, seat& s, last_words& words) {
  stay here(self->state);
  s.begin_turn();
  auto& who = *self->state.who;
  try {
    if (who.turn()) s.wake();
  } catch (const std::exception& x) {
    fall(self, s, words, who.current(), x.what());
  } catch (...) {
    fall(self, s, words, who.current(), "an exception of unknown type");
  }
}

caf::behavior sit(turn_actor* self, seat* s, std::shared_ptr<last_words> words,
                  class_metrics* counters, std::function<steady_time()> now) {
  stay here(self->state);
  self->set_default_handler(caf::drop);
  self->set_exit_handler([self, s](caf::exit_msg& m) {
    stay here(self->state);
    s->hang_bell(nullptr);
    s->no_alarm();
    self->state.who.reset();
    self->quit(m.reason);
  });
  try {
    self->state.who = s->occupy();
  } catch (const std::exception& x) {
    fall(self, *s, *words, "start", x.what());
    return {};
  }
  s->hang_bell([to = caf::actor_cast<caf::actor>(self)] { caf::anon_send(to, turn_atom::value); });
  self->send(self, turn_atom::value);
  return {[self, s, words, counters, now = std::move(now)](turn_atom) {
    const auto start = now();
    take_turn(self, *s, *words);
    counters->handled_in((now() - start).count());
  }};
}

}  // namespace

child_spec seat_child(seat& s, class_metrics& counters, std::function<steady_time()> now,
                      std::chrono::milliseconds grace) {
  auto words = std::make_shared<last_words>();
  child_spec child;
  child.id = s.name();
  child.grace = grace;
  child.start = [&s, words, &counters, now](caf::event_based_actor* parent) -> caf::actor {
    return parent->spawn(sit, &s, words, &counters, now);
  };
  child.last_message = [words] {
    std::lock_guard lock(words->mutex);
    return words->message;
  };
  child.last_error = [words] {
    std::lock_guard lock(words->mutex);
    return std::exchange(words->error, {});
  };
  return child;
}

}  // namespace nova::runtime
