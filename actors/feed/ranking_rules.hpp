// How a feed is ranked: the parts of a post's score, their sum, and the order of a page. Pure; called by page_handlers.
#pragma once

#include "protocols/feed/feed.pb.h"
#include "storage/feed/feed_rows.hpp"

#include <vector>

namespace nova::feed {

/// Recency halves in this time.
inline constexpr unix_ms recency_half_life_ms = 6LL * 3600 * 1000;
/// Interactions that make affinity one half.
inline constexpr double half_affinity = 3;
/// Reactions and comments that make their parts 1.
inline constexpr double many_reactions = 1'000;
inline constexpr double many_comments = 200;
/// The newest entries of a feed that are ranked.
inline constexpr std::int64_t ranked_entries = 500;

/// Each part is between 0 and 1. `now`: when the ranking is made.
Parts parts_of(const candidate_row& row, unix_ms now);
/// The sum of each part by its weight, in millionths, so that equal scores are equal everywhere.
std::int64_t score_of(const Parts& parts, const Weights& weights);
inline double score_number(std::int64_t millionths) {
  return static_cast<double>(millionths) / 1e6;
}
/// The highest score first; of equal ones the newest.
ranking_row rank(const std::vector<candidate_row>& candidates, const Weights& weights, unix_ms now);

}  // namespace nova::feed
