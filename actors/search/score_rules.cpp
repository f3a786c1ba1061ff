#include "actors/search/score_rules.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nova::search {
namespace {

constexpr double day_ms = 86'400'000;

std::uint32_t count_of(const post_row& post, const wanted_term& want) {
  std::uint32_t out = 0;
  for (const auto& [text, n] : post.terms)
    if (want.begins ? text.starts_with(want.text) : text == want.text) out += n;
  return out;
}

}  // namespace

double recency(unix_ms age_ms, std::int64_t half_days) {
  const auto age = static_cast<double>(std::max<unix_ms>(age_ms, 0));
  return 0.5 + 0.5 * std::exp2(-age / (day_ms * static_cast<double>(half_days)));
}

double fitness(const post_row& post, const question& q) {
  const double long_by =
      1 - length_weight + length_weight * static_cast<double>(post.length) / usual_length;
  double sum = 0;
  bool wants = false;
  for (const auto& part : q.parts) {
    if (part.excluded) continue;
    wants = true;
    for (const auto& want : part.terms) {
      const double n = count_of(post, want);
      sum += n * (term_saturation + 1) / (n + term_saturation * long_by);
    }
  }
  return wants ? sum : 1;
}

std::vector<scored_post> rank(std::span<const post_row> posts, const question& q, unix_ms as_of,
                              std::int64_t half_days) {
  std::vector<scored_post> out;
  out.reserve(posts.size());
  for (const auto& post : posts)
    out.push_back({post.post_id, fitness(post, q) * recency(as_of - post.at, half_days)});
  std::ranges::sort(out, [](const scored_post& a, const scored_post& b) {
    return std::tie(a.score, a.post_id) > std::tie(b.score, b.post_id);
  });
  return out;
}

}  // namespace nova::search
