// Compression, once at start, of content that is served many times. Used by static_files and pages.
#pragma once

#include <string>
#include <string_view>

namespace nova::gateway {

/// Compresses to RFC 1952 at zlib's best level. Empty when the result would not be smaller.
std::string gzip(std::string_view content);

}  // namespace nova::gateway
