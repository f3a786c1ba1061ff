// Makes variants, a blurhash and a clean copy of one picture, by libvips. All from memory to memory. Called by the worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nova::media {

struct made_variant {
  std::string name, type, bytes;
  int width = 0, height = 0;
};

struct made_picture {
  int width = 0, height = 0;  ///< as it is shown
  std::string blurhash;
  std::vector<made_variant> variants;
  std::optional<made_variant> shown;  ///< the content without hidden data, when it has some
};

/// Loads modules and forbids loaders that are not for pictures of the web. Call once, before lock_down.
bool begin_pictures(const char* program);

/// All frames of an animation together may have so many times the pixels of one picture.
inline constexpr std::uint64_t animation_factor = 20;

/// Empty: the bytes cannot be read, or the header states more than `most_pixels`.
std::optional<made_picture> make_picture(std::string_view bytes, std::uint64_t most_pixels);

}  // namespace nova::media
