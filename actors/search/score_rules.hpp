// How well a post fits a question: BM25 of the question's words, and its age. Pure; used by find_handlers.
#pragma once

#include "actors/search/query_rules.hpp"
#include "storage/search/search_rows.hpp"

#include <span>
#include <vector>

namespace nova::search {

/// BM25's two numbers: how fast more of the same word counts less, and how much a long text counts less.
inline constexpr double term_saturation = 1.2;
inline constexpr double length_weight = 0.75;
/// The length in terms that is neither long nor short.
inline constexpr double usual_length = 60;

/// From 1, when it is new, to 0.5: half of the rest is lost in each `half_days`.
double recency(unix_ms age_ms, std::int64_t half_days);

/// BM25 of the words that must be there, by their counts in the post. All words weigh the same: each hit has all of them, and
/// the rarity of a word changes little among such hits. 1 for a question of exclusions only.
double fitness(const post_row& post, const question& q);

struct scored_post {
  uuid post_id{};
  double score = 0;
};

/// fitness × recency at `as_of`, the highest first; equal ones by id, the highest first.
std::vector<scored_post> rank(std::span<const post_row> posts, const question& q, unix_ms as_of,
                              std::int64_t half_days);

}  // namespace nova::search
