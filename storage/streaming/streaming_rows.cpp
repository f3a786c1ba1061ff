#include "storage/streaming/streaming_rows.hpp"

namespace nova::streaming {
namespace {

using storage::rows;

// Columns of each query, in the order of its SQL.
namespace stream {
enum : std::size_t {
  id,
  owner,
  conversation,
  title,
  visible_to,
  state,
  record,
  created_at,
  scheduled_at,
  started_at,
  ended_at,
  viewers,
  peak,
  key_hash,
  recording,
  run,
  publisher,
  last_at,
  sequence,
  next_number,
  discontinuities,
  recorded,
  closed
};
}
namespace upload {
enum : std::size_t { file, blob, size };
}
namespace segment {
enum : std::size_t {
  number,
  blob,
  size,
  duration_ms,
  at,
  discontinuous,
  init_blob,
  init_size,
  extension
};
}
enum : std::size_t { only };

std::optional<unix_ms> time_or_none(const rows& r, std::size_t i, std::size_t column) {
  if (r.null(i, column)) return std::nullopt;
  return r.time(i, column);
}

}  // namespace

std::vector<stream_row> read_streams(const rows& r) {
  std::vector<stream_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) {
    stream_row s;
    s.stream_id = r.id(i, stream::id);
    s.owner = r.id(i, stream::owner);
    s.conversation = r.id(i, stream::conversation);
    s.title = r.text(i, stream::title);
    s.visible_to = static_cast<visibility>(r.int8(i, stream::visible_to));
    s.state = static_cast<stream_state_name>(r.int8(i, stream::state));
    s.record = r.boolean(i, stream::record);
    s.created_at = r.time(i, stream::created_at);
    s.scheduled_at = time_or_none(r, i, stream::scheduled_at);
    s.started_at = time_or_none(r, i, stream::started_at);
    s.ended_at = time_or_none(r, i, stream::ended_at);
    s.viewers = r.int8(i, stream::viewers);
    s.peak = r.int8(i, stream::peak);
    s.key_hash = r.blob(i, stream::key_hash);
    if (!r.null(i, stream::recording)) s.recording = r.id(i, stream::recording);
    s.run = r.int8(i, stream::run);
    s.publisher = r.text(i, stream::publisher);
    s.last_at = time_or_none(r, i, stream::last_at).value_or(0);
    s.sequence = r.int8(i, stream::sequence);
    s.next_number = r.int8(i, stream::next_number);
    s.discontinuities = r.int8(i, stream::discontinuities);
    s.recorded = r.boolean(i, stream::recorded);
    s.closed = r.boolean(i, stream::closed);
    out.push_back(std::move(s));
  }
  return out;
}

std::vector<upload_row> read_uploads(const rows& r) {
  std::vector<upload_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.text(i, upload::file), r.text(i, upload::blob), r.int8(i, upload::size), -1});
  return out;
}

std::vector<segment_row> read_segments(const rows& r) {
  std::vector<segment_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({r.int8(i, segment::number), r.text(i, segment::blob), r.int8(i, segment::size),
                   r.int8(i, segment::duration_ms), r.time(i, segment::at),
                   r.boolean(i, segment::discontinuous), r.text(i, segment::init_blob),
                   r.int8(i, segment::init_size), r.text(i, segment::extension)});
  return out;
}

bool read_flag(const rows& r) { return !r.empty() && r.boolean(0, only); }

std::vector<std::string> read_names(const rows& r) {
  std::vector<std::string> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.text(i, only));
  return out;
}

std::vector<uuid> read_ids(const rows& r) {
  std::vector<uuid> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.id(i, only));
  return out;
}

std::int64_t read_count(const rows& r) { return r.empty() ? 0 : r.int8(0, only); }

}  // namespace nova::streaming
