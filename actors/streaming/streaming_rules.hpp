// The pure decisions of streaming: what a stream may be, its key, its view for clients, and what a file of the encoder changes.
// Called by the handlers; no state, no clock, no database.
#pragma once

#include "actors/streaming/playlist_rules.hpp"
#include "config/settings/streaming_settings.hpp"
#include "protocols/core/signed_urls.hpp"
#include "protocols/live/live.pb.h"
#include "protocols/streaming/streaming.pb.h"
#include "storage/streaming/streaming_store.hpp"

#include <deque>
#include <map>

namespace nova::streaming {

std::string_view name_of(stream_state_name s);
/// Nothing for a name that the contract does not have.
std::optional<stream_state_name> state_of(std::string_view name);
std::string_view name_of(visibility v);
visibility visibility_of(std::string_view name);

/// The stream of a request that arrives at `now`, without its ids and key. All faults of the fields are reported at once.
result<stream_row> checked_stream(const CreateStreamRequest& q, unix_ms now);
/// The row after a change by its owner. A stream that has ended keeps its schedule.
result<stream_row> changed_stream(stream_row row, const UpdateStreamRequest& q, unix_ms now);

/// A new key: `stream_id` without hyphens, a dot, 32 random bytes; so RTMP, which has the key alone, finds the stream.
std::string make_key(const uuid& stream, random_source& random);
std::string hash_of_key(std::string_view key);
/// In constant time.
bool is_key(const stream_row& row, std::string_view key);

live::Ingest ingest_message(const uuid& stream, std::string key,
                            const config::streaming_settings& s);
/// Without ingest and playback address. `viewers` replaces the count of the row.
Stream stream_message(const stream_row& row, std::int64_t viewers);
live::Segment segment_message(const segment_row& row);

/// The query of a playback address: `token=…&until=…&sig=…`. The token names this address and, for a signed-in viewer, the account; it
/// is signed with the stream, so that viewers cannot be invented.
std::string playback_query(const uuid& stream, const uuid& viewer, const url_signer& urls,
                           random_source& random, unix_ms now, std::uint32_t ttl_s);
std::string playback_url(const uuid& stream, std::string_view query);

/// The progress that a playlist of the encoder makes.
struct progress {
  std::vector<segment_row> added;
  std::vector<std::pair<std::string, std::int64_t>> taken;  ///< their files and numbers
  std::int64_t sequence = -1;                               ///< of the last segment that was taken
};
/// The segments of `p` behind row.sequence whose files have come. One whose file is missing is left out, and the next one is
/// discontinuous; so is the first one of a run, unless it is the stream's first.
progress new_segments(const stream_row& row, const playlist& p,
                      const std::map<std::string, upload_row>& uploads, unix_ms now);

/// Cursors name the last item of a page.
std::string cursor_of(store::place p);
/// Absent: behind all.
result<store::place> place_of(const std::string* cursor);

error no_such_stream();

}  // namespace nova::streaming
