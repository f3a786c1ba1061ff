// Statements on search's tables, typed. Called by actors/search; executed by the runtime.
#pragma once

#include "storage/runtime/letter_queries.hpp"
#include "storage/search/search_rows.hpp"

#include <limits>
#include <optional>

namespace nova::search::store {

using storage::statement;

/// Behind which a first page begins.
inline constexpr unix_ms end_of_time = 253'402'300'799'000;
uuid last_id();

/// The wish of an account. Only documents that it may see are found.
struct view {
  uuid account{};
  std::string query;                ///< a tsquery
  unix_ms before_at = end_of_time;  ///< documents older than (before_at, before_id)
  uuid before_id = last_id();
  std::optional<uuid> by;                ///< the account that wrote it
  std::optional<std::string> by_handle;  ///< the same by its handle, in lower case
  unix_ms since = 0;
  unix_ms until = end_of_time;
  std::int64_t limit = 0;
};

/// The newest first. `language`: in lower case.
statement find_posts(const view& v, const std::optional<std::string>& language);
statement post_texts(std::vector<uuid> posts);
/// The newest first.
statement find_messages(const view& v, const std::optional<uuid>& conversation);
/// A person who has the words of a question has this score or a higher one; others are nearly named so.
inline constexpr double least_score_of_words = 2;
/// Behind (score, id) in the order of both, the highest first. `first_word`: of the question, folded. `nearly`: its words, looked for
/// in handles and names that share many groups of three characters with them, when no person has them, not even one who is hidden
/// from the caller; empty: not looked for.
statement find_people(const view& v, double before_score, std::string first_word,
                      std::string nearly);

/// A document as it is kept. `terms`: a tsvector's text.
struct post_document {
  uuid post_id{};
  std::int64_t revision = 0;
  uuid author_id{};
  unix_ms at = 0;
  visibility seen_by = visibility::everyone;
  std::vector<uuid> mentions;  ///< accounts that may see it, when it is for them
  std::optional<std::string> language;
  std::string text;
  std::int64_t length = 0;
  std::string terms;
};
statement put_post(post_document d);
statement set_visibility(const uuid& post, std::int64_t revision, visibility seen_by,
                         std::vector<uuid> mentions);
/// A tombstone, also for a post that is not known.
/// The row that is left names no author: the event may come behind the erasure of the account.
statement end_post(const uuid& post, std::int64_t revision, unix_ms now);

struct message_document {
  uuid conversation_id{};
  std::int64_t seq = 0;
  std::int64_t revision = 0;
  uuid message_id{};
  uuid sender_id{};
  unix_ms at = 0;
  std::string text;
  std::string terms;
};
statement put_message(message_document d);
statement edit_message(const uuid& conversation, std::int64_t seq, std::int64_t revision,
                       std::string text, std::string terms);
statement end_message(const uuid& conversation, std::int64_t seq, std::int64_t revision,
                      unix_ms now);

struct person_document {
  uuid account_id{};
  std::int64_t revision = 0;
  unix_ms registered_at = 0;
  std::string handle;
  std::string display_name;
  bool is_private = false;
  std::string terms;
};
statement put_person(person_document d);
statement set_privacy(const uuid& account, std::int64_t revision, bool is_private,
                      bool discoverable);

statement set_closed(const uuid& account, std::int64_t revision, bool closed);
statement add_members(const uuid& conversation, std::vector<uuid> accounts, std::int64_t revision,
                      std::int64_t from_seq);
statement end_member(const uuid& conversation, const uuid& account, std::int64_t revision,
                     unix_ms now);
/// `over`: when the relation has ended; empty: it holds.
statement put_follow(const uuid& account, const uuid& followed, std::int64_t revision,
                     std::optional<unix_ms> over);
statement put_block(const uuid& account, const uuid& blocked, std::int64_t revision,
                    std::optional<unix_ms> over);

/// Every row of the account.
statement drop_account(const uuid& account);
/// The same, counted first; empties the account's dead letters but those of the `kept` types. One unit.
std::vector<statement> erase_account(
    const uuid& account, std::vector<std::int64_t> kept,
    const std::vector<storage::runtime_queries::worded_event>& texts);
/// Rows that were found at the erasing, until its answer is told.
statement erasure(const uuid& account);
statement delete_erasure(const uuid& account);

}  // namespace nova::search::store
