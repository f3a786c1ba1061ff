// The supervisor under CAF's test coordinator: strategies, restart kinds, intensity, back-off,
// ordered stop, escalation.
#include "actors/runtime/kernel/supervisor.hpp"
#include "actors/runtime/kernel/actor_config.hpp"
#include "actors/runtime/node/testing.hpp"
#include "protocols/core/log.hpp"

#include <doctest/doctest.h>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <map>

using namespace nova;
using namespace nova::runtime;
using std::chrono::milliseconds;

namespace {

using fail_atom = caf::atom_constant<caf::atom("fail")>;
using end_atom = caf::atom_constant<caf::atom("end")>;

/// Children a, b, c … that write "+a" when they start and "-a" when they end.
class troupe {
 public:
  explicit troupe(supervision how, restart when = restart::permanent, int count = 3,
                  bool stubborn = false)
      : config_(2, true), system_(config_) {
    how.random = &random_;
    how.crashes = &crashes_;
    how.ended = [this](bool ordered, std::string why) {
      ended = (ordered ? "ordered " : "gave up ") + why;
    };
    std::vector<child_spec> specs;
    for (int i = 0; i < count; ++i)
      specs.push_back(make(std::string(1, static_cast<char>('a' + i)), when, stubborn));
    top = spawn_supervisor(system_, std::move(how), std::move(specs));
    run();
  }
  ~troupe() {
    caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
    top = nullptr;
    run();
    for (auto& [name, child] : children) caf::anon_send_exit(child, caf::exit_reason::kill);
    children.clear();
    run();
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }
  void run() {
    while (scheduler().try_run_once()) {
    }
  }
  void pass(milliseconds d) {
    scheduler().advance_time(d);
    run();
  }
  std::string fail(const std::string& name) {
    trace.clear();
    caf::anon_send(children[name], fail_atom::value);
    run();
    return trace;
  }
  std::string end(const std::string& name) {
    trace.clear();
    caf::anon_send(children[name], end_atom::value);
    run();
    return trace;
  }
  std::string stop() {
    trace.clear();
    caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
    run();
    return trace;
  }

  std::string trace, ended;
  std::map<std::string, caf::actor> children;
  caf::actor top;

 private:
  child_spec make(std::string name, restart when, bool stubborn) {
    child_spec spec;
    spec.id = name;
    spec.when = when;
    spec.grace = milliseconds(500);
    spec.last_message = [name] { return "the message that killed " + name; };
    spec.start = [this, name, stubborn](caf::event_based_actor* parent) -> caf::actor {
      auto child =
          parent->spawn([this, name, stubborn](caf::event_based_actor* self) -> caf::behavior {
            trace += "+" + name;
            self->attach_functor([this, name] { trace += "-" + name; });
            if (stubborn) self->set_exit_handler([](caf::exit_msg&) {});
            return {
                [self](fail_atom) { self->quit(caf::sec::runtime_error); },
                [self](end_atom) { self->quit(); },
            };
          });
      children[name] = child;
      return child;
    };
    return spec;
  }

  seeded_random random_{7};
  actor_config config_;
  caf::actor_system system_;
  log::capture quiet_{[](log::level, std::string_view) {}};
  crash_log crashes_{3};

 public:
  std::vector<crash_report> reports() const { return crashes_.reports(); }
};

supervision with(strategy s, std::uint32_t intensity = 10) {
  supervision how;
  how.strategy = s;
  how.intensity = intensity;
  how.period = milliseconds(10'000);
  how.backoff = milliseconds(100);
  return how;
}

}  // namespace

TEST_CASE("children start in order and stop in reverse order") {
  troupe t(with(strategy::one_for_one));
  CHECK(t.trace == "+a+b+c");
  CHECK(t.stop() == "-c-b-a");
  CHECK(t.ended == "ordered stopped");
}

TEST_CASE("one_for_one restarts the one, rest_for_one those after it too, one_for_all all") {
  CHECK(troupe(with(strategy::one_for_one)).fail("b") == "-b+b");
  CHECK(troupe(with(strategy::rest_for_one)).fail("b") == "-b-c+b+c");
  CHECK(troupe(with(strategy::one_for_all)).fail("b") == "-b-c-a+a+b+c");
}

TEST_CASE("permanent comes back always, transient after a failure, temporary never") {
  CHECK(troupe(with(strategy::one_for_one), restart::permanent).end("b") == "-b+b");
  CHECK(troupe(with(strategy::one_for_one), restart::transient).end("b") == "-b");
  CHECK(troupe(with(strategy::one_for_one), restart::transient).fail("b") == "-b+b");
  CHECK(troupe(with(strategy::one_for_one), restart::temporary).fail("b") == "-b");
  troupe t(with(strategy::one_for_all), restart::transient);
  t.end("a");
  CHECK(t.fail("b") == "-b-c+b+c");  // a ended for good and stays away
}

TEST_CASE("the first restart is at once, later ones wait longer and longer, with jitter") {
  troupe t(with(strategy::one_for_one));
  CHECK(t.fail("a") == "-a+a");
  CHECK(t.fail("a") == "-a");
  t.pass(milliseconds(49));
  CHECK(t.trace == "-a");
  t.pass(milliseconds(102));
  CHECK(t.trace == "-a+a");
  CHECK(t.fail("a") == "-a");
  t.pass(milliseconds(199));
  CHECK(t.trace == "-a");
  t.pass(milliseconds(402));
  CHECK(t.trace == "-a+a");
}

TEST_CASE(
    "more restarts than the intensity within the window: it stops all in reverse order and gives "
    "up") {
  troupe t(with(strategy::one_for_one, 2));
  t.fail("a");
  t.fail("b");
  t.pass(milliseconds(300));
  CHECK(t.fail("c") == "-c-b-a");
  CHECK(t.ended == "gave up too many restarts, the last of c");
}

TEST_CASE("the window slides: slow failures are restarted without an end") {
  troupe t(with(strategy::one_for_one, 1));
  for (int i = 0; i < 10; ++i) {
    CHECK(t.fail("a") == "-a+a");
    t.pass(milliseconds(10'001));
  }
  CHECK(t.ended.empty());
}

TEST_CASE("a child that does not stop is killed after its grace, then the next is stopped") {
  troupe t(with(strategy::one_for_one), restart::permanent, 2, true);
  CHECK(t.stop() == "");
  t.pass(milliseconds(499));
  CHECK(t.trace == "");
  t.pass(milliseconds(2));
  CHECK(t.trace == "-b");
  t.pass(milliseconds(501));
  CHECK(t.trace == "-b-a");
  CHECK(t.ended == "ordered stopped");
}

TEST_CASE("a crash report keeps the reason and the message that killed") {
  troupe t(with(strategy::one_for_one));
  t.fail("b");
  const auto reports = t.reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].actor == "b");
  CHECK(reports[0].message == "the message that killed b");
  CHECK(reports[0].reason.find("runtime_error") != std::string::npos);
}

TEST_CASE(
    "escalation: a supervisor that gave up is restarted by its own supervisor, with fresh "
    "children") {
  seeded_random random(3);
  std::string trace;
  caf::actor inner_child;
  actor_config config(2, true);
  caf::actor_system system(config);
  auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  child_spec leaf;
  leaf.id = "leaf";
  leaf.start = [&](caf::event_based_actor* parent) -> caf::actor {
    inner_child = parent->spawn([&](caf::event_based_actor* self) -> caf::behavior {
      trace += "+leaf";
      return {[self](fail_atom) { self->quit(caf::sec::runtime_error); }};
    });
    return inner_child;
  };
  child_spec inner;
  inner.id = "inner";
  inner.start = [&](caf::event_based_actor* parent) {
    supervision how = with(strategy::one_for_one, 0);
    how.random = &random;
    trace += "+inner";
    return spawn_supervisor(parent, how, {leaf});
  };
  supervision how = with(strategy::one_for_one, 3);
  how.random = &random;
  auto top = spawn_supervisor(system, how, {inner});
  scheduler.run();
  caf::anon_send(inner_child, fail_atom::value);
  scheduler.run();
  CHECK(trace == "+inner+leaf+inner+leaf");
  caf::anon_send_exit(top, caf::exit_reason::user_shutdown);
  top = nullptr;
  inner_child = nullptr;
  scheduler.run();
}
