#include "bench/search/truth.hpp"

#include "actors/search/score_rules.hpp"
#include "config/settings/search_settings.hpp"

#include <algorithm>
#include <map>

namespace nova::bench {

namespace {

search::post_row row_of(const known_document& d) {
  std::map<std::string, std::uint32_t> counts;
  const auto terms = search::terms_of(d.text);
  for (const auto& t : terms) ++counts[t.text];
  return {d.id, d.at, static_cast<std::int64_t>(terms.size()), {counts.begin(), counts.end()}};
}

}  // namespace

std::vector<std::string> best_posts(const std::vector<known_document>& posts,
                                    const std::string& asked, unix_ms as_of, std::size_t most) {
  const auto wanted = search::folded(asked);
  std::vector<search::post_row> rows;
  for (const auto& d : posts)
    if (d.folded.find(wanted) != d.folded.npos) rows.push_back(row_of(d));
  const auto q = search::parse_question(asked).value();
  std::vector<std::string> out;
  for (const auto& p : search::rank(rows, q, as_of, config::search_settings().recency_half_days)) {
    if (out.size() == most) break;
    out.push_back(to_string(p.post_id));
  }
  return out;
}

std::vector<std::string> newest_messages(const std::vector<known_document>& messages,
                                         const std::string& asked, std::size_t most) {
  const auto wanted = search::folded(asked);
  std::vector<std::string> out;
  for (auto d = messages.rbegin(); d != messages.rend() && out.size() < most; ++d)
    if (d->mine && d->folded.find(wanted) != d->folded.npos)
      out.push_back(to_string(d->id) + " " + std::to_string(d->seq));
  return out;
}

double recall(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
  if (expected.empty()) return 1;
  const auto there = std::ranges::count_if(
      expected, [&](const std::string& id) { return std::ranges::find(found, id) != found.end(); });
  return static_cast<double>(there) / static_cast<double>(expected.size());
}

}  // namespace nova::bench
