// One live stream: its state, its key, the encoder that publishes, the window of its segments, its viewers. Virtual entity `stream`,
// keyed by stream_id. The bytes of segments never come here.
#pragma once

#include "actors/runtime/api/domain.hpp"
#include "actors/streaming/playlist_rules.hpp"
#include "actors/streaming/viewer_state.hpp"
#include "protocols/live/live.pb.h"
#include "protocols/streaming/streaming.pb.h"
#include "storage/streaming/streaming_rows.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string_view>

namespace google::protobuf {
class StringValue;
}

namespace nova::media {
class RecordingMade;
}

namespace nova::streaming {

struct stream_state {
  bool exists = false;
  stream_row row;
  std::map<std::string, upload_row> uploads;  ///< by file: of the encoder that publishes
  std::deque<segment_row> window;             ///< the newest segments, ascending
  viewer_count viewers;
  std::set<uuid> watchers;  ///< signed-in viewers, who get pushes; in memory only
  unix_ms pushed_at = 0;    ///< when the number of viewers was told

  bool is(stream_state_name s) const { return row.state == s; }
};

struct stream_entity {
  using state = stream_state;
  using outcome = runtime::outcome<state>;
  using context = runtime::context;
  using reads = runtime::reads;

  /// With its handlers, for the descriptor.
  static runtime::entity_kind kind();
  static runtime::loading<state> load(std::string_view key, const reads& r);
  static std::size_t weight(const state& s);

  // stream_handlers.cpp: its owner's acts, and looking at it
  static outcome create_stream(const state&, const CreateStreamRequest&, const context&,
                               const reads&);
  static outcome get_stream(const state&, const StreamRequest&, const context&, const reads&);
  static outcome update_stream(const state&, const UpdateStreamRequest&, const context&,
                               const reads&);
  static outcome delete_stream(const state&, const StreamRequest&, const context&, const reads&);
  static outcome renew_key(const state&, const StreamRequest&, const context&, const reads&);

  // publish_handlers.cpp: the encoder, and time
  static outcome admit(const state&, const live::AdmitRequest&, const context&, const reads&);
  static outcome publish(const state&, const live::PublishRequest&, const context&, const reads&);
  static outcome on_due(const state&, const google::protobuf::StringValue&, const context&,
                        const reads&);

  // recording_handlers.cpp
  static outcome list_recorded(const state&, const RecordedRequest&, const context&, const reads&);
  static outcome on_recording_made(const state&, const media::RecordingMade&, const context&,
                                   const reads&);

  // viewer_handlers.cpp
  static outcome play(const state&, const live::PlayRequest&, const context&, const reads&);
  static outcome count_viewers(const state&, const live::ViewersRequest&, const context&,
                               const reads&);
};

/// Names of a stream's reminders.
inline constexpr std::string_view silence_reminder = "silence";
inline constexpr std::string_view viewers_reminder = "viewers";

/// The end of a stream: rows, event, push, no more reminders. Nothing for one that has ended.
void end_stream(runtime::decision<stream_state>& d, const stream_state& s,
                const runtime::context& c);
/// Stores and pushes the number of viewers when it has changed, at most once in two seconds.
runtime::decision<stream_state> viewers_now(const stream_state& s, std::int64_t viewers,
                                            const runtime::context& c);
/// Tells the owner and the watchers of the state of `row`.
void push_state(runtime::decision<stream_state>& d, const stream_state& s, const stream_row& row);
runtime::audience audience_of(const stream_state& s);

}  // namespace nova::streaming
