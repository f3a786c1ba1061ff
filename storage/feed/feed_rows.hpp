// Rows of feed's queries as structs; column positions stand in feed_rows.cpp only. Used by actors/feed.
#pragma once

#include "storage/database/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nova::feed {

/// As the tables number them.
enum class reason : std::uint8_t { following = 1, share = 2, hashtag = 3 };
enum class visibility : std::uint8_t { everyone = 1, followers = 2, mentioned = 3 };
enum class hidden_kind : std::uint8_t { blocks = 1, blocked_by = 2, mutes = 3 };

struct home_row {
  std::int64_t followers = 0;
  bool big = false;
  std::string preferences;  ///< a serialised Preferences; empty: default
};

/// One post of a feed and the way by which it came.
struct entry_row {
  unix_ms at = 0;
  uuid post_id{};
  uuid author_id{};
  uuid via_id{};  ///< the sharer, or else the author
  feed::reason reason = reason::following;
};

struct page_rows {
  std::vector<entry_row> entries;
  bool merges = false;           ///< there may be entries that are merged at reading
  std::optional<unix_ms> as_of;  ///< of the read; empty without entries
};

/// An entry and what its score is made of.
struct candidate_row {
  entry_row entry;
  std::int64_t reactions = 0;
  std::int64_t comments = 0;
  double strength = 0;  ///< of the account's interactions with the author at `interacted_at`
  unix_ms interacted_at = 0;
};

/// The order of a ranked page. Both lists have the same size.
struct ranking_row {
  std::vector<uuid> post_ids;
  std::vector<std::int64_t> scores;  ///< millionths
};

/// A post as feed keeps it.
struct post_row {
  uuid post_id{};
  uuid author_id{};
  unix_ms at = 0;
  feed::visibility visibility = visibility::everyone;
  std::vector<uuid> mentions;
  bool quote = false;
  std::string words;  ///< folded, each between spaces
  unix_ms added_at = 0;
};

// Each function names the queries whose rows it reads.

/// home.
home_row read_home(const storage::rows& r);
/// page, merged_page.
page_rows read_page(const storage::rows& r);
/// candidates, candidate.
std::vector<candidate_row> read_candidates(const storage::rows& r);
/// ranking.
std::optional<ranking_row> read_ranking(const storage::rows& r);
/// follower_shards, sharer_follower_shards, entry_shards.
std::vector<std::uint32_t> read_shards(const storage::rows& r);
/// push_readers.
std::vector<uuid> read_accounts(const storage::rows& r);
/// follows.
bool read_follows(const storage::rows& r);

}  // namespace nova::feed
