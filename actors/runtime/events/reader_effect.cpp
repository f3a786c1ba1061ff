// What the reader does with one event: route, effect, failures.
#include "actors/runtime/events/reader.hpp"
#include "protocols/core/log.hpp"
#include "protocols/core/planted.hpp"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>

namespace nova::runtime {

namespace queries = storage::runtime_queries;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds need_patience{5000};
const rpc::caller nobody{rpc::caller_kind::node, {}, {}, 0, {}, {}};

storage::statement offset_at(const std::string& source, std::uint32_t shard, std::uint64_t seq) {
  return {&queries::save_offset, {source, std::int64_t{shard}, static_cast<std::int64_t>(seq)}, 0};
}

}  // namespace

reader::progress* reader::find(std::uint64_t seq, std::uint64_t ticket) {
  auto i = window_.find(seq);
  return i != window_.end() && i->second.ticket == ticket ? &i->second : nullptr;
}

storage::commit_unit reader::unit() const {
  storage::commit_unit u;
  u.activation = activation_;
  u.shard = static_cast<std::uint32_t>(seat_.source.shard % link_.domain.shards);
  return u;
}

bool reader::append(storage::commit_unit u) {
  services_.uncommitted.fetch_add(1, std::memory_order_relaxed);
  u.done = [node = &services_, done = std::move(u.done)](const storage::commit_outcome& o) {
    node->uncommitted.fetch_sub(1, std::memory_order_relaxed);
    done(o);
  };
  if (link_.database->lane().append(std::move(u))) return true;
  services_.uncommitted.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

/// The route of an event that must wait for an earlier one of its key, if that can be told without
/// reads.
void reader::foresee(progress& p) {
  if (!p.body) p.body = body_of(p.event, *p.in->event);
  if (!p.body) return;
  const context ctx{p.event.key, nobody, services_.wall(), services_.random,
                    "intake",    "",     0,           &link_.domain.services};
  try {
    auto out = p.in->route(*p.body, ctx, {});
    auto* to = std::get_if<entity_effect>(&out);
    if (to == nullptr) return;
    p.target = link_.shard_number(to->key);
    p.route = std::move(out);
  } catch (const std::exception&) {
    return;  // its turn will show
  }
}

void reader::start(progress& p) {
  doing_ = std::string(p.in->event->name) + " " + source_ + "/" +
           std::to_string(seat_.source.shard) + "/" + std::to_string(p.event.seq);
  if (p.ticket == 0 && planted(planted_fault::offset_before_effect)) {
    auto early = unit();
    early.statements.push_back(offset_at(source_, seat_.source.shard, p.event.seq));
    early.done = [](const storage::commit_outcome&) {};
    append(std::move(early));
    return rest(p);
  }
  p.ticket = ++last_ticket_;
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
                    &link_.domain.services};
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
      link_, std::move(*more), {&nobody, "intake", services_.now() + need_patience},
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
  if (std::holds_alternative<std::monostate>(e) || std::holds_alternative<need>(e))
    return settle(p);
  if (auto* to = std::get_if<entity_effect>(&e)) p.target = link_.shard_number(to->key);
  p.route = std::move(e);
  p.at = stage::queued;
  seat_.wake();
}

void reader::to_entity(progress& p, const entity_effect& e) {
  p.at = stage::applying;
  p.ticket = ++last_ticket_;
  event_delivery d;
  d.source = source_;
  d.source_shard = seat_.source.shard;
  d.seq = p.event.seq;
  d.type = p.in->event;
  d.body = p.body;
  d.kind = e.kind;
  d.key = e.key;
  d.done = [seat = &seat_, sitting = seat_.sitting, seq = p.event.seq, ticket = p.ticket](
               event_end how, std::string reason) {
    seat->post([=](reader& r) {
      if (r.seat_.sitting == sitting) r.ended(seq, ticket, how, reason);
    });
  };
  router_.deliver(link_.address(*p.target), std::move(d));
}

void reader::to_read_model(progress& p, read_model_effect&& e) {
  p.at = stage::applying;
  p.ticket = ++last_ticket_;
  auto u = unit();
  u.statements = std::move(e.statements);
  u.statements.push_back(offset_at(source_, seat_.source.shard, p.event.seq));
  u.done = poster([seq = p.event.seq, ticket = p.ticket, which = std::move(e.refresh)](
                      reader& r, const storage::commit_outcome& o) {
    using storage::commit_status;
    auto* p = r.find(seq, ticket);
    if (p == nullptr) return;
    if (o.status == commit_status::committed) {
      r.durable_ = std::max(r.durable_, seq);
      r.saving_ = std::max(r.saving_, seq);
      return r.refresh(*p, which);
    }
    r.activation_ = r.services_.next_activation();
    if (o.status == commit_status::fenced) r.link_.report_fenced();
    const bool counts = o.status == commit_status::rejected || o.status == commit_status::conflict;
    r.ended(seq, ticket, counts ? event_end::failed : event_end::suspended, o.detail);
  });
  p.route.reset();
  if (!append(std::move(u)))
    ended(p.event.seq, p.ticket, event_end::suspended, "the lane does not accept");
}

void reader::refresh(progress& p, const std::vector<entity_effect>& which) {
  if (which.empty()) return settle(p);
  auto left = std::make_shared<std::size_t>(which.size());
  for (const auto& e : which) {
    auto done = poster([left, seq = p.event.seq, ticket = p.ticket](reader& r) {
      if (--*left != 0) return;
      if (auto* p = r.find(seq, ticket)) r.settle(*p);
    });
    router_.refresh(link_.home_of(e.key), e.kind, e.key, done);
  }
}

void reader::ended(std::uint64_t seq, std::uint64_t ticket, event_end how, std::string reason) {
  auto* p = find(seq, ticket);
  if (p == nullptr || p->at == stage::settled) return;
  if (how == event_end::applied) return settle(*p);
  if (how == event_end::failed) {
    class_metrics::count(
        services_.metrics.of(std::string("reader:") + std::string(link_.domain.name)).crashes);
    log::warn("runtime.event_failed", {{"consumer", link_.domain.name},
                                       {"source", source_},
                                       {"shard", seat_.source.shard},
                                       {"seq", seq},
                                       {"reason", reason}});
    if (++p->attempts >= settings().intake_attempts)
      return put_aside(*p, "dead", std::move(reason));
  }
  rest(*p);
}

void reader::rest(progress& p) {
  p.at = stage::resting;
  p.route.reset();
  p.ticket = ++last_ticket_;
  const auto factor = std::min<std::uint64_t>(100, 1ull << std::min<std::uint32_t>(p.attempts, 7));
  services_.timers.after(services_.jitter(milliseconds(settings().intake_backoff_ms * factor)),
             poster([seq = p.event.seq, ticket = p.ticket](reader& r) {
               if (auto* p = r.find(seq, ticket)) p->at = stage::queued;
             }));
}

void reader::put_aside(progress& p, const char* status, std::string reason) {
  p.at = stage::applying;
  p.ticket = ++last_ticket_;
  auto u = unit();
  u.statements.push_back(
      {&queries::insert_dead_letter,
       {source_, std::int64_t{seat_.source.shard}, static_cast<std::int64_t>(p.event.seq),
        std::int64_t{p.event.type}, p.event.key, storage::bytes{payload_of(p.event)},
        std::string(status), reason, std::int64_t{p.attempts}},
       0});
  u.done =
      poster([seq = p.event.seq, ticket = p.ticket](reader& r, const storage::commit_outcome& o) {
        auto* p = r.find(seq, ticket);
        if (p == nullptr) return;
        if (o.status == storage::commit_status::committed) {
          class_metrics::count(
              r.services_.metrics.of(std::string("reader:") + std::string(r.link_.domain.name))
                  .dead_letters);
          r.dead_keys_.insert(p->event.key);
          return r.settle(*p);
        }
        r.activation_ = r.services_.next_activation();
        r.rest(*p);
      });
  if (!append(std::move(u))) return rest(p);
  log::error("runtime.dead_letter", {{"status", status},
                                     {"consumer", link_.domain.name},
                                     {"source", source_},
                                     {"shard", seat_.source.shard},
                                     {"seq", p.event.seq},
                                     {"key", p.event.key},
                                     {"reason", reason}});
}

}  // namespace nova::runtime
