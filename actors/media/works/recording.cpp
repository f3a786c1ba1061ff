#include "actors/media/works/recording.hpp"

#include "protocols/core/ids.hpp"

#include <algorithm>

namespace nova::media {
namespace {

constexpr std::size_t copied_bytes = 1u << 20;

std::string type_of(std::string_view extension) {
  return extension == "ts" ? "video/mp2t" : "video/mp4";
}

}  // namespace

result<std::unique_ptr<blobs::part>> open_work_part(blobs::store& store) {
  return store.open_part("work-" +
                         to_string(make_uuid_v7(system_wall_clock().now(), system_random())));
}

result<void> recording::add(const live::Segment& segment) {
  const bool goes_on = part_ && !segment.discontinuous() && segment.init_blob() == init_blob_ &&
                       segment.extension() == extension_;
  if (!goes_on) {
    if (auto done = end_piece(); !done) return done;
    if (pieces_.size() == most_pieces) return {};
    if (auto done = begin_piece(segment); !done) return done;
  }
  return append(segment.blob());
}

result<void> recording::begin_piece(const live::Segment& segment) {
  auto part = open_work_part(media_);
  if (part.has_error()) return part.error();
  part_ = *std::move(part);
  init_blob_ = segment.init_blob();
  extension_ = segment.extension();
  return init_blob_.empty() ? result<void>() : append(init_blob_);
}

result<void> recording::append(const std::string& blob) {
  const auto file = segments_.open(blob);
  if (file.has_error())
    return file.error().code == errc::not_found ? result<void>() : result<void>(file.error());
  std::string bytes(copied_bytes, '\0');
  for (std::int64_t at = 0;;) {
    const auto n = (*file)->read(at, bytes.data(), bytes.size());
    if (n.has_error()) return n.error();
    if (auto done = part_->write(part_->size(), {bytes.data(), *n}); !done) return done;
    at += static_cast<std::int64_t>(*n);
    if (*n < bytes.size()) return {};
  }
}

result<void> recording::end_piece() {
  if (!part_) return {};
  const auto kept = media_.keep(std::move(part_));
  if (kept.has_error()) return kept.error();
  if (kept->size > 0) pieces_.push_back({*kept, type_of(extension_)});
  else leftovers_.push_back(kept->name);
  return {};
}

result<recording::film> recording::finish(const workshop& shop, std::size_t most_bytes) {
  if (auto done = end_piece(); !done) return done.error();
  if (pieces_.empty()) return film{};
  const auto whole = joined(shop, most_bytes);
  if (whole.has_error()) return whole.error();
  const auto longest =
      *std::ranges::max_element(pieces_, {}, [](const piece& p) { return p.blob.size; });
  const film out = whole->size > 0 ? film{*whole, "video/mp4"} : film{longest.blob, longest.type};
  for (const auto& p : pieces_)
    if (p.blob.name != out.blob.name) leftovers_.push_back(p.blob.name);
  return out;
}

// Without size: ffmpeg is not there, or refuses the pieces.
result<blobs::blob> recording::joined(const workshop& shop, std::size_t most_bytes) {
  std::vector<blobs::local_file> files;
  std::vector<std::string> paths;
  files.reserve(pieces_.size());
  paths.reserve(pieces_.size());
  for (const auto& p : pieces_) {
    auto file = media_.local(p.blob.name);
    if (file.has_error()) return file.error();
    paths.push_back(file->path);
    files.push_back(*std::move(file));
  }
  auto part = open_work_part(media_);
  if (part.has_error()) return part.error();
  bool written = true;
  const bool whole = shop.join(paths, "mp4", most_bytes, [&](std::string_view bytes) {
    written = (*part)->write((*part)->size(), bytes).has_value();
    return written;
  });
  if (!written) return make_error(errc::unavailable);
  if (!whole || (*part)->size() == 0) return blobs::blob{};
  return media_.keep(*std::move(part));
}

}  // namespace nova::media
