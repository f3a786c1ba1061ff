// Replays for operators: readers that go back, and rebuilds of a read model.
#include "actors/runtime/node/node_impl.hpp"
#include "actors/runtime/node/operations.hpp"
#include "actors/runtime/node/rebuild.hpp"
#include "protocols/operations/operations.pb.h"
#include "storage/runtime/runtime_queries.hpp"

#include <algorithm>
#include <map>

namespace nova::runtime {

using namespace nova::operations;
namespace queries = storage::runtime_queries;

namespace {

/// One operator's replay: readers of one consumer go back, each for itself.
struct replay_run {
  std::mutex mutex;
  std::size_t waiting = 0;
  std::uint64_t events = 0;
  std::optional<error> failed;
  rpc::reply_fn reply;

  void told(const result<std::uint64_t>& one) {
    std::unique_lock lock(mutex);
    if (one.has_error()) failed = one.error();
    else events += *one;
    if (--waiting != 0) return;
    lock.unlock();
    if (failed) return reply(*failed);
    auto out = std::make_shared<ReplayReply>();
    out->set_events(static_cast<std::int64_t>(events));
    reply(rpc::message_ptr(std::move(out)));
  }
};

/// Where each reader begins again, by the events that its source still has.
struct source_span {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> since;
};

result<std::uint64_t> begin_of(const ReplayRequest& q, const source_span& has) {
  if (q.has_from_time()) return has.since.value_or(has.last + 1);
  const auto from = static_cast<std::uint64_t>(q.has_from_seq() ? q.from_seq() : 1);
  if (from >= has.first) return from;
  return make_error(errc::conflict, "The events before " + std::to_string(has.first) +
                                        " are gone: their time is over.");
}

}  // namespace

void operations::replay(rpc::call c) {
  const auto& q = static_cast<const ReplayRequest&>(*c.request);
  auto* consumer = node_.internals().directory.find(q.consumer());
  if (consumer == nullptr) return c.reply(make_error(errc::not_found, "There is no such domain."));
  if (q.rebuild()) return rebuild_model(std::move(c), *consumer);
  std::map<std::string_view, std::vector<reader_seat*>> readers;
  bool elsewhere = false;
  for (const auto& r : consumer->readers) {
    if ((q.has_source() && r->source.domain != q.source()) ||
        (q.has_shard() && r->source.shard != q.shard()))
      continue;
    if (consumer->link.serves(r->home)) readers[r->source.domain].push_back(r.get());
    else elsewhere = true;
  }
  if (readers.empty())
    return c.reply(elsewhere ? make_error(errc::conflict, "Other nodes read these events.")
                             : make_error(errc::not_found, "The domain takes no such events."));
  auto asked = std::make_shared<rpc::call>(std::move(c));
  const auto act = act_of(*asked, "replay", q.consumer(), q.reason());
  auto run = std::make_shared<replay_run>();
  run->reply = [asked](const rpc::reply_result& r) { asked->reply(r); };
  for (const auto& [source, list] : readers) run->waiting += list.size();
  record(q.consumer(), act, [this, q, readers, run](const result<void>& recorded) {
    if (recorded.has_error()) return run->reply(recorded.error());
    for (const auto& [source, list] : readers)
      database_of(source)->read(
          {&queries::outbox_span, {storage::timestamp{q.from_time()}}, 0},
          [q, list = list, run](const storage::read_result& found) {
            std::map<std::uint32_t, source_span> spans;
            for (std::size_t i = 0; found.has_value() && i < found->size(); ++i) {
              auto& span = spans[static_cast<std::uint32_t>(found->int8(i, 0))];
              span.first = static_cast<std::uint64_t>(found->int8(i, 1));
              span.last = static_cast<std::uint64_t>(found->int8(i, 2));
              if (!found->null(i, 3)) span.since = static_cast<std::uint64_t>(found->int8(i, 3));
            }
            for (auto* seat : list) {
              if (found.has_error()) run->told(found.error());
              else if (!spans.contains(seat->source.shard)) run->told(std::uint64_t{0});
              else if (auto from = begin_of(q, spans[seat->source.shard]); from.has_error())
                run->told(from.error());
              else
                seat->post([from = *from, run](reader& r) {
                  r.replay({from, {}, [run](result<std::uint64_t> n) { run->told(n); }});
                });
            }
          });
  });
}

void operations::rebuild_model(rpc::call c, domain_seats& consumer) {
  const auto& q = static_cast<const ReplayRequest&>(*c.request);
  if (q.has_source() || q.has_shard() || q.has_from_seq() || q.has_from_time())
    return c.reply(make_error(errc::invalid_request, "A rebuild reads all events of all sources."));
  if (consumer.link.domain.read_model.empty())
    return c.reply(make_error(errc::conflict, "The domain has no tables that events alone make."));
  {
    const std::lock_guard lock(mutex_);
    for (const auto& r : rebuilds_)
      if (r->consumer() == q.consumer() && !r->gone_within(std::chrono::milliseconds(0)))
        return c.reply(make_error(errc::conflict, "A rebuild of the domain is under way."));
  }
  auto beside = beside_ ? beside_(q.consumer()) : nullptr;
  if (!beside) return c.reply(make_error(errc::not_implemented));
  const auto act = act_of(c, "rebuild", q.consumer(), q.reason());
  auto made = std::make_shared<rebuild>(node_.internals().directory, consumer, std::move(beside),
                                        nova::to_string(act.id));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(rebuilds_, [&](const auto& r) { return r->consumer() == q.consumer(); });
    rebuilds_.push_back(made);
  }
  record(q.consumer(), act, [made, reply = std::move(c.reply)](const result<void>& recorded) {
    if (recorded.has_error()) {
      made->cancel();
      return reply(recorded.error());
    }
    made->start();
    reply(rpc::message_ptr(std::make_shared<ReplayReply>()));
  });
}

}  // namespace nova::runtime
