// Handlers of stream_entity: the window that players get, and how many they are.
#include "actors/streaming/stream_entity.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "actors/streaming/streaming_services.hpp"
#include "protocols/streaming/streaming.nova.hpp"

#include <algorithm>

namespace nova::streaming {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using decision = runtime::decision<stream_state>;
using outcome = stream_entity::outcome;

constexpr unix_ms between_pushes_ms = 2'000;

live::Window window_of(const stream_state& s) {
  live::Window out;
  std::int64_t longest_ms = 1'000;
  for (const auto& segment : s.window) {
    *out.add_segments() = segment_message(segment);
    longest_ms = std::max(longest_ms, segment.duration_ms);
  }
  // RFC 8216 §4.3.3.1: a duration, rounded to whole seconds, is at most the target.
  out.set_target_s((longest_ms + 500) / 1000);
  out.set_discontinuities(s.row.discontinuities);
  out.set_over(s.is(stream_state_name::ended));
  return out;
}

}  // namespace

outcome stream_entity::play(const state& s, const live::PlayRequest& q, const context& c,
                            const reads& r) {
  if (!s.exists || s.row.closed) return no_such_stream();
  if (!q.is_signed()) {
    if (r.size() == 0) return need{{store::may_see(s.row.stream_id, c.caller.account)}};
    if (!read_flag(r.rows(0))) return no_such_stream();
  }
  auto window = window_of(s);
  if (!q.is_signed()) window.set_signed_query(query_for_caller(s.row.stream_id, c));
  decision d;
  d.reply = runtime::share(std::move(window));
  return d;
}

outcome stream_entity::count_viewers(const state& s, const live::ViewersRequest& q,
                                     const context& c, const reads&) {
  if (!s.exists) return no_such_stream();
  const bool over = s.is(stream_state_name::ended);
  std::vector<std::uint64_t> addresses;
  if (!over) addresses.assign(q.addresses().begin(), q.addresses().end());
  std::vector<uuid> watchers;
  for (const auto& text : q.account_ids())
    if (const auto id = parse_uuid(text)) watchers.push_back(*id);
  auto d = over ? decision() : viewers_now(s, s.viewers.with(addresses, c.now), c);
  d.apply = [next = std::move(d.apply), addresses = std::move(addresses),
             watchers = std::move(watchers), most = settings_of(c).watchers,
             now = c.now](stream_state& x) mutable {
    x.viewers.add(addresses, now);
    for (const auto& id : watchers)
      if (x.watchers.size() < most) x.watchers.insert(id);
    if (next) next(x);
  };
  d.reply = runtime::share(live::ViewersReply());
  return d;
}

decision viewers_now(const stream_state& s, std::int64_t viewers, const context& c) {
  decision d;
  if (viewers == s.row.viewers) return d;
  if (const auto next = s.pushed_at + between_pushes_ms; next > c.now) {
    d.reminders.push_back({std::string(viewers_reminder), next});
    return d;
  }
  const auto peak = std::max(s.row.peak, viewers);
  d.statements.push_back(store::set_viewers(s.row.stream_id, viewers, peak));
  ViewersPush push;
  push.set_stream_id(to_string(s.row.stream_id));
  push.set_viewers(viewers);
  push.set_peak(peak);
  d.pushes.push_back({audience_of(s), make_push(std::move(push))});
  if (viewers > 0)
    d.reminders.push_back({std::string(viewers_reminder), c.now + viewer_count::lives_ms + 1'000});
  d.apply = [viewers, peak, now = c.now](stream_state& x) {
    x.row.viewers = viewers;
    x.row.peak = peak;
    x.pushed_at = now;
  };
  return d;
}

}  // namespace nova::streaming
