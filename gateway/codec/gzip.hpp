// Compression of what is served many times: once, at start. Used by static_files and pages.
#pragma once

#include <string>
#include <string_view>

namespace nova::gateway {

/// RFC 1952, at zlib's best level; empty when it would not be smaller.
std::string gzip(std::string_view content);

}  // namespace nova::gateway
