#include "actors/media/works/film_copy.hpp"

#include "actors/media/works/recording.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace nova::media {
namespace {

constexpr std::size_t copied_bytes = 1u << 20;
constexpr std::string_view any_form = "matroska";
/// A film that is coded anew may be so many times as large.
constexpr std::size_t most_growth = 4;

result<film_copy> without_ranges(blobs::store& store, const std::string& blob,
                                 const std::string& type, const std::vector<hidden_range>& hidden) {
  const auto from = store.open(blob);
  if (from.has_error()) return from.error();
  auto part = open_work_part(store);
  if (part.has_error()) return part.error();
  std::string piece(copied_bytes, '\0');
  for (std::int64_t at = 0;;) {
    const auto n = (*from)->read(at, piece.data(), piece.size());
    if (n.has_error()) return n.error();
    hide_ranges(piece.data(), *n, at, hidden);
    if (auto done = (*part)->write(at, {piece.data(), *n}); !done) return done.error();
    at += static_cast<std::int64_t>(*n);
    if (*n < piece.size()) break;
  }
  const auto kept = store.keep(*std::move(part));
  if (kept.has_error()) return kept.error();
  return film_copy{*kept, type};
}

using taker = std::function<bool(std::string_view)>;

/// `make` passes the bytes to the taker. Without name: they are not whole.
result<blobs::blob> made_anew(blobs::store& store, const std::function<bool(const taker&)>& make) {
  auto part = open_work_part(store);
  if (part.has_error()) return part.error();
  bool written = true;
  const bool whole = make([&](std::string_view bytes) {
    written = (*part)->write((*part)->size(), bytes).has_value();
    return written;
  });
  if (!written) return make_error(errc::unavailable);
  if (!whole || (*part)->size() == 0) return blobs::blob{};
  return store.keep(*std::move(part));
}

}  // namespace

/// The name of a box that readers skip.
constexpr char free_box[] = {'f', 'r', 'e', 'e'};

void hide_ranges(char* piece, std::size_t bytes, std::int64_t at,
                 const std::vector<hidden_range>& hidden) {
  const auto end = at + static_cast<std::int64_t>(bytes);
  for (const bool named : {false, true})
    for (const auto& r : hidden) {
      const auto from = std::max(at, r.offset), to = std::min(end, r.offset + r.length);
      if (r.named != named || from >= to) continue;
      const auto n = static_cast<std::size_t>(to - from);
      if (named) std::memcpy(piece + (from - at), free_box + (from - r.offset), n);
      else std::memset(piece + (from - at), 0, n);
    }
}

std::vector<std::string> formats_for(std::string_view container, std::string_view type) {
  const auto is = [&](std::string_view name) { return container.find(name) != container.npos; };
  if (is("mp4")) return {"mp4", std::string(any_form)};
  if (is("webm") && type.ends_with("/webm")) return {"webm", std::string(any_form)};
  for (const char* same : {"mp3", "ogg", "flac", "wav", "mpegts"})
    if (is(same)) return {same, std::string(any_form)};
  return {std::string(any_form)};
}

result<film_copy> copy_film(const workshop& shop, blobs::store& store, const std::string& blob,
                            const std::string& type, const made_media& made) {
  if (!made.unclear) return without_ranges(store, blob, type, made.hidden);
  const auto file = store.local(blob);
  const auto from = store.open(blob);
  if (file.has_error()) return file.error();
  if (from.has_error()) return from.error();
  const auto most_bytes = 2 * static_cast<std::size_t>((*from)->size()) + copied_bytes;
  const bool matroska = made.container.find(any_form) != std::string::npos;
  for (const auto& format : formats_for(made.container, type)) {
    const auto made_blob = made_anew(store, [&](const taker& take) {
      return shop.join({file->path}, format, most_bytes, take);
    });
    if (made_blob.has_error()) return made_blob.error();
    if (made_blob->size == 0) continue;
    if (matroska || format != any_form) return film_copy{*made_blob, type};
    const bool sound = type.starts_with("audio/");
    return film_copy{*made_blob, sound ? "audio/x-matroska" : "video/x-matroska"};
  }
  return film_copy{};
}

result<film_copy> code_film(const workshop& shop, blobs::store& store, const std::string& blob,
                            const made_media& made, bool moves) {
  const auto file = store.local(blob);
  const auto from = store.open(blob);
  if (file.has_error()) return file.error();
  if (from.has_error()) return from.error();
  const auto most_bytes = most_growth * static_cast<std::size_t>((*from)->size()) + copied_bytes;
  const auto coded = made_anew(store, [&](const taker& take) {
    return shop.code(file->path, made, moves, most_bytes, take);
  });
  if (coded.has_error()) return coded.error();
  if (coded->size == 0) return film_copy{};
  return film_copy{*coded, moves ? "video/mp4" : "audio/mp4"};
}

}  // namespace nova::media
