// The media type that bytes look like, by libmagic. It looks at the first bytes only, without the checks that unpack or interpret
// content: full reading of untrusted bytes is a worker's. Called on file threads.
#pragma once

#include <string>
#include <string_view>

namespace nova::gateway {

inline constexpr std::size_t looked_at_bytes = 64 * 1024;

/// `application/octet-stream` when nothing fits.
std::string file_type(std::string_view first_bytes);

}  // namespace nova::gateway
