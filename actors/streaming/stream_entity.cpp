#include "actors/streaming/stream_entity.hpp"

#include "actors/streaming/streaming_rules.hpp"
#include "protocols/media/media.nova.hpp"
#include "protocols/media/media.pb.h"
#include "protocols/streaming/streaming.nova.hpp"
#include "storage/streaming/streaming_store.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace nova::streaming {
namespace {

// A window is at most this long (setting window_segments), and an encoder that keeps more files is refused.
constexpr std::int64_t loaded_segments = 100;
constexpr std::int64_t loaded_uploads = 2'000;

result<std::string> normalised(const rpc::method&, std::string raw) {
  const auto id = parse_uuid(raw);
  if (!id) return no_such_stream();
  return to_string(*id);
}

}  // namespace

runtime::entity_kind stream_entity::kind() {
  runtime::methods<stream_entity> stream("stream");
  bind_stream<stream_entity>(stream);
  stream.on<media::RecordingMade>(media::recording_made_event(), &stream_entity::on_recording_made);
  stream.on_reminder<google::protobuf::StringValue>(&stream_entity::on_due);
  stream.kind().normalise_key = &normalised;
  return stream.take();
}

runtime::loading<stream_state> stream_entity::load(std::string_view key, const reads& r) {
  const auto id = parse_uuid(key);
  if (!id) return state{};
  if (r.size() == 0)
    return runtime::need{{store::load_stream(*id), store::uploads(*id, loaded_uploads),
                          store::newest_segments(*id, loaded_segments)}};
  state s;
  const auto found = read_streams(r.rows(0));
  s.row.stream_id = *id;
  if (found.empty()) return s;
  s.exists = true;
  s.row = found.front();
  s.row.viewers = 0;
  for (auto& u : read_uploads(r.rows(1))) s.uploads.emplace(u.file, u);
  for (auto& segment : read_segments(r.rows(2))) s.window.push_back(std::move(segment));
  return s;
}

std::size_t stream_entity::weight(const state& s) {
  return sizeof s + s.uploads.size() * 256 + s.window.size() * 320 + s.watchers.size() * 64 +
         s.viewers.size() * 40;
}

runtime::audience audience_of(const stream_state& s) {
  auto to = std::make_shared<std::vector<uuid>>(s.watchers.begin(), s.watchers.end());
  if (!s.watchers.contains(s.row.owner)) to->push_back(s.row.owner);
  return {std::move(to)};
}

void push_state(runtime::decision<stream_state>& d, const stream_state& s, const stream_row& row) {
  StatePush push;
  push.set_stream_id(to_string(row.stream_id));
  push.set_state(std::string(name_of(row.state)));
  if (row.started_at) push.set_started_at(*row.started_at);
  if (row.ended_at) push.set_ended_at(*row.ended_at);
  d.pushes.push_back({audience_of(s), make_push(std::move(push))});
}

void end_stream(runtime::decision<stream_state>& d, const stream_state& s,
                const runtime::context& c) {
  if (!s.exists || s.is(stream_state_name::ended)) return;
  auto row = s.row;
  row.state = stream_state_name::ended;
  row.ended_at = c.now;
  d.statements.push_back(store::set_course(row));
  d.statements.push_back(store::set_viewers(row.stream_id, 0, row.peak));
  StreamEnded e;
  e.set_stream_id(to_string(row.stream_id));
  e.set_owner_id(to_string(row.owner));
  e.set_at(c.now);
  e.set_record(row.keeps_segments());
  e.set_title(row.title);
  d.events.push_back({&stream_ended_event(), runtime::share(std::move(e))});
  d.reminders.push_back({std::string(silence_reminder), 0, true});
  push_state(d, s, row);
  d.apply = [row = std::move(row)](stream_state& x) mutable {
    x.row = std::move(row);
    x.viewers.clear();
  };
}

}  // namespace nova::streaming
