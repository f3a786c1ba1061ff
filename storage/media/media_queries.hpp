// The named SQL of media's database; media_store.hpp makes statements of it.
#pragma once

#include "storage/database/value.hpp"

#include <span>

namespace nova::media::queries {

extern const storage::query library, open_uploads, upload, uploads;
extern const storage::query media, media_of_owners, media_of_account, variants, references;
extern const storage::query waiting, made_before, unnamed_blobs, unnamed_parts, account_bytes;

extern const storage::query insert_upload, set_written, set_done, set_upload_media, delete_uploads;
extern const storage::query add_used, set_closed, insert_media, set_processed, set_recorded,
    insert_variant, delete_variants;
extern const storage::query set_alt, set_idle, delete_media, delete_media_rows;
extern const storage::query attach, set_active, detach, set_place;
extern const storage::query erase_account, empty_events;

extern const storage::query old_uploads_due, delete_old_uploads;

/// All of the above, for a test that prepares each.
std::span<const storage::query* const> all();

}  // namespace nova::media::queries
