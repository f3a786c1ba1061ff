// See flight.hpp.
#include "actors/runtime/entities/flight.hpp"

namespace nova::runtime {

flight::~flight() {
  if (event && event->done) give_up(errc::unavailable);
  if (is_call() && call.reply) reply(error{errc::internal, "", 0, {}});
}

void flight::reply(rpc::reply_result r) {
  timed::unlink();
  if (!call.reply) return;
  auto fn = std::move(call.reply);
  call.reply = nullptr;
  if (counted) {
    counted = false;
    hub.under_way.fetch_sub(1, std::memory_order_relaxed);
  }
  fn(std::move(r));
}

void flight::give_up(errc code, std::uint32_t retry_after_ms) {
  if (event && event->done) {
    auto done = std::move(event->done);
    event->done = nullptr;
    const bool counts = code != errc::unavailable && code != errc::overloaded;
    done(counts ? event_end::failed : event_end::suspended, std::string(nova::describe(code).name));
  }
  if (is_call()) reply(error{code, "", retry_after_ms, {}});
}

void flight::reset() {
  at = stage::fresh;
  held_back.reset();
  results = {};
  partial.clear();
  outstanding = 0;
  rounds = 0;
  need_failed.reset();
  decided = false;
  has_unit = false;
  outcome.reset();
  answer = error{};
  pushes.clear();
  watches.clear();
  events.clear();
  passivate = false;
}

std::string flight::describe() const {
  if (event)
    return std::string(event->type->name) + " " + event->source + "/" +
           std::to_string(event->source_shard) + "/" + std::to_string(event->seq);
  if (reminder) return "reminder " + reminder->name;
  if (loads) return "load";
  return std::string(call.method->name) + " request=" + call.request_id;
}

}  // namespace nova::runtime
