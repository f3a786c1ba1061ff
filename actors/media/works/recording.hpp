// One film of a live stream's segments. A new piece begins where the encoder began anew; ffmpeg joins the pieces. Called by
// media_works on one of its threads.
#pragma once

#include "actors/media/works/workshop.hpp"
#include "protocols/core/blobs.hpp"
#include "protocols/live/live.pb.h"

#include <memory>
#include <string>
#include <vector>

namespace nova::media {

class recording {
 public:
  /// Pieces of one film: what an encoder that begins anew too often adds is left out.
  static constexpr std::size_t most_pieces = 200;

  recording(blobs::store& media, const blobs::store& segments)
      : media_(media), segments_(segments) {}

  /// Appends the segment; one whose bytes are gone is left out. Errors: unavailable.
  result<void> add(const live::Segment& segment);

  struct film {
    blobs::blob blob;  ///< without name: no segment was there
    std::string type;
  };
  /// Joins and keeps the pieces. What cannot be joined is kept as its longest piece. Errors: unavailable.
  result<film> finish(const workshop& shop, std::size_t most_bytes);
  /// Blobs that were kept on the way and are not the film.
  const std::vector<std::string>& leftovers() const { return leftovers_; }

 private:
  struct piece {
    blobs::blob blob;
    std::string type;
  };

  result<void> begin_piece(const live::Segment& segment);
  result<void> end_piece();
  result<void> append(const std::string& blob);
  result<blobs::blob> joined(const workshop& shop, std::size_t most_bytes);

  blobs::store& media_;
  const blobs::store& segments_;
  std::unique_ptr<blobs::part> part_;
  std::string init_blob_, extension_;
  std::vector<piece> pieces_;
  std::vector<std::string> leftovers_;
};

/// A part of the store for works; sweeps know its name.
result<std::unique_ptr<blobs::part>> open_work_part(blobs::store& store);

}  // namespace nova::media
