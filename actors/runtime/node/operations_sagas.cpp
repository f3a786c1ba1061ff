// Sagas for operators: the rows of every domain, and moves by the entity that runs the saga.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/node/operations.hpp"
#include "protocols/operations/operations.pb.h"
#include "storage/runtime/saga_rows.hpp"

#include <algorithm>

namespace nova::runtime {

using namespace nova::operations;

namespace {

/// "auth.0190…": the domain, and the id there.
struct saga_name {
  std::string domain;
  std::string id;
};

saga_name parse_saga_name(const std::string& text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return {};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

void fill(Saga& out, const std::string& domain, const storage::saga_row& row) {
  out.set_saga_id(domain + "." + row.id);
  out.set_definition(row.definition);
  out.set_entity(row.entity);
  out.set_phase(std::string(storage::name_of(row.phase)));
  out.set_step(row.step);
  out.set_started_at(row.started_at);
  out.set_step_at(row.step_at);
}

/// A page over several domains, one after another.
struct saga_page : std::enable_shared_from_this<saga_page> {
  std::vector<std::pair<std::string, storage::database*>> domains;
  std::string after;  ///< in the first of `domains`
  std::int64_t limit = 0;
  rpc::reply_fn reply;
  std::shared_ptr<SagasReply> out = std::make_shared<SagasReply>();

  void go_on() {
    if (domains.empty()) return reply(rpc::message_ptr(out));
    domains.front().second->read(
        storage::open_sagas(after, limit - out->items_size() + 1),
        [self = shared_from_this()](const storage::read_result& r) { self->take(r); });
  }

  void take(const storage::read_result& r) {
    if (r.has_error()) return reply(r.error());
    for (const auto& row : storage::read_sagas(*r)) {
      if (out->items_size() == limit) {
        out->set_next_cursor(out->items(static_cast<int>(limit) - 1).saga_id());
        return reply(rpc::message_ptr(out));
      }
      fill(*out->add_items(), domains.front().first, row);
    }
    domains.erase(domains.begin());
    after.clear();
    go_on();
  }
};

}  // namespace

void operations::sagas(rpc::call c) {
  const auto& q = static_cast<const SagasRequest&>(*c.request);
  auto page = std::make_shared<saga_page>();
  page->limit = std::min(q.has_limit() ? q.limit() : default_page, max_page);
  for (const auto& d : node_.internals().directory.domains())
    if (!q.has_domain() || d->link.domain.name == q.domain())
      page->domains.emplace_back(d->link.domain.name, d->link.database.get());
  if (page->domains.empty()) return c.reply(make_error(errc::not_found, "No such domain."));
  std::ranges::sort(page->domains);
  if (q.has_cursor()) {
    const auto behind = parse_saga_name(q.cursor());
    std::erase_if(page->domains, [&](const auto& d) { return d.first < behind.domain; });
    if (!page->domains.empty() && page->domains.front().first == behind.domain)
      page->after = behind.id;
  }
  page->reply = std::move(c.reply);
  page->go_on();
}

void operations::show_saga(rpc::call c) {
  const auto name = parse_saga_name(static_cast<const ShowSagaRequest&>(*c.request).saga_id());
  auto* database = database_of(name.domain);
  if (database == nullptr) return c.reply(make_error(errc::not_found));
  database->read(storage::saga_by_id(name.id),
                 [name, reply = std::move(c.reply)](const storage::read_result& r) {
                   if (r.has_error()) return reply(r.error());
                   const auto row = storage::read_saga(*r);
                   if (!row) return reply(make_error(errc::not_found));
                   auto out = std::make_shared<Saga>();
                   fill(*out, name.domain, *row);
                   reply(rpc::message_ptr(std::move(out)));
                 });
}

void operations::retry_saga(rpc::call c) {
  const auto q = static_cast<const RetrySagaRequest&>(*c.request);
  move_saga(std::move(c), q.saga_id(), false, q.reason());
}

void operations::compensate_saga(rpc::call c) {
  const auto q = static_cast<const CompensateSagaRequest&>(*c.request);
  move_saga(std::move(c), q.saga_id(), true, q.reason());
}

void operations::move_saga(rpc::call c, const std::string& saga_id, bool compensate,
                           const std::string& reason) {
  const auto name = parse_saga_name(saga_id);
  const auto mover = saga_movers_.find(name.domain);
  auto* database = database_of(name.domain);
  if (database == nullptr || mover == saga_movers_.end())
    return c.reply(make_error(errc::not_found));
  auto asked = std::make_shared<rpc::call>(std::move(c));
  database->read(storage::saga_by_id(name.id),
                 [this, asked, name, compensate, reason,
                  method = mover->second](const storage::read_result& r) {
                   if (r.has_error()) return asked->reply(r.error());
                   const auto row = storage::read_saga(*r);
                   if (!row) return asked->reply(make_error(errc::not_found));
                   if (row->entity.empty())
                     return asked->reply(make_error(errc::conflict, "The saga has ended."));
                   auto move = std::make_shared<MoveSagaRequest>();
                   move->set_entity(row->entity);
                   move->set_saga_id(name.id);
                   move->set_compensate(compensate);
                   move->set_actor(storage::actor_of(asked->caller));
                   move->set_reason(reason);
                   rpc::call order;
                   order.method = method;
                   order.caller = asked->caller;
                   order.caller.kind = rpc::caller_kind::node;
                   order.request_id = asked->request_id;
                   order.deadline = asked->deadline;
                   order.request = std::move(move);
                   order.reply = [asked](const rpc::reply_result& moved) {
                     if (moved.has_error()) return asked->reply(moved.error());
                     asked->reply(rpc::message_ptr(std::make_shared<Empty>()));
                   };
                   node_.call(std::move(order));
                 });
}

}  // namespace nova::runtime
