#include "storage/feed/feed_rows.hpp"

namespace nova::feed {
namespace {

enum home_column : std::size_t { followers, big, preferences };
enum entry_column : std::size_t {
  at,
  post_id,
  author_id,
  via_id,
  why,
  reactions,
  comments,
  strength,
  interacted_at
};
constexpr std::size_t merges = 5, as_of = 6;  // of a page
enum ranking_column : std::size_t { post_ids, scores };

entry_row entry(const storage::rows& r, std::size_t i) {
  return {r.time(i, at), r.id(i, post_id), r.id(i, author_id), r.id(i, via_id),
          static_cast<reason>(r.int8(i, why))};
}

}  // namespace

home_row read_home(const storage::rows& r) {
  home_row out;
  if (r.empty()) return out;
  out.followers = r.int8(0, followers);
  out.big = r.boolean(0, big);
  if (!r.null(0, preferences)) out.preferences = r.blob(0, preferences);
  return out;
}

// Without an entry it is not known whether others are to be merged.
page_rows read_page(const storage::rows& r) {
  page_rows out;
  out.merges = r.empty() || r.boolean(0, merges);
  if (!r.empty()) out.as_of = r.time(0, as_of);
  out.entries.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.entries.push_back(entry(r, i));
  return out;
}

std::vector<candidate_row> read_candidates(const storage::rows& r) {
  std::vector<candidate_row> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back({entry(r, i), r.int8(i, reactions), r.int8(i, comments),
                   r.get<double>(i, strength), r.time(i, interacted_at)});
  return out;
}

std::optional<ranking_row> read_ranking(const storage::rows& r) {
  if (r.empty()) return std::nullopt;
  return ranking_row{r.get<std::vector<uuid>>(0, post_ids),
                     r.get<std::vector<std::int64_t>>(0, scores)};
}

std::vector<std::uint32_t> read_shards(const storage::rows& r) {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < r.size(); ++i)
    out.push_back(static_cast<std::uint32_t>(r.int8(i, 0)));
  return out;
}

std::vector<uuid> read_accounts(const storage::rows& r) {
  std::vector<uuid> out;
  out.reserve(r.size());
  for (std::size_t i = 0; i < r.size(); ++i) out.push_back(r.id(i, 0));
  return out;
}

bool read_follows(const storage::rows& r) { return !r.empty(); }

}  // namespace nova::feed
