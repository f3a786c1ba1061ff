// A few colours of a picture as a short text (https://blurha.sh): the discrete cosine transform of a small copy, in base 83.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace nova::media {

/// `rgb`: width × height pixels of three bytes, row by row.
std::string blurhash(std::span<const std::uint8_t> rgb, int width, int height);

}  // namespace nova::media
