#include "storage/streaming/streaming_store.hpp"

#include "storage/runtime/runtime_queries.hpp"
#include "storage/streaming/streaming_queries.hpp"

namespace nova::streaming::store {
namespace {

using storage::bytes;
using storage::timestamp;
using storage::value;

value time_or_null(const std::optional<unix_ms>& t) { return t ? value(timestamp{*t}) : value(); }

}  // namespace

statement load_stream(const uuid& stream) { return {&queries::load_stream, {stream}}; }
statement may_see(const uuid& stream, const uuid& reader) {
  return {&queries::may_see, {stream, reader}};
}
statement streams_of_state(stream_state_name state, const uuid& reader, place before,
                           std::int64_t limit) {
  return {&queries::streams_of_state,
          {static_cast<std::int64_t>(state), reader, timestamp{before.at}, before.id, limit}};
}
statement count_open(const uuid& owner, std::int64_t limit) {
  return {&queries::count_open, {owner, limit}};
}

statement insert_stream(const stream_row& s) {
  return {&queries::insert_stream,
          {s.stream_id, s.owner, s.conversation, s.title, static_cast<std::int64_t>(s.visible_to),
           s.record, timestamp{s.created_at}, time_or_null(s.scheduled_at), bytes{s.key_hash}}};
}
statement update_stream(const stream_row& s) {
  return {&queries::update_stream,
          {s.stream_id, s.title, static_cast<std::int64_t>(s.visible_to), s.record,
           time_or_null(s.scheduled_at), bytes{s.key_hash}}};
}
statement set_course(const stream_row& s) {
  return {&queries::set_course,
          {s.stream_id, static_cast<std::int64_t>(s.state), time_or_null(s.started_at),
           time_or_null(s.ended_at), s.run, s.publisher,
           s.last_at == 0 ? value() : value(timestamp{s.last_at}), s.sequence, s.next_number,
           s.discontinuities}};
}
statement set_viewers(const uuid& stream, std::int64_t viewers, std::int64_t peak) {
  return {&queries::set_viewers, {stream, viewers, peak}};
}
statement set_recording(const uuid& stream, const std::optional<uuid>& media) {
  return {&queries::set_recording, {stream, media ? value(*media) : value()}};
}
std::vector<statement> delete_stream(const uuid& stream) {
  return {{&queries::delete_uploads, {stream}}, {&queries::delete_stream, {stream}}};
}
statement delete_segments(const uuid& stream) { return {&queries::delete_segments, {stream}}; }

statement uploads(const uuid& stream, std::int64_t limit) {
  return {&queries::uploads, {stream, limit}};
}
statement put_upload(const uuid& stream, const upload_row& u, unix_ms at) {
  return {&queries::put_upload, {stream, u.file, u.blob, u.size, timestamp{at}}};
}
statement delete_upload(const uuid& stream, std::string file) {
  return {&queries::delete_upload, {stream, std::move(file)}};
}
statement delete_uploads(const uuid& stream) { return {&queries::delete_uploads, {stream}}; }
statement newest_segments(const uuid& stream, std::int64_t limit) {
  return {&queries::newest_segments, {stream, limit}};
}
statement segments_from(const uuid& stream, std::int64_t from, std::int64_t limit) {
  return {&queries::segments_from, {stream, from, limit}};
}
statement insert_segment(const uuid& stream, const segment_row& s) {
  return {&queries::insert_segment,
          {stream, s.number, s.blob, s.size, s.duration_ms, timestamp{s.at}, s.discontinuous,
           s.init_blob, s.init_size, s.extension}};
}
statement cut_segments(const uuid& stream, std::int64_t number) {
  return {&queries::cut_segments, {stream, number}};
}
statement unnamed(std::vector<std::string> blobs) {
  return {&queries::unnamed, {std::move(blobs)}};
}

statement set_private(const uuid& account, bool is_private) {
  return {&queries::set_private, {account, is_private}};
}
statement set_closed(const uuid& account, bool closed) {
  return {&queries::set_closed, {account, closed}};
}
statement insert_follow(const uuid& account, const uuid& followed) {
  return {&queries::insert_follow, {account, followed}};
}
statement delete_follow(const uuid& account, const uuid& followed) {
  return {&queries::delete_follow, {account, followed}};
}
statement insert_block(const uuid& account, const uuid& blocked) {
  return {&queries::insert_block, {account, blocked}};
}
statement delete_block(const uuid& account, const uuid& blocked) {
  return {&queries::delete_block, {account, blocked}};
}

statement streams_of_owner(const uuid& owner, place before, std::int64_t limit) {
  return {&queries::streams_of_owner, {owner, timestamp{before.at}, before.id, limit}};
}
statement owned_streams(const uuid& owner, std::int64_t limit) {
  return {&queries::owned_streams, {owner, limit}};
}
statement forget_person(const uuid& account) { return {&queries::erase_person, {account}}; }
std::vector<statement> erase_account(const uuid& account, std::vector<std::int64_t> kept) {
  return {{&queries::note_erasure, {account}},
          {&queries::empty_events, {account}},
          {&queries::erase_streams, {account}},
          forget_person(account),
          {&storage::runtime_queries::empty_dead_letters, {to_string(account), std::move(kept)}}};
}
statement erasure(const uuid& account) { return {&queries::erasure, {account}}; }
statement forget_erasure(const uuid& account) { return {&queries::forget_erasure, {account}}; }

}  // namespace nova::streaming::store
