// The pure decisions of media: what may be uploaded, what its content is, and how it is shown. Called by the handlers; no state,
// no database.
#pragma once

#include "config/settings/media_settings.hpp"
#include "protocols/core/error.hpp"
#include "protocols/core/signed_urls.hpp"
#include "storage/media/media_rows.hpp"

#include <span>
#include <string>
#include <string_view>

namespace nova::transfer {
class OpenRequest;
class Upload;
class ReadReply;
}  // namespace nova::transfer
namespace nova::views {
class Media;
}

namespace nova::media {

/// The way in which workers make variants. A higher number has the variants of all older pictures made anew: 1 took the camera's data
/// out of WebP.
inline constexpr std::int64_t current_making = 1;

/// Refuses what no upload may be: too large, an unknown purpose, a type that the purpose does not take.
result<void> check_open(const transfer::OpenRequest& q, const config::media_settings& s);

/// Refuses an upload of `length` bytes when `used` bytes are kept and `reserved` bytes are promised to other uploads.
result<void> check_quota(std::int64_t length, std::int64_t used, std::int64_t reserved,
                         const config::media_settings& s);

struct content_kind {
  std::string type;  ///< media type, lower case, without parameters
  std::string kind;  ///< image, video, audio, file
};
/// Judges the type that was declared (empty: none) against the type that the bytes look like. Errors: unsupported_media_type
/// when they differ, when the type is not allowed, or when the purpose needs a picture.
result<content_kind> judge_content(std::string_view declared, std::string_view found,
                                   std::string_view purpose);

/// True for kinds from which a worker makes variants.
bool needs_worker(std::string_view kind);

/// True for types that a browser must not show as a page of this origin: they are sent as attachments.
bool is_active_type(std::string_view type);

struct shown_to {
  bool owner = false;
  unix_ms now = 0;
};
/// The medium as clients see it, with signed addresses. A picture or film that is not ready keeps hidden data: its address is signed for
/// its owner only.
views::Media media_message(const media_row& row, std::span<const variant_row> variants,
                           shown_to whom, const url_signer& signer, std::uint32_t url_ttl_s);

transfer::Upload upload_message(const upload_row& row);

/// The bytes of a medium, or of its variant. Errors: not_found for an absent variant, and for a picture or film that is not ready, unless
/// it is its owner who asks.
result<transfer::ReadReply> readable(const media_row& row, std::span<const variant_row> variants,
                                     std::string_view variant, bool owner);

/// The file of a medium in an archive: its id, and the name that it had, without signs that would make another path of it.
std::string exported_name(const media_row& row);

error no_such_media();
error no_such_upload();

}  // namespace nova::media
