// Statements on streaming's tables, typed. Called by actors/streaming; executed by the runtime.
#pragma once

#include "storage/streaming/streaming_rows.hpp"

namespace nova::streaming::store {

using storage::statement;

/// Where a page of a list begins: behind this time and id.
struct place {
  unix_ms at = 0;
  uuid id{};
};

// Streams
statement load_stream(const uuid& stream);
/// Whether the reader may see the stream; a nil reader is a guest.
statement may_see(const uuid& stream, const uuid& reader);
statement streams_of_state(stream_state_name state, const uuid& reader, place before,
                           std::int64_t limit);
/// Streams of the owner that have not ended, counted up to `limit`.
statement count_open(const uuid& owner, std::int64_t limit);
statement insert_stream(const stream_row& s);
/// The fields that its owner may change, and the key.
statement update_stream(const stream_row& s);
/// State, times and all that belongs to the encoder.
statement set_course(const stream_row& s);
statement set_viewers(const uuid& stream, std::int64_t viewers, std::int64_t peak);
/// The recording is made; empty: there is none.
statement set_recording(const uuid& stream, const std::optional<uuid>& media);
/// The stream with its uploads.
std::vector<statement> delete_stream(const uuid& stream);
statement delete_segments(const uuid& stream);

// Files of the encoder, and segments
statement uploads(const uuid& stream, std::int64_t limit);
statement put_upload(const uuid& stream, const upload_row& u, unix_ms at);
statement delete_upload(const uuid& stream, std::string file);
statement delete_uploads(const uuid& stream);
/// In ascending order.
statement newest_segments(const uuid& stream, std::int64_t limit);
/// At most `limit` from the number `from` on, in ascending order.
statement segments_from(const uuid& stream, std::int64_t from, std::int64_t limit);
statement insert_segment(const uuid& stream, const segment_row& s);
/// Deletes those before `number`.
statement cut_segments(const uuid& stream, std::int64_t number);
statement unnamed(std::vector<std::string> blobs);

// People
statement set_private(const uuid& account, bool is_private);
statement set_closed(const uuid& account, bool closed);
statement insert_follow(const uuid& account, const uuid& followed);
statement delete_follow(const uuid& account, const uuid& followed);
statement insert_block(const uuid& account, const uuid& blocked);
statement delete_block(const uuid& account, const uuid& blocked);

// An account's export and end
statement streams_of_owner(const uuid& owner, place before, std::int64_t limit);
/// Their ids, the newest first.
statement owned_streams(const uuid& owner, std::int64_t limit);
/// All of the account, and the count of it in a row. `kept`: event numbers whose dead letters stay whole.
std::vector<statement> erase_account(const uuid& account, std::vector<std::int64_t> kept);
/// The facts of people alone.
statement forget_person(const uuid& account);
statement erasure(const uuid& account);
statement forget_erasure(const uuid& account);

}  // namespace nova::streaming::store
