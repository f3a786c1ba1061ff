// Handlers of stream_entity for media, which makes the recording: the segments, and the end of their keeping. They answer for a stream
// that is deleted as well.
#include "actors/streaming/stream_entity.hpp"
#include "actors/streaming/streaming_rules.hpp"
#include "protocols/media/media.pb.h"
#include "storage/streaming/streaming_store.hpp"

#include <algorithm>

namespace nova::streaming {
namespace {

constexpr std::int64_t most_segments = 1'000;

}  // namespace

stream_entity::outcome stream_entity::list_recorded(const state& s, const RecordedRequest& q,
                                                    const context&, const reads& r) {
  if (r.size() == 0)
    return runtime::need{{store::segments_from(
        s.row.stream_id, q.from(), std::clamp<std::int64_t>(q.limit(), 1, most_segments))}};
  RecordedReply reply;
  for (const auto& row : read_segments(r.rows(0))) *reply.add_segments() = segment_message(row);
  runtime::decision<stream_state> d;
  d.reply = runtime::share(std::move(reply));
  return d;
}

stream_entity::outcome stream_entity::on_recording_made(const state& s,
                                                        const media::RecordingMade& e,
                                                        const context&, const reads&) {
  runtime::decision<stream_state> d;
  const auto& stream = s.row.stream_id;
  if (!s.exists) {
    d.statements.push_back(store::delete_segments(stream));
    return d;
  }
  const auto made = parse_uuid(e.media_id());
  d.statements.push_back(store::set_recording(stream, made));
  if (!s.window.empty())
    d.statements.push_back(store::cut_segments(stream, s.window.front().number));
  d.apply = [made](stream_state& x) {
    x.row.recording = made;
    x.row.recorded = true;
  };
  return d;
}

}  // namespace nova::streaming
