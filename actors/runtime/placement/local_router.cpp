#include "actors/runtime/placement/local_router.hpp"

#include "protocols/core/log.hpp"
#include "protocols/core/trace.hpp"

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

/// Of a method that declares none.
constexpr std::uint32_t default_deadline_ms = 5000;

constexpr std::uint32_t tap_attempts = 8;
constexpr milliseconds tap_pause{50};  ///< doubles with each attempt

/// Callers without an account share the entity of the nil account.
bool takes_guests(const rpc::method& m) {
  return m.caller == rpc::caller_kind::guest || m.caller == rpc::caller_kind::node;
}

}  // namespace

result<std::string> local_router::key_of(const rpc::call& c) const {
  const auto* normalise = directory_.find_key_rule(c.method->number);
  if (normalise == nullptr) return unavailable(services_.settings().overload_retry_ms);
  std::string raw;
  switch (c.method->key) {
    case rpc::key_source::field: raw = c.method->key_of(*c.request); break;
    case rpc::key_source::account:
      if (c.caller.account.is_nil() && !takes_guests(*c.method))
        return make_error(errc::unauthenticated);
      raw = to_string(c.caller.account);
      break;
    case rpc::key_source::fresh:
      raw = to_string(make_uuid_v7(services_.wall(), services_.random));
      break;
    case rpc::key_source::single: raw = "one"; break;
  }
  return *normalise ? (*normalise)(*c.method, std::move(raw)) : result<std::string>(std::move(raw));
}

void local_router::call(rpc::call c) {
  const trace::span traced(trace::station::route, [&] {
    return trace::subject{c.request_id, c.method->name};
  });
  const auto* to = directory_.find_route(c.method->number);
  const auto retry_ms = services_.settings().overload_retry_ms;
  // While stopping, accepted calls may still ask other entities.
  const bool closed =
      services_.stopping.load(std::memory_order_relaxed) && c.caller.kind != rpc::caller_kind::node;
  if (to == nullptr || closed) return c.reply(unavailable(retry_ms));
  auto key = c.key.empty() ? key_of(c) : result<std::string>(std::move(c.key));
  if (key.has_error()) return c.reply(key.error());
  if (c.deadline == steady_time{})
    c.deadline = services_.now() + milliseconds(c.method->deadline_ms != 0 ? c.method->deadline_ms
                                                                           : default_deadline_ms);
  auto& domain = *to->domain;
  const auto number = domain.link.shard_number(key.value());
  auto& part = domain.link.part_of(number);
  auto f = std::make_unique<flight>(std::in_place_type<call_work>, std::move(c), nullptr, &part);
  f->kind = to->kind;
  f->key = std::move(key.value());
  f->handler = to->handler;
  part.under_way.fetch_add(1, std::memory_order_relaxed);
  auto& shard = *domain.shards[number];
  shard_item item(std::move(f));
  if (shard.push(std::move(item))) return;
  class_metrics::count(domain.link.shard_metrics->inbox_overflows);
  std::get<flight_ptr>(item)->give_up(errc::overloaded, retry_ms);
}

shard_seat& local_router::seat(shard_address a) const {
  return *directory_.find(a.domain)->shards[a.shard];
}

bool local_router::wanted(std::string_view domain) const {
  return !directory_.listeners({domain, 0}).empty();
}

void local_router::publish(shard_address source, const relay_batch_ptr& batch) {
  for (auto* r : directory_.listeners(source))
    if (!r->push(batch)) r->wake();  // it is full: it will pull
}

void local_router::announce(shard_address source) {
  for (auto* r : directory_.listeners(source)) r->wake();
}

void local_router::tap(std::uint32_t event, const rpc::message_ptr& body) {
  if (const auto* taps = directory_.taps(event))
    for (const auto& f : taps->call) tell(f, body, 1);
}

void local_router::tap_stored(std::uint32_t event, const std::string& payload) {
  const auto* taps = directory_.taps(event);
  if (taps == nullptr) return;
  auto body = taps->type->type->make();
  if (body->ParseFromString(payload)) tap(event, body);
}

/// A tap that throws is called again: what it should tell is committed.
void local_router::tell(const directory::tap_fn& tap, const rpc::message_ptr& body,
                        std::uint32_t attempt) {
  try {
    tap(body);
  } catch (const std::exception& x) {
    services_.crashes.record({services_.now(), "tap", body->GetTypeName(), x.what(), attempt}, 0);
    if (attempt >= tap_attempts)
      return log::error("runtime.tap_lost", {{"event", body->GetTypeName()}, {"reason", x.what()}});
    services_.timers.after(tap_pause * (1 << attempt),
                           [this, &tap, body, attempt] { tell(tap, body, attempt + 1); });
  }
}

bool local_router::settle(shard_address source, std::string_view consumer, settle_wait question) {
  for (auto* r : directory_.listeners(source))
    if (r->consumer.domain.name == consumer) {
      // With its database away nothing settles there: the caller would wait for nothing.
      if (!r->consumer.serves(r->home) || !r->consumer.lane(r->home).accepting()) return false;
      r->post(std::move(question));
      return true;
    }
  return false;
}

std::uint64_t local_router::last_event(shard_address source) const {
  return seat(source).last_event.load();
}

bool local_router::knows_events(shard_address source) const { return seat(source).claimed; }

void local_router::pull(shard_address source, pull_request request) {
  seat(source).post([request = std::move(request)](shard& s) { s.pull(request); });
}

void local_router::deliver(shard_address target, event_delivery event) {
  auto shared = std::make_shared<event_delivery>(std::move(event));
  seat(target).post([shared](shard& s) { s.deliver(std::move(*shared)); });
}

void local_router::deliver_part(shard_address target, part_ptr part) {
  seat(target).post([part = std::move(part)](shard& s) { s.deliver_part(part); });
}

void local_router::refresh(shard_address target, std::string_view kind, const std::string& key,
                           std::function<void()> done) {
  seat(target).post([kind, key, done = std::move(done)](shard& s) { s.refresh(kind, key, done); });
}

}  // namespace nova::runtime
