// Handlers of guide_entity.
#include "actors/streaming/guide_entity.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "actors/streaming/streaming_services.hpp"
#include "protocols/core/page.hpp"
#include "protocols/streaming/streaming.nova.hpp"

namespace nova::streaming {

using runtime::need;
using runtime::reads;

guide_entity::outcome guide_entity::list_streams(const state&, const ListStreamsRequest& q,
                                                 const context& c, const reads& r) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  const auto before = place_of(q.has_cursor() ? &q.cursor() : nullptr);
  if (before.has_error()) return before.error();
  const auto state = q.has_state() ? state_of(q.state()) : stream_state_name::live;
  if (!state) return invalid_field("state", "A state is waiting, live, interrupted or ended.");
  if (r.size() == 0)
    return need{{store::streams_of_state(*state, c.caller.account, *before, *limit + 1)}};
  ListStreamsReply reply;
  store::place last;
  for (const auto& row : read_streams(r.rows(0))) {
    if (reply.items_size() == *limit) {
      reply.set_next_cursor(cursor_of(last));
      break;
    }
    auto& item = *reply.add_items();
    item = stream_message(row, row.viewers);
    item.set_playback_url(playback_url(row.stream_id, query_for_caller(row.stream_id, c)));
    last = {row.created_at, row.stream_id};
  }
  runtime::decision<guide_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

guide_entity::outcome guide_entity::list_unnamed(const state&, const live::UnnamedRequest& q,
                                                 const context&, const reads& r) {
  if (r.size() == 0) return need{{store::unnamed({q.blobs().begin(), q.blobs().end()})}};
  live::UnnamedReply reply;
  for (auto& name : read_names(r.rows(0))) reply.add_blobs(std::move(name));
  runtime::decision<guide_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

}  // namespace nova::streaming
