// See bare_request.hpp.
#include "bench/runtime/bare_request.hpp"

#include "actors/runtime/node/node_impl.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>

namespace nova::bench {

namespace {

using go_atom = caf::atom_constant<caf::atom("go")>;

caf::behavior serve(caf::event_based_actor* self, std::shared_ptr<std::int64_t> sum) {
  self->set_default_handler(caf::drop);
  return {[sum](const std::string&) { return ++*sum; }};
}

struct lane {
  std::atomic<bool>& asking;
  std::latch& over;
  std::uint64_t answers = 0;
};

void ask_again(caf::event_based_actor* self, const caf::actor& server, const std::string& key,
               lane& l) {
  if (!l.asking.load(std::memory_order_relaxed)) {
    self->send_exit(server, caf::exit_reason::user_shutdown);
    self->quit();
    l.over.count_down();
    return;
  }
  self->request(server, caf::infinite, key).then([=, &l](std::int64_t) {
    ++l.answers;
    ask_again(self, server, key, l);
  });
}

caf::behavior ask(caf::event_based_actor* self, caf::actor server, lane* l) {
  return {[=](go_atom) { ask_again(self, server, std::string(36, 'k'), *l); }};
}

struct stock_config : caf::actor_system_config {
  stock_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", static_cast<std::size_t>(runtime::scheduler_threads(0)));
  }
};

}  // namespace

struct bare_caf::impl {
  stock_config config;
  std::unique_ptr<caf::actor_system> own;
  caf::actor_system* system = nullptr;
};

bare_caf::bare_caf() : impl_(std::make_unique<impl>()) {
  impl_->own = std::make_unique<caf::actor_system>(impl_->config);
  impl_->system = impl_->own.get();
}

bare_caf::bare_caf(runtime::node& on) : impl_(std::make_unique<impl>()) {
  impl_->system = on.internals().system.get();
}

bare_caf::~bare_caf() = default;

std::uint64_t bare_caf::run(std::size_t lanes, double seconds) {
  auto& system = *impl_->system;
  std::atomic<bool> asking{true};
  std::latch over(static_cast<std::ptrdiff_t>(lanes));
  std::vector<std::unique_ptr<lane>> all;
  for (std::size_t i = 0; i < lanes; ++i) {
    all.push_back(std::make_unique<lane>(lane{asking, over}));
    auto server = system.spawn(serve, std::make_shared<std::int64_t>(0));
    auto client = system.spawn(ask, server, all.back().get());
    caf::anon_send(client, go_atom::value);
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  asking = false;
  over.wait();
  std::uint64_t answers = 0;
  for (const auto& l : all) answers += l->answers;
  return answers;
}

}  // namespace nova::bench
