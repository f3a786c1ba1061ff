#include "storage/media/media_queries.hpp"

namespace nova::media::queries {

#define UPLOAD                                                                              \
  "upload_id, account_id, length, written, expires_at, metadata, file_name, content_type, " \
  "purpose, at_once, partial, done, parts, media_id"
#define MEDIA                                                                                     \
  "m.media_id, m.account_id, m.state::bigint, m.kind, m.content_type, m.size, m.file_name, "      \
  "m.purpose, m.blob, m.shown_blob, m.shown_size, m.width, m.height, m.duration_ms, m.blurhash, " \
  "m.alt, m.created_at, m.idle, m.stream_id, m.waveform, m.making"
#define IN_SIGHT \
  " AND NOT EXISTS (SELECT FROM library l WHERE l.account_id = m.account_id AND l.closed)"

const storage::query library{.name = "media.library",
                             .sql = "SELECT used, closed FROM library WHERE account_id = $1"};

const storage::query open_uploads{
    .name = "media.open_uploads",
    .sql = "SELECT " UPLOAD
           " FROM upload WHERE account_id = $1 AND media_id IS NULL AND expires_at > now()"};

const storage::query upload{
    .name = "media.upload",
    .sql = "SELECT " UPLOAD " FROM upload WHERE upload_id = $1 AND account_id = $2"};

const storage::query uploads{
    .name = "media.uploads",
    .sql = "SELECT " UPLOAD " FROM upload WHERE upload_id = ANY($1) AND account_id = $2"};

const storage::query media{.name = "media.media",
                           .sql = "SELECT " MEDIA " FROM media m WHERE m.media_id = $1" IN_SIGHT};

const storage::query media_of_owners{
    .name = "media.media_of_owners",
    .sql = "SELECT " MEDIA
           " FROM unnest($1::uuid[], $2::uuid[]) AS x(media_id, account_id) "
           "JOIN media m ON m.media_id = x.media_id AND m.account_id = x.account_id WHERE "
           "true" IN_SIGHT};

const storage::query media_of_account{
    .name = "media.media_of_account",
    .sql =
        "SELECT " MEDIA
        " FROM media m WHERE m.account_id = $1 AND m.media_id > $2 ORDER BY m.media_id LIMIT $3"};

const storage::query variants{
    .name = "media.variants",
    .sql =
        "SELECT media_id, name, blob, content_type, width, height, size FROM variant "
        "WHERE media_id = ANY($1) ORDER BY media_id, name"};

const storage::query references{.name = "media.references",
                                .sql =
                                    "SELECT kind, place, bool_or(active) FROM reference WHERE "
                                    "media_id = $1 GROUP BY kind, place "
                                    "ORDER BY kind DESC, place DESC LIMIT $2"};

const storage::query waiting{
    .name = "media.waiting",
    .sql = "SELECT " MEDIA
           " FROM media m WHERE m.state = 0 AND m.created_at < $1 ORDER BY m.created_at LIMIT $2"};

const storage::query made_before{
    .name = "media.made_before",
    .sql = "SELECT " MEDIA
           " FROM media m WHERE m.state = 1 AND m.kind = 'image' AND m.making < $1 ORDER BY "
           "m.making, m.media_id LIMIT $2"};

const storage::query unnamed_blobs{
    .name = "media.unnamed_blobs",
    .sql =
        "SELECT x.blob FROM unnest($1::text[]) AS x(blob) "
        "WHERE NOT EXISTS (SELECT FROM media m WHERE m.blob = x.blob) "
        "AND NOT EXISTS (SELECT FROM media m WHERE m.shown_blob = x.blob) "
        "AND NOT EXISTS (SELECT FROM variant v WHERE v.blob = x.blob)"};

const storage::query unnamed_parts{.name = "media.unnamed_parts",
                                   .sql =
                                       "SELECT x.id::text FROM unnest($1::uuid[]) AS x(id) "
                                       "WHERE NOT EXISTS (SELECT FROM upload u WHERE u.upload_id = "
                                       "x.id AND u.media_id IS NULL AND u.expires_at > now())"};

const storage::query account_bytes{
    .name = "media.account_bytes",
    .sql =
        "SELECT blob FROM media WHERE account_id = $1 "
        "UNION SELECT shown_blob FROM media WHERE account_id = $1 AND shown_blob IS NOT NULL "
        "UNION SELECT v.blob FROM variant v JOIN media m USING (media_id) WHERE m.account_id = $1"};

const storage::query insert_upload{
    .name = "media.insert_upload",
    .sql = "INSERT INTO upload (" UPLOAD
           ") VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, false, "
           "$11, NULL)"};

const storage::query set_written{.name = "media.set_written",
                                 .sql = "UPDATE upload SET written = $2 WHERE upload_id = $1"};

const storage::query set_done{
    .name = "media.set_done",
    .sql = "UPDATE upload SET written = length, done = true WHERE upload_id = $1"};

const storage::query set_upload_media{
    .name = "media.set_upload_media",
    .sql =
        "UPDATE upload SET length = $3, written = $3, done = true, media_id = $2 WHERE upload_id = "
        "$1"};

const storage::query delete_uploads{.name = "media.delete_uploads",
                                    .sql = "DELETE FROM upload WHERE upload_id = ANY($1)"};

const storage::query add_used{
    .name = "media.add_used",
    .sql =
        "INSERT INTO library (account_id, used) VALUES ($1, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET used = library.used + excluded.used"};

const storage::query set_closed{
    .name = "media.set_closed",
    .sql =
        "INSERT INTO library (account_id, used, closed) VALUES ($1, 0, $2) "
        "ON CONFLICT (account_id) DO UPDATE SET closed = excluded.closed"};

const storage::query insert_media{.name = "media.insert_media",
                                  .sql =
                                      "INSERT INTO media (media_id, account_id, state, kind, "
                                      "content_type, size, file_name, purpose, "
                                      "blob, created_at, idle, stream_id) VALUES ($1, $2, "
                                      "$3::bigint::smallint, $4, $5, $6, $7, $8, $9, $10, "
                                      "false, $11)"};

const storage::query set_recorded{
    .name = "media.set_recorded",
    .sql = "UPDATE media SET blob = $2, size = $3, content_type = $4 WHERE media_id = $1"};

const storage::query set_processed{
    .name = "media.set_processed",
    .sql =
        "UPDATE media SET state = $2::bigint::smallint, width = $3, height = $4, duration_ms = $5, "
        "blurhash = $6, shown_blob = $7, shown_size = $8, content_type = $9, waveform = $10, "
        "making = $11 "
        "WHERE media_id = $1"};

const storage::query insert_variant{
    .name = "media.insert_variant",
    .sql =
        "INSERT INTO variant (media_id, name, blob, content_type, width, height, size) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (media_id, name) DO NOTHING"};

const storage::query delete_variants{.name = "media.delete_variants",
                                     .sql = "DELETE FROM variant WHERE media_id = $1"};

const storage::query set_alt{.name = "media.set_alt",
                             .sql = "UPDATE media SET alt = $2 WHERE media_id = $1"};

const storage::query set_idle{.name = "media.set_idle",
                              .sql = "UPDATE media SET idle = $2 WHERE media_id = $1"};

const storage::query delete_media{
    .name = "media.delete_media",
    .sql =
        "DELETE FROM media WHERE media_id = $1 AND NOT EXISTS "
        "(SELECT FROM reference r WHERE r.media_id = $1 AND r.active)"};

const storage::query delete_media_rows{
    .name = "media.delete_media_rows",
    .sql =
        "WITH a AS (DELETE FROM variant WHERE media_id = $1), "
        "b AS (DELETE FROM upload WHERE media_id = $1) DELETE FROM reference WHERE media_id = $1"};

const storage::query attach{
    .name = "media.attach",
    .sql =
        "INSERT INTO reference (media_id, kind, place, item, active) "
        "SELECT m.media_id, $3, $4, $5, true FROM media m WHERE m.media_id = ANY($1) AND "
        "m.account_id = $2 ON CONFLICT (media_id, kind, place, item) DO UPDATE SET active = true"};

const storage::query set_active{
    .name = "media.set_active",
    .sql = "UPDATE reference SET active = $3 WHERE place = $1 AND kind = $2"};

const storage::query detach{
    .name = "media.detach",
    .sql =
        "DELETE FROM reference WHERE place = $1 AND kind = $2 AND ($3::text IS NULL OR item = $3)"};

const storage::query set_place{
    .name = "media.set_place",
    .sql =
        "WITH gone AS (DELETE FROM reference WHERE place = $1 AND kind = $2 "
        "AND NOT media_id = ANY($4)) INSERT INTO reference (media_id, kind, place, item, active) "
        "SELECT m.media_id, $2, $1, '', $5 FROM media m WHERE m.media_id = ANY($4) AND "
        "m.account_id = $3 ON CONFLICT (media_id, kind, place, item) DO NOTHING"};

const storage::query erase_account{
    .name = "media.erase_account",
    .sql =
        "WITH a AS (DELETE FROM variant v USING media m WHERE v.media_id = m.media_id AND "
        "m.account_id = $1), b AS (DELETE FROM reference r USING media m WHERE r.media_id = "
        "m.media_id AND m.account_id = $1), c AS (DELETE FROM upload WHERE account_id = $1), "
        "d AS (DELETE FROM library WHERE account_id = $1) DELETE FROM media WHERE account_id = $1"};

const storage::query empty_events{.name = "media.empty_events",
                                  .sql =
                                      "UPDATE outbox SET type = 0, payload = '' WHERE key = $1 AND "
                                      "type BETWEEN 10001 AND 10005"};

const storage::query old_uploads_due{.name = "media.old_uploads_due",
                                     .sql =
                                         "SELECT count(*) FROM (SELECT FROM upload WHERE "
                                         "expires_at < $1 ORDER BY expires_at LIMIT $2) x"};

const storage::query delete_old_uploads{
    .name = "media.delete_old_uploads",
    .sql =
        "DELETE FROM upload WHERE upload_id IN (SELECT upload_id FROM upload WHERE expires_at < $1 "
        "ORDER BY expires_at LIMIT $2)"};

std::span<const storage::query* const> all() {
  static const storage::query* const list[] = {
      &library,         &open_uploads,      &upload,           &uploads,
      &media,           &media_of_owners,   &media_of_account, &variants,
      &references,      &waiting,           &made_before,      &unnamed_blobs,
      &unnamed_parts,   &account_bytes,     &insert_upload,    &set_written,
      &set_done,        &set_upload_media,  &delete_uploads,   &add_used,
      &set_closed,      &insert_media,      &set_processed,    &set_recorded,
      &insert_variant,  &delete_variants,   &set_alt,          &set_idle,
      &delete_media,    &delete_media_rows, &attach,           &set_active,
      &detach,          &set_place,         &erase_account,    &empty_events,
      &old_uploads_due, &delete_old_uploads};
  return list;
}

}  // namespace nova::media::queries
