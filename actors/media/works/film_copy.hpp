// The content of a film as readers get it: a copy without its hidden bytes, or, where these cannot be told apart, one that ffmpeg makes
// of picture and sound alone. Called by media_works on one of its threads.
#pragma once

#include "actors/media/works/workshop.hpp"
#include "protocols/core/blobs.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace nova::media {

struct film_copy {
  blobs::blob blob;  ///< without name: ffmpeg could not make it
  std::string type;
};

/// `made` has hidden data. Errors: unavailable.
result<film_copy> copy_film(const workshop& shop, blobs::store& store, const std::string& blob,
                            const std::string& type, const made_media& made);

/// The film or sound as players of all browsers take it. The uploaded bytes stay for its owner. Errors: unavailable.
result<film_copy> code_film(const workshop& shop, blobs::store& store, const std::string& blob,
                            const made_media& made, bool moves);

/// Overwrites the part of `piece` that these ranges cover; `at`: where the piece lies in the film.
void hide_ranges(char* piece, std::size_t bytes, std::int64_t at,
                 const std::vector<hidden_range>& hidden);

/// ffmpeg's names of the forms that a film of this container can be copied into, the best first.
std::vector<std::string> formats_for(std::string_view container, std::string_view type);

}  // namespace nova::media
