// See hub.hpp.
#include "actors/runtime/node/hub.hpp"

#include "actors/runtime/pushes/courier.hpp"
#include "actors/runtime/entities/flight.hpp"
#include "actors/runtime/placement/host.hpp"
#include "actors/runtime/events/reader.hpp"
#include "actors/runtime/entities/shard.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <stdexcept>

namespace nova::runtime {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds default_deadline{5000};

}  // namespace

error unavailable(std::uint32_t retry_after_ms) {
  return error{errc::unavailable, "", retry_after_ms, {}};
}

std::size_t domain_link::kind_index(std::string_view kind) const {
  for (std::size_t i = 0; i < domain.kinds.size(); ++i)
    if (domain.kinds[i].name == kind) return i;
  throw std::logic_error("unknown entity kind " + std::string(kind));
}

shard_seat& domain_link::shard_of(std::string_view key) const { return *shards[shard_number(key)]; }

hub::hub(node_options o, rpc::push_sink& s)
    : options(std::move(o)),
      sink(&s),
      crashes(
          options.settings.poison_after,
          [this](std::string_view severity, std::string line) { log(severity, std::move(line)); }),
      jobs(options.simulated ? 0 : std::max<std::uint32_t>(1, options.settings.job_threads),
           options.settings.max_queued_jobs, options.settings.overload_retry_ms) {
  const auto slots = std::bit_ceil(std::max<std::uint32_t>(1, options.settings.courier_slots));
  for (std::uint32_t i = 0; i < slots; ++i)
    couriers.push_back(
        std::make_unique<courier_seat>(*this, i, options.settings.max_courier_inbox));
}

hub::~hub() = default;

domain_link* hub::find(std::string_view domain) const {
  for (const auto& d : domains)
    if (d->domain.name == domain) return d.get();
  return nullptr;
}

bool hub::ousted() const {
  return std::any_of(domains.begin(), domains.end(),
                     [](const auto& d) { return d->holding == holding::elsewhere; });
}

void hub::log(std::string_view severity, std::string line) const {
  if (options.log) return options.log(severity, std::move(line));
  std::fprintf(stderr, "%.*s runtime %s\n", static_cast<int>(severity.size()), severity.data(),
               line.c_str());
}

result<std::string> hub::key_of(const rpc::call& c, const route& r) {
  std::string raw;
  switch (c.method->key) {
    case rpc::key_source::field:
      raw = c.method->key_of(*c.request);
      break;
    case rpc::key_source::account:
      if (c.caller.account.is_nil()) return error{errc::unauthenticated, "", 0, {}};
      raw = to_string(c.caller.account);
      break;
    case rpc::key_source::fresh:
      raw = to_string(make_uuid_v7(wall(), *options.random));
      break;
    case rpc::key_source::single:
      raw = "one";
      break;
  }
  const auto& kind = r.domain->domain.kinds[r.kind];
  if (kind.normalise_key) return kind.normalise_key(*c.method, std::move(raw));
  return raw;
}

void hub::call(rpc::call c) {
  auto i = routes.find(c.method->number);
  // While stopping, accepted calls may still ask other entities.
  const bool closed =
      stopping.load(std::memory_order_relaxed) && c.caller.kind != rpc::caller_kind::node;
  if (i == routes.end() || closed) {
    c.reply(unavailable(settings().overload_retry_ms));
    return;
  }
  auto key = key_of(c, i->second);
  if (key.has_error()) {
    c.reply(key.error());
    return;
  }
  if (c.deadline == steady_time{})
    c.deadline = now() + (c.method->deadline_ms != 0 ? milliseconds(c.method->deadline_ms)
                                                     : default_deadline);
  auto& domain = *i->second.domain;
  auto f = std::make_unique<flight>(*this);
  f->kind = i->second.kind;
  f->key = std::move(key.value());
  f->handler = i->second.handler;
  f->call = std::move(c);
  f->counted = true;
  under_way.fetch_add(1, std::memory_order_relaxed);
  shard_item item(std::move(f));
  if (domain.shard_of(std::get<flight_ptr>(item)->key).push(std::move(item))) return;
  class_metrics::count(domain.shard_metrics->inbox_overflows);
  std::get<flight_ptr>(item)->give_up(errc::overloaded, settings().overload_retry_ms);
}

void hub::after(milliseconds delay, std::function<void()> fire) {
  const auto due = now() + delay;
  std::lock_guard lock(timer_mutex_);
  timers_.push_back({due, ++timer_order_, std::move(fire)});
  std::push_heap(timers_.begin(), timers_.end());
}

void hub::tick() {
  const auto t = now();
  std::vector<std::function<void()>> due;
  {
    std::lock_guard lock(timer_mutex_);
    while (!timers_.empty() && timers_.front().due <= t) {
      std::pop_heap(timers_.begin(), timers_.end());
      due.push_back(std::move(timers_.back().fire));
      timers_.pop_back();
    }
  }
  for (auto& fire : due) fire();
  for (auto* s : alarms_)
    if (s->due(t)) s->wake();
}

milliseconds hub::jitter(milliseconds base) {
  const auto half = static_cast<std::uint64_t>(base.count()) / 2;
  return milliseconds(base.count() - half + options.random->next_u64() % (2 * half + 1));
}

}  // namespace nova::runtime
