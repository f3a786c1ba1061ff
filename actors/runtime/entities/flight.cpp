#include "actors/runtime/entities/flight.hpp"

#include "actors/runtime/routing/domain_link.hpp"

namespace nova::runtime {

const rpc::caller flight::node_caller{rpc::caller_kind::node, {}, {}, 0, {}, {}};

flight::~flight() {
  if (auto* e = as_event(); e != nullptr && e->event.done) give_up(errc::unavailable);
  if (is_call() && !answered()) reply(make_error(errc::internal));
}

std::uint32_t flight::number() const {
  if (auto* e = as_event()) return e->event.type->number;
  return is_call() ? call().method->number : 0;
}

void flight::reply(rpc::reply_result r) {
  timed::unlink();
  auto* work = as_call();
  if (work == nullptr || !work->call.reply) return;
  auto fn = std::move(work->call.reply);
  work->call.reply = nullptr;
  if (auto* part = std::exchange(work->part, nullptr)) part->answered();
  fn(std::move(r));
}

void flight::end_event(event_end how, std::string reason) {
  auto* work = as_event();
  if (work == nullptr) return;
  if (auto done = std::exchange(work->event.done, nullptr)) done(how, std::move(reason));
}

void flight::give_up(errc code, std::uint32_t retry_after_ms) {
  const bool counts = code != errc::unavailable && code != errc::overloaded;
  end_event(counts ? event_end::failed : event_end::suspended,
            std::string(nova::describe(code).name));
  reply(make_error(code, {}, retry_after_ms));
}

void flight::reset() {
  at = stage::fresh;
  held_back.reset();
  results = {};
  partial.clear();
  outstanding = 0;
  rounds = 0;
  need_failed.reset();
  decided.reset();
}

trace::subject flight::traced() const noexcept {
  if (is_call()) return {call().request_id, call().method->name};
  if (as_event() != nullptr) return {"", "event"};
  return {"", as_reminder() != nullptr ? "reminder" : "load"};
}

std::string flight::describe() const {
  if (auto* e = as_event())
    return std::string(e->event.type->name) + " " + e->event.source + "/" +
           std::to_string(e->event.source_shard) + "/" + std::to_string(e->event.seq);
  if (auto* r = as_reminder()) return "reminder " + r->name;
  if (loads()) return "load";
  return std::string(call().method->name) + " request=" + call().request_id;
}

}  // namespace nova::runtime
