#include "storage/media/media_store.hpp"

#include "storage/media/media_queries.hpp"
#include "storage/runtime/runtime_queries.hpp"

namespace nova::media::store {
namespace {

using storage::statement;
using storage::timestamp;
using storage::value;

template <class T>
value or_null(const std::optional<T>& x) {
  return x ? value(*x) : value();
}

}  // namespace

statement library(const uuid& account) { return {&queries::library, {account}}; }
statement open_uploads(const uuid& account) { return {&queries::open_uploads, {account}}; }
statement upload(const uuid& account, const uuid& upload) {
  return {&queries::upload, {upload, account}};
}
statement uploads(const uuid& account, std::vector<uuid> uploads) {
  return {&queries::uploads, {std::move(uploads), account}};
}
statement media(const uuid& media) { return {&queries::media, {media}}; }
statement media_of_owners(std::vector<uuid> media, std::vector<uuid> owners) {
  return {&queries::media_of_owners, {std::move(media), std::move(owners)}};
}
statement media_of_account(const uuid& account, const uuid& after, std::int64_t limit) {
  return {&queries::media_of_account, {account, after, limit}};
}
statement variants(std::vector<uuid> media) { return {&queries::variants, {std::move(media)}}; }
statement references(const uuid& media, std::int64_t limit) {
  return {&queries::references, {media, limit}};
}
statement waiting(unix_ms before, std::int64_t limit) {
  return {&queries::waiting, {timestamp{before}, limit}};
}
statement made_before(std::int64_t making, std::int64_t limit) {
  return {&queries::made_before, {making, limit}};
}
statement unnamed_blobs(std::vector<std::string> blobs) {
  return {&queries::unnamed_blobs, {std::move(blobs)}};
}
statement unnamed_parts(std::vector<uuid> parts) {
  return {&queries::unnamed_parts, {std::move(parts)}};
}
statement account_bytes(const uuid& account) { return {&queries::account_bytes, {account}}; }

statement insert_upload(const upload_row& u) {
  return {&queries::insert_upload,
          {u.upload_id, u.account, u.length, timestamp{u.expires_at}, u.metadata, u.file_name,
           u.content_type, u.purpose, u.at_once, u.partial, u.parts}};
}
statement set_written(const uuid& upload, std::int64_t written) {
  return {&queries::set_written, {upload, written}};
}
statement set_done(const uuid& upload) { return {&queries::set_done, {upload}}; }
statement set_upload_media(const uuid& upload, const uuid& media, std::int64_t size) {
  return {&queries::set_upload_media, {upload, media, size}};
}
statement delete_uploads(std::vector<uuid> uploads) {
  return {&queries::delete_uploads, {std::move(uploads)}};
}
statement add_used(const uuid& account, std::int64_t bytes) {
  return {&queries::add_used, {account, bytes}};
}
statement set_closed(const uuid& account, bool closed) {
  return {&queries::set_closed, {account, closed}};
}
statement insert_media(const media_row& m) {
  return {&queries::insert_media,
          {m.media_id, m.account, static_cast<std::int64_t>(m.state), m.kind, m.content_type,
           m.size, m.file_name, m.purpose, m.blob, timestamp{m.created_at}, or_null(m.stream)}};
}
statement set_recorded(const media_row& m) {
  return {&queries::set_recorded, {m.media_id, m.blob, m.size, m.content_type}};
}
statement set_processed(const media_row& m) {
  return {&queries::set_processed,
          {m.media_id, static_cast<std::int64_t>(m.state), or_null(m.width), or_null(m.height),
           or_null(m.duration_ms), or_null(m.blurhash), or_null(m.shown_blob),
           or_null(m.shown_size), m.content_type, or_null(m.waveform), m.making}};
}
statement insert_variant(const variant_row& v) {
  return {&queries::insert_variant,
          {v.media_id, v.name, v.blob, v.content_type, v.width, v.height, v.size}};
}
statement delete_variants(const uuid& media) { return {&queries::delete_variants, {media}}; }
statement set_alt(const uuid& media, const std::optional<std::string>& alt) {
  return {&queries::set_alt, {media, or_null(alt)}};
}
statement set_idle(const uuid& media, bool idle) { return {&queries::set_idle, {media, idle}}; }
std::vector<statement> delete_media(const uuid& media) {
  return {{&queries::delete_media, {media}, 1}, {&queries::delete_media_rows, {media}}};
}

statement attach(std::vector<uuid> media, const uuid& owner, std::string kind, const uuid& place,
                 std::string item) {
  return {&queries::attach, {std::move(media), owner, std::move(kind), place, std::move(item)}};
}
statement set_active(const uuid& place, std::string kind, bool active) {
  return {&queries::set_active, {place, std::move(kind), active}};
}
statement detach(const uuid& place, std::string kind, const std::optional<std::string>& item) {
  return {&queries::detach, {place, std::move(kind), or_null(item)}};
}
statement set_place(const uuid& place, std::string kind, const uuid& owner, std::vector<uuid> media,
                    bool active) {
  return {&queries::set_place, {place, std::move(kind), owner, std::move(media), active}};
}

std::vector<statement> erase_account(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts) {
  auto out = storage::runtime_queries::empty_words_of(account, texts);
  out.insert(out.begin(), {{&queries::erase_account, {account}},
                           {&queries::empty_events, {to_string(account)}},
                           {&storage::runtime_queries::empty_dead_letters,
                            {to_string(account), std::move(kept)}}});
  return out;
}

storage::retention_job old_uploads() {
  return {"upload", &queries::old_uploads_due, &queries::delete_old_uploads,
          std::chrono::hours(24 * 7)};
}

}  // namespace nova::media::store
