// What the reader does with one event: route, effect in an entity, failures.
#include "actors/runtime/entities/needs.hpp"
#include "actors/runtime/events/reader.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

const rpc::caller nobody{rpc::caller_kind::node, {}, {}, 0, {}, {}};

}  // namespace

reader::progress* reader::find(std::uint64_t seq, std::uint64_t ticket) {
  if (letter_ && letter_->event.seq == seq && letter_->ticket == ticket) return &*letter_;
  auto i = window_.find(seq);
  return i != window_.end() && i->second.ticket == ticket ? &i->second : nullptr;
}

storage::commit_unit reader::unit() const {
  storage::commit_unit u;
  u.activation = activation_;
  u.shard = seat_.home;
  return u;
}

bool reader::append(storage::commit_unit u) {
  services_.uncommitted.fetch_add(1, std::memory_order_relaxed);
  u.done = [node = &services_, seat = &seat_,
            done = std::move(u.done)](const storage::commit_outcome& o) {
    node->uncommitted.fetch_sub(1, std::memory_order_relaxed);
    done(o);
    if (seat->in_lane.fetch_sub(1) == 1) seat->wake();
  };
  seat_.in_lane.fetch_add(1);
  if (link_.lane(u.shard).append(std::move(u))) return true;
  seat_.in_lane.fetch_sub(1);
  services_.uncommitted.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

/// The route of an event whose turn has not come, if it can be told without reads. False: it cannot.
bool reader::foresee(progress& p) {
  if (p.route) return true;
  if (!p.body) p.body = body_of(p.event, *p.in->event);
  if (!p.body) return false;
  const context ctx{p.event.key, nobody, services_.wall(),       services_.random,    "intake",
                    "",          0,      &link_.domain.services, link_.domain.shards, p.event.seq};
  try {
    auto out = p.in->route(*p.body, ctx, {});
    if (auto* to = std::get_if<entity_effect>(&out)) p.target = link_.shard_number(to->key);
    else if (auto* several = std::get_if<shard_effects>(&out)) {
      if (several->parts.empty()) return false;
      p.parts = parts_of(*several, std::move(p.parts));
    } else if (!std::holds_alternative<read_model_effect>(out)) return false;
    p.route = std::move(out);
    return true;
  } catch (const std::exception&) {
    return false;  // its turn will show
  }
}

void reader::start(progress& p) {
  doing_ = "event " + std::to_string(p.event.type) + " " + source_ + "/" +
           std::to_string(seat_.source.shard) + "/" + std::to_string(p.event.seq);
  if (p.ticket == 0 && !p.letter && planted(planted_fault::offset_before_effect)) {
    auto early = unit();
    early.statements.push_back(
        {&queries::save_offset,
         {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq)},
         0});
    early.done = [](const storage::commit_outcome&) {};
    append(std::move(early));
    return rest(p);
  }
  p.ticket = ++seat_.last_ticket;
  p.at = stage::routing;
  if (!p.body) p.body = body_of(p.event, *p.in->event);
  if (!p.body) return ended(p.event.seq, p.ticket, event_end::failed, "the payload is broken");
  route(p, std::make_shared<reads>());
}

void reader::route(progress& p, std::shared_ptr<reads> results) {
  const context ctx{p.event.key,
                    nobody,
                    services_.wall(),
                    services_.random,
                    "intake",
                    "",
                    static_cast<int>(p.attempts),
                    &link_.domain.services,
                    link_.domain.shards,
                    p.event.seq};
  effect out;
  try {
    out = p.in->route(*p.body, ctx, *results);
  } catch (const std::exception& x) {
    return ended(p.event.seq, p.ticket, event_end::failed, x.what());
  }
  auto* more = std::get_if<need>(&out);
  if (more == nullptr || more->items.empty()) return routed(p, std::move(out));
  struct gathering {
    std::vector<need_result> got;
    std::size_t left;
  };
  auto g = std::make_shared<gathering>(
      gathering{std::vector<need_result>(more->items.size()), more->items.size()});
  carry_out(
      link_, std::move(*more), {&nobody, "intake", services_.now() + event_needs_within},
      [post = poster([g, results, seq = p.event.seq, ticket = p.ticket](
                         reader& r, std::size_t i, std::shared_ptr<need_result> x) {
         g->got[i] = std::move(*x);
         if (--g->left != 0) return;
         auto* p = r.find(seq, ticket);
         if (p == nullptr || p->at != stage::routing) return;
         for (auto& one : g->got) {
           if (one.failed) return r.ended(seq, ticket, event_end::suspended, "a read failed");
           results->append(std::move(one.value));
         }
         r.route(*p, results);
       })](std::size_t i, need_result x) { post(i, std::make_shared<need_result>(std::move(x))); });
}

void reader::routed(progress& p, effect&& e) {
  const auto* several = std::get_if<shard_effects>(&e);
  const bool none = std::holds_alternative<std::monostate>(e) || std::holds_alternative<need>(e) ||
                    (several != nullptr && several->parts.empty());
  if (none && p.letter) return write_letter(p, {});
  if (none) return settle(p);
  if (auto* to = std::get_if<entity_effect>(&e)) p.target = link_.shard_number(to->key);
  if (several != nullptr) p.parts = parts_of(*several, std::move(p.parts));
  if (p.letter) {
    if (several != nullptr) return letter_to_shards(p, std::move(std::get<shard_effects>(e)));
    if (auto* to = std::get_if<entity_effect>(&e)) return to_entity(p, *to);
    return write_letter(p, std::move(std::get<read_model_effect>(e)));
  }
  p.route = std::move(e);
  p.at = stage::queued;
  seat_.wake();
}

void reader::to_entity(progress& p, const entity_effect& e) {
  p.at = stage::applying;
  p.ticket = ++seat_.last_ticket;
  event_delivery d;
  d.source = source_;
  d.source_shard = seat_.source.shard;
  d.seq = p.event.seq;
  d.type = p.in->event;
  d.body = p.body;
  d.kind = e.kind;
  d.key = e.key;
  d.letter = p.letter;
  d.done = [seat = &seat_, sitting = seat_.sitting, seq = p.event.seq, ticket = p.ticket](
               event_end how, std::string reason) {
    seat->post([=](reader& r) {
      if (r.seat_.sitting == sitting) r.ended(seq, ticket, how, reason);
    });
  };
  router_.deliver(link_.address(*p.target), std::move(d));
}

void reader::ended(std::uint64_t seq, std::uint64_t ticket, event_end how, std::string reason) {
  auto* p = find(seq, ticket);
  if (p == nullptr || p->at == stage::settled) return;
  if (p->letter) return letter_ended(how, reason);
  if (how == event_end::applied) return applied(*p);
  if (how == event_end::failed) {
    class_metrics::count(services_.metrics.of(metric_class()).crashes);
    log::warn("runtime.event_failed", {{"consumer", link_.domain.name},
                                       {"source", source_},
                                       {"shard", seat_.source.shard},
                                       {"seq", seq},
                                       {"reason", reason}});
    if (++p->attempts >= settings().intake_attempts) {
      p->reason = std::move(reason);
      return put_aside(*p, letter_dead);
    }
  }
  rest(*p);
}

void reader::rest(progress& p) {
  p.at = stage::resting;
  p.route.reset();
  p.ticket = ++seat_.last_ticket;
  const auto factor = std::min<std::uint64_t>(100, 1ull << std::min<std::uint32_t>(p.attempts, 7));
  services_.timers.after(services_.jitter(milliseconds(settings().intake_backoff_ms * factor)),
                         poster([seq = p.event.seq, ticket = p.ticket](reader& r) {
                           if (auto* p = r.find(seq, ticket)) p->at = stage::queued;
                         }));
}

}  // namespace nova::runtime
