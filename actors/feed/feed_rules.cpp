#include "actors/feed/feed_rules.hpp"

#include "actors/feed/words_rules.hpp"
#include "protocols/core/page.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace nova::feed {
namespace {

constexpr std::string_view chronological = "chronological";

double checked_weight(bool given, double value, std::string_view name, error& bad) {
  if (!given) return 1;
  if (!(value >= 0 && value <= max_weight))
    bad.fields.push_back({"weights." + std::string(name), "A weight is between 0 and 10."});
  return value;
}

}  // namespace

Preferences default_preferences() {
  Preferences p;
  p.set_mode(std::string(chronological));
  auto& w = *p.mutable_weights();
  w.set_recency(1);
  w.set_affinity(1);
  w.set_reactions(1);
  w.set_conversation(1);
  p.set_show_shares(true);
  p.set_show_replies(true);
  return p;
}

result<Preferences> checked_preferences(const SetPreferencesRequest& q,
                                        const config::feed_settings& s) {
  auto bad = make_error(errc::invalid_request, "Some fields are not valid.");
  auto p = default_preferences();
  if (q.has_mode()) p.set_mode(q.mode());
  const auto& given = q.weights();
  auto& w = *p.mutable_weights();
  w.set_recency(checked_weight(given.has_recency(), given.recency(), "recency", bad));
  w.set_affinity(checked_weight(given.has_affinity(), given.affinity(), "affinity", bad));
  w.set_reactions(checked_weight(given.has_reactions(), given.reactions(), "reactions", bad));
  w.set_conversation(
      checked_weight(given.has_conversation(), given.conversation(), "conversation", bad));
  if (q.has_show_shares()) p.set_show_shares(q.show_shares());
  if (q.has_show_replies()) p.set_show_replies(q.show_replies());
  std::set<std::string> known;
  for (const auto& word : q.muted_words()) {
    auto folded = folded_words(word);
    if (folded.empty()) {
      bad.fields.push_back({"muted_words", "A muted word has letters or digits."});
      break;
    }
    if (known.insert(std::move(folded)).second) p.add_muted_words(word);
  }
  if (static_cast<std::int64_t>(known.size()) > s.muted_words)
    bad.fields.push_back(
        {"muted_words", "At most " + std::to_string(s.muted_words) + " words can be muted."});
  if (!bad.fields.empty()) return bad;
  return p;
}

store::view view_of(const uuid& account, std::uint32_t shard, const Preferences& p, unix_ms as_of,
                    unix_ms now, std::int64_t limit) {
  store::view v;
  v.account = account;
  v.shard = shard;
  v.before_at = store::end_of_time;
  v.before_id = store::last_id();
  v.as_of = as_of;
  v.now = now;
  v.shares = p.show_shares();
  v.quotes = p.show_replies();
  for (const auto& word : p.muted_words()) v.muted_words.push_back(folded_words(word));
  v.limit = limit;
  return v;
}

bool merged_at_reading(std::int64_t followers, bool merged_before, const config::feed_settings& s) {
  if (!merged_before) return followers >= s.fanout_limit;
  return followers * 100 >= s.fanout_limit * s.fanout_return_percent;
}

std::optional<visibility> parse_visibility(std::string_view text) noexcept {
  if (text == "public") return visibility::everyone;
  if (text == "followers") return visibility::followers;
  if (text == "mentioned") return visibility::mentioned;
  return std::nullopt;
}

std::string_view name_of(reason why) noexcept {
  switch (why) {
    case reason::following: return "following";
    case reason::share: return "share";
    case reason::hashtag: return "hashtag";
  }
  return {};
}

ranked_page page_of(const ranking_row& order, std::span<const candidate_row> there,
                    std::int64_t shown, std::int64_t limit) {
  std::map<uuid, const candidate_row*> by_id;
  for (const auto& c : there) by_id.emplace(c.entry.post_id, &c);
  ranked_page out;
  const auto places = std::min(order.post_ids.size(), order.scores.size());
  for (auto i = static_cast<std::size_t>(shown);
       i < places && static_cast<std::int64_t>(out.items.size()) < limit; ++i) {
    ++out.scanned;
    if (const auto found = by_id.find(order.post_ids[i]); found != by_id.end())
      out.items.push_back({found->second, order.scores[i]});
  }
  return out;
}

}  // namespace nova::feed
