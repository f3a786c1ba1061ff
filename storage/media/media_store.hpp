// Statements on media's tables, typed. Called by actors/media; executed by the runtime.
#pragma once

#include "storage/database/retention.hpp"
#include "storage/media/media_rows.hpp"
#include "storage/runtime/letter_queries.hpp"

namespace nova::media::store {

// Reads.
storage::statement library(const uuid& account);
/// Uploads without a medium: open ones and finished parts.
storage::statement open_uploads(const uuid& account);
storage::statement upload(const uuid& account, const uuid& upload);
storage::statement uploads(const uuid& account, std::vector<uuid> uploads);
storage::statement media(const uuid& media);
/// Those of the media that their owner has uploaded. The lists have one length.
storage::statement media_of_owners(std::vector<uuid> media, std::vector<uuid> owners);
/// In the order of their ids, behind `after`.
storage::statement media_of_account(const uuid& account, const uuid& after, std::int64_t limit);
storage::statement variants(std::vector<uuid> media);
/// At most `limit` places of the medium.
storage::statement references(const uuid& media, std::int64_t limit);
/// Media in processing that were made before `before`, the oldest first.
storage::statement waiting(unix_ms before, std::int64_t limit);
/// Ready pictures whose variants were made in a way before `making`, at most `limit`.
storage::statement made_before(std::int64_t making, std::int64_t limit);
storage::statement unnamed_blobs(std::vector<std::string> blobs);
storage::statement unnamed_parts(std::vector<uuid> parts);
/// All blobs that media of the account name.
storage::statement account_bytes(const uuid& account);

// Writes.
storage::statement insert_upload(const upload_row& row);
storage::statement set_written(const uuid& upload, std::int64_t written);
storage::statement set_done(const uuid& upload);
storage::statement set_upload_media(const uuid& upload, const uuid& media, std::int64_t size);
storage::statement delete_uploads(std::vector<uuid> uploads);
storage::statement add_used(const uuid& account, std::int64_t bytes);
storage::statement set_closed(const uuid& account, bool closed);
storage::statement insert_media(const media_row& row);
/// Blob, size and type of a recording, which was inserted without.
storage::statement set_recorded(const media_row& row);
/// Writes the fields that a worker has found, and the state.
storage::statement set_processed(const media_row& row);
storage::statement insert_variant(const variant_row& row);
storage::statement delete_variants(const uuid& media);
storage::statement set_alt(const uuid& media, const std::optional<std::string>& alt);
storage::statement set_idle(const uuid& media, bool idle);
/// With all its rows. Refused as a conflict while something shows the medium.
std::vector<storage::statement> delete_media(const uuid& media);

// References. Only media of `owner` are attached.
storage::statement attach(std::vector<uuid> media, const uuid& owner, std::string kind,
                          const uuid& place, std::string item);
/// All of a place at once.
storage::statement set_active(const uuid& place, std::string kind, bool active);
/// `item` empty: all of the place.
storage::statement detach(const uuid& place, std::string kind,
                          const std::optional<std::string>& item);
/// All media of the place, instead of those before: a profile, a draft.
storage::statement set_place(const uuid& place, std::string kind, const uuid& owner,
                             std::vector<uuid> media, bool active);

/// Deletes every row of the account, and the content of its events. `kept`: numbers of events that stay in the dead letters.
std::vector<storage::statement> erase_account(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts);

/// Uploads leave this long after their end.
storage::retention_job old_uploads();

}  // namespace nova::media::store
