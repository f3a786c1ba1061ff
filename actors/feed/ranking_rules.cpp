#include "actors/feed/ranking_rules.hpp"

#include "storage/feed/feed_store.hpp"

#include <algorithm>
#include <cmath>

namespace nova::feed {
namespace {

double halved(unix_ms age, unix_ms half_life) {
  return std::exp2(-static_cast<double>(std::max<unix_ms>(age, 0)) /
                   static_cast<double>(half_life));
}

double logarithmic(std::int64_t n, double many) {
  return std::min(1.0,
                  std::log1p(static_cast<double>(std::max<std::int64_t>(n, 0))) / std::log1p(many));
}

}  // namespace

Parts parts_of(const candidate_row& row, unix_ms now) {
  const double strength =
      row.strength * halved(now - row.interacted_at, store::affinity_half_life_ms);
  Parts p;
  p.set_recency(halved(now - row.entry.at, recency_half_life_ms));
  p.set_affinity(strength / (strength + half_affinity));
  p.set_reactions(logarithmic(row.reactions, many_reactions));
  p.set_conversation(logarithmic(row.comments, many_comments));
  return p;
}

std::int64_t score_of(const Parts& p, const Weights& w) {
  return std::llround(1e6 * (p.recency() * w.recency() + p.affinity() * w.affinity() +
                             p.reactions() * w.reactions() + p.conversation() * w.conversation()));
}

ranking_row rank(const std::vector<candidate_row>& candidates, const Weights& weights,
                 unix_ms now) {
  struct scored {
    std::int64_t score;
    const entry_row* entry;
  };
  std::vector<scored> order;
  order.reserve(candidates.size());
  for (const auto& c : candidates) order.push_back({score_of(parts_of(c, now), weights), &c.entry});
  std::ranges::sort(order, [](const scored& a, const scored& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.entry->at != b.entry->at) return a.entry->at > b.entry->at;
    return a.entry->post_id > b.entry->post_id;
  });
  ranking_row out;
  for (const auto& s : order) {
    out.post_ids.push_back(s.entry->post_id);
    out.scores.push_back(s.score);
  }
  return out;
}

}  // namespace nova::feed
