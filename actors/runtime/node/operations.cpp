// Who may operate, and what is not about letters or sagas.
#include "actors/runtime/node/operations.hpp"

#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/node/rebuild.hpp"
#include "protocols/core/log.hpp"
#include "protocols/operations/operations.nova.hpp"
#include "protocols/operations/operations.pb.h"

#include <algorithm>

namespace nova::runtime {

using namespace nova::operations;

namespace {

std::string_view name_of(rebuild::stage s) {
  constexpr std::string_view names[] = {"reading", "switching", "done", "failed"};
  return names[static_cast<std::size_t>(s)];
}

}  // namespace

operations::operations(node& n, open_beside beside) : node_(n), beside_(std::move(beside)) {
  using of = operations_interface;
  handlers_ = {{of::lag::info().number, &operations::lag},
               {of::dead_letters::info().number, &operations::dead_letters},
               {of::show_letter::info().number, &operations::show_letter},
               {of::retry_letter::info().number, &operations::retry_letter},
               {of::discard_letter::info().number, &operations::discard_letter},
               {of::replay::info().number, &operations::replay},
               {of::sagas::info().number, &operations::sagas},
               {of::show_saga::info().number, &operations::show_saga},
               {of::retry_saga::info().number, &operations::retry_saga},
               {of::compensate_saga::info().number, &operations::compensate_saga},
               {of::acts::info().number, &operations::acts}};
  for (const auto& d : node_.internals().directory.domains())
    for (const auto& kind : d->link.domain.kinds)
      for (const auto& [number, handler] : kind.calls) {
        const auto* method = rpc::find_method(number);
        if (method == nullptr) continue;
        if (method->operators) standing_ = method;
        if (method->moves_sagas) saga_movers_[method->domain] = method;
      }
}

bool operations::stop(std::chrono::milliseconds budget) {
  const std::lock_guard lock(mutex_);
  bool all = true;
  for (const auto& r : rebuilds_) {
    r->cancel();
    all &= r->gone_within(budget);
  }
  return all;
}

void operations::call(rpc::call c) {
  if (c.method->caller != rpc::caller_kind::operator_) return node_.call(std::move(c));
  if (c.caller.kind == rpc::caller_kind::node) return admitted(std::move(c));
  if (standing_ == nullptr) return c.reply(make_error(errc::forbidden));
  rpc::call question;
  question.method = standing_;
  question.caller = c.caller;
  question.caller.kind = rpc::caller_kind::node;
  question.request_id = c.request_id;
  question.deadline = c.deadline;
  question.request = std::make_shared<StandingRequest>();
  question.reply = [this, c = std::move(c)](const rpc::reply_result& r) mutable {
    if (r.has_error()) return c.reply(r.error());
    if (!static_cast<const StandingReply&>(**r).granted())
      return c.reply(make_error(errc::forbidden, "The account is no operator."));
    admitted(std::move(c));
  };
  node_.call(std::move(question));
}

void operations::admitted(rpc::call c) {
  const auto handler = handlers_.find(c.method->number);
  if (handler == handlers_.end()) return node_.call(std::move(c));
  (this->*handler->second)(std::move(c));
}

storage::database* operations::database_of(std::string_view domain) const {
  const auto* d = node_.internals().directory.find(domain);
  return d != nullptr ? d->link.database.get() : nullptr;
}

storage::act_row operations::act_of(const rpc::call& c, std::string_view act, std::string target,
                                    std::string reason) const {
  auto& services = node_.internals().services;
  storage::act_row row{make_uuid_v7(services.wall(), services.random),
                       services.wall(),
                       storage::actor_of(c.caller),
                       std::string(act),
                       std::move(target),
                       std::move(reason)};
  log::info(
      "runtime.operator_act",
      {{"actor", row.actor}, {"act", row.act}, {"target", row.target}, {"reason", row.reason}});
  return row;
}

void operations::record(std::string_view domain, const storage::act_row& act,
                        std::function<void(result<void>)> done) {
  auto* database = database_of(domain);
  if (database == nullptr) return done(make_error(errc::not_found, "There is no such domain."));
  storage::commit_unit unit;
  unit.statements.push_back(storage::record_act(act));
  unit.done = [done](const storage::commit_outcome& o) {
    if (o.status == storage::commit_status::committed) return done(result<void>());
    done(make_error(errc::unavailable, "The act could not be recorded."));
  };
  if (!database->lane().append(std::move(unit)))
    done(make_error(errc::unavailable, "The domain's database is away."));
}

void operations::lag(rpc::call c) {
  auto reply = std::make_shared<LagReply>();
  for (const auto& lag : node_.event_lags()) {
    auto* item = reply->add_items();
    item->set_consumer(std::string(lag.consumer));
    item->set_source(std::string(lag.source));
    if (lag.unread) {
      item->set_unread(static_cast<std::int64_t>(*lag.unread));
      item->set_lag_ms(lag.age_ms);
    }
    item->set_dead_letters(lag.letters);
    item->set_skipped(static_cast<std::int64_t>(lag.skipped));
  }
  const std::lock_guard lock(mutex_);
  for (const auto& r : rebuilds_) {
    const auto now = r->now();
    auto* item = reply->add_rebuilds();
    item->set_consumer(std::string(r->consumer()));
    item->set_state(std::string(name_of(now.at)));
    item->set_events(static_cast<std::int64_t>(now.events));
    item->set_added(now.added);
    item->set_removed(now.removed);
    item->set_problem(now.problem);
  }
  c.reply(rpc::message_ptr(std::move(reply)));
}

namespace {

/// Acts of all domains on their way into one answer.
struct gathering {
  std::mutex mutex;
  std::vector<storage::act_row> acts;
  std::size_t waiting = 0;
  bool failed = false;
};

}  // namespace

void operations::acts(rpc::call c) {
  const auto& q = static_cast<const ActsRequest&>(*c.request);
  const auto limit = std::min(q.has_limit() ? q.limit() : default_page, max_page);
  const auto& domains = node_.internals().directory.domains();
  auto all = std::make_shared<gathering>();
  all->waiting = domains.size();
  auto reply = std::make_shared<rpc::reply_fn>(std::move(c.reply));
  for (const auto& d : domains)
    d->link.database->read(
        storage::newest_acts(limit), [all, reply, limit](storage::read_result r) {
          std::unique_lock lock(all->mutex);
          if (r.has_error()) all->failed = true;
          else std::ranges::move(storage::read_acts(*r), std::back_inserter(all->acts));
          if (--all->waiting != 0) return;
          lock.unlock();
          if (all->failed)
            return (*reply)(make_error(errc::unavailable, "The database of a domain is away."));
          std::ranges::sort(all->acts, std::greater(),
                            [](const storage::act_row& a) { return std::pair(a.at, a.id); });
          auto out = std::make_shared<ActsReply>();
          for (const auto& a : all->acts) {
            if (out->items_size() == limit) break;
            auto* item = out->add_items();
            item->set_at(a.at);
            item->set_actor(a.actor);
            item->set_act(a.act);
            item->set_target(a.target);
            item->set_reason(a.reason);
          }
          (*reply)(rpc::message_ptr(std::move(out)));
        });
}

}  // namespace nova::runtime
