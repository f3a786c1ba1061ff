// The fields of tus 1.0.0 (https://tus.io/protocols/resumable-upload). Pure; used by upload.
#pragma once

#include "protocols/core/error.hpp"
#include "protocols/core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::gateway {

inline constexpr std::string_view tus_version = "1.0.0";
inline constexpr std::string_view tus_extensions =
    "creation,creation-with-upload,expiration,checksum,termination,concatenation";
inline constexpr std::string_view tus_content_type = "application/offset+octet-stream";
inline constexpr std::string_view uploads_path = "/v1/uploads";

/// A number of bytes, 10^15 when it is larger; empty: no digits.
std::optional<std::int64_t> read_bytes(std::string_view field);

struct upload_metadata {
  std::string file_name, content_type, purpose;
};
/// Upload-Metadata. Errors: invalid_request for a key that is twice or no key, for values that are not base64 of UTF-8 text.
result<upload_metadata> read_metadata(std::string_view field);

struct upload_concat {
  bool partial = false;
  std::vector<std::string> parts;  ///< ids of uploads, of `final;…`
};
/// Upload-Concat. Errors: invalid_request.
result<upload_concat> read_concat(std::string_view field);

/// The last segment of `/v1/uploads/{id}`; empty: another path.
std::string_view upload_of(std::string_view path);

/// A name as it may be kept and shown: the last part of a path, without control characters, at most 255 bytes of whole code points.
std::string clean_file_name(std::string_view name);

/// Text as it may be stored: UTF-8 without NUL.
bool is_plain_text(std::string_view text);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string http_time(unix_ms t);

}  // namespace nova::gateway
