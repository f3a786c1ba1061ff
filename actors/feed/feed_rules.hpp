// The pure decisions of feed beside ranking: preferences, what a view of a feed shows, when an author is merged at reading.
// Called by the handlers; no state, no clock, no database.
#pragma once

#include "config/settings/feed_settings.hpp"
#include "protocols/core/error.hpp"
#include "protocols/feed/feed.pb.h"
#include "storage/feed/feed_store.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace nova::feed {

inline constexpr double max_weight = 10;

/// Chronological, every weight 1, all shown, no word muted.
Preferences default_preferences();
/// All that is wrong with the fields comes at once, as `invalid_request`.
result<Preferences> checked_preferences(const SetPreferencesRequest& q,
                                        const config::feed_settings& s);

/// The feed of `account` by its preferences from its newest entry on, as feed knew it at `as_of`.
store::view view_of(const uuid& account, std::uint32_t shard, const Preferences& p, unix_ms as_of,
                    unix_ms now, std::int64_t limit);

/// Whether the author's entries are merged at reading. An author who is goes back to fan-out well below the limit, so that
/// followers who come and go do not move all entries each time.
bool merged_at_reading(std::int64_t followers, bool merged_before, const config::feed_settings& s);

/// Empty for a text that is no visibility.
std::optional<visibility> parse_visibility(std::string_view text) noexcept;
std::string_view name_of(reason why) noexcept;

/// Entries of the ranking's order behind the first `shown`, at most `limit`. An entry that has left the feed since is left out.
/// `scanned`: how many places of the order the page takes.
struct ranked_page {
  struct item {
    const candidate_row* row;
    std::int64_t score;
  };
  std::vector<item> items;
  std::int64_t scanned = 0;
};
ranked_page page_of(const ranking_row& order, std::span<const candidate_row> there,
                    std::int64_t shown, std::int64_t limit);

}  // namespace nova::feed
