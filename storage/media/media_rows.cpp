#include "storage/media/media_rows.hpp"

namespace nova::media {
namespace {

// Columns of each query, in the order of its SQL.
namespace library {
enum : std::size_t { used, closed };
}
namespace upload {
enum : std::size_t {
  upload_id,
  account,
  length,
  written,
  expires_at,
  metadata,
  file_name,
  content_type,
  purpose,
  at_once,
  partial,
  done,
  parts,
  media_id
};
}
namespace medium {
enum : std::size_t {
  media_id,
  account,
  state,
  kind,
  content_type,
  size,
  file_name,
  purpose,
  blob,
  shown_blob,
  shown_size,
  width,
  height,
  duration_ms,
  blurhash,
  alt,
  created_at,
  idle,
  stream,
  waveform,
  making
};
}
namespace variant {
enum : std::size_t { media_id, name, blob, content_type, width, height, size };
}
namespace reference {
enum : std::size_t { kind, place, active };
}

std::optional<std::string> text_or_none(const storage::rows& r, std::size_t i, std::size_t c) {
  return r.null(i, c) ? std::nullopt : std::optional(r.text(i, c));
}
std::optional<std::int64_t> number_or_none(const storage::rows& r, std::size_t i, std::size_t c) {
  return r.null(i, c) ? std::nullopt : std::optional(r.int8(i, c));
}

template <class Row, class F>
std::vector<Row> each(const storage::rows& r, F f) {
  std::vector<Row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(f(i));
  return out;
}

}  // namespace

library_row read_library(const storage::rows& r) {
  if (r.empty()) return {};
  return {r.int8(0, library::used), r.boolean(0, library::closed)};
}

std::vector<upload_row> read_uploads(const storage::rows& r) {
  return each<upload_row>(r, [&](std::size_t i) {
    upload_row u{r.id(i, upload::upload_id),
                 r.id(i, upload::account),
                 r.int8(i, upload::length),
                 r.int8(i, upload::written),
                 r.time(i, upload::expires_at),
                 r.text(i, upload::metadata),
                 r.text(i, upload::file_name),
                 r.text(i, upload::content_type),
                 r.text(i, upload::purpose),
                 r.boolean(i, upload::at_once),
                 r.boolean(i, upload::partial),
                 r.boolean(i, upload::done),
                 r.get<std::vector<uuid>>(i, upload::parts),
                 std::nullopt};
    if (!r.null(i, upload::media_id)) u.media_id = r.id(i, upload::media_id);
    return u;
  });
}

std::vector<media_row> read_media(const storage::rows& r) {
  return each<media_row>(r, [&](std::size_t i) {
    return media_row{
        r.id(i, medium::media_id),
        r.id(i, medium::account),
        static_cast<media_state>(r.int8(i, medium::state)),
        r.text(i, medium::kind),
        r.text(i, medium::content_type),
        r.int8(i, medium::size),
        r.text(i, medium::file_name),
        r.text(i, medium::purpose),
        r.text(i, medium::blob),
        text_or_none(r, i, medium::shown_blob),
        number_or_none(r, i, medium::shown_size),
        number_or_none(r, i, medium::width),
        number_or_none(r, i, medium::height),
        number_or_none(r, i, medium::duration_ms),
        text_or_none(r, i, medium::blurhash),
        text_or_none(r, i, medium::alt),
        r.time(i, medium::created_at),
        r.boolean(i, medium::idle),
        r.null(i, medium::stream) ? std::nullopt : std::optional(r.id(i, medium::stream)),
        text_or_none(r, i, medium::waveform),
        r.int8(i, medium::making)};
  });
}

std::vector<variant_row> read_variants(const storage::rows& r) {
  return each<variant_row>(r, [&](std::size_t i) {
    return variant_row{r.id(i, variant::media_id), r.text(i, variant::name),
                       r.text(i, variant::blob),   r.text(i, variant::content_type),
                       r.int8(i, variant::width),  r.int8(i, variant::height),
                       r.int8(i, variant::size)};
  });
}

std::vector<reference_row> read_references(const storage::rows& r) {
  return each<reference_row>(r, [&](std::size_t i) {
    return reference_row{r.text(i, reference::kind), r.id(i, reference::place),
                         r.boolean(i, reference::active)};
  });
}

std::vector<std::string> read_names(const storage::rows& r) {
  return each<std::string>(r, [&](std::size_t i) { return r.text(i, 0); });
}

}  // namespace nova::media
