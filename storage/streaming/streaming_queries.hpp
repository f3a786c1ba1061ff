// The named SQL of streaming's database; streaming_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::streaming::queries {

extern const storage::query load_stream;
extern const storage::query may_see;
extern const storage::query streams_of_state;
extern const storage::query count_open;
extern const storage::query insert_stream;
extern const storage::query update_stream;
extern const storage::query set_course;
extern const storage::query set_viewers;
extern const storage::query set_recording;
extern const storage::query delete_stream;
extern const storage::query uploads;
extern const storage::query put_upload;
extern const storage::query delete_upload;
extern const storage::query delete_uploads;
extern const storage::query newest_segments, segments_from;
extern const storage::query insert_segment;
extern const storage::query cut_segments;
extern const storage::query delete_segments;
extern const storage::query unnamed;
extern const storage::query set_private;
extern const storage::query set_closed;
extern const storage::query insert_follow;
extern const storage::query delete_follow;
extern const storage::query insert_block;
extern const storage::query delete_block;
extern const storage::query streams_of_owner;
extern const storage::query owned_streams;
extern const storage::query note_erasure;
extern const storage::query empty_events;
extern const storage::query erase_streams;
extern const storage::query erase_person;
extern const storage::query erasure;
extern const storage::query forget_erasure;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::streaming::queries
