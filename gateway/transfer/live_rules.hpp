// Addresses and playlists of live streams. Pure; used by live_publish and live_play.
#pragma once

#include "protocols/core/signed_urls.hpp"
#include "protocols/live/live.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nova::gateway {

/// `/v1/ingest/{stream_id}/{key}/{file}`.
struct ingest_path {
  std::string stream_id, key, file;
  std::string publisher = {};  ///< empty: address and program of the connection
};
std::optional<ingest_path> ingest_of(std::string_view path);

/// `/v1/streams/{stream_id}/live/{file}`: index.m3u8, NUMBER.EXTENSION, or init-NUMBER.mp4, the head of that segment.
struct live_file {
  enum class kind : std::uint8_t { playlist, segment, init };
  std::string stream_id;
  kind what = kind::playlist;
  std::int64_t number = 0;
};
std::optional<live_file> live_file_of(std::string_view path);

/// A playback address: its query as it is, and its token.
struct playback {
  std::string query, token;
};
/// Empty: not signed for this stream, or over.
std::optional<playback> signed_playback(std::string_view stream_id, std::string_view query,
                                        const url_signer& signer, unix_ms now);
/// The account for which a playback address was made. Empty: a guest's, or no token.
std::optional<uuid> viewer_of(std::string_view token);

/// The playlist for players (RFC 8216): the newest two thirds of the window, so that a segment that it names can be fetched for a
/// while. `query` is appended to each address.
std::string playlist_text(const live::Window& w, std::string_view query);
/// The media type of a segment, by its extension.
std::string_view segment_type(std::string_view extension);

}  // namespace nova::gateway
