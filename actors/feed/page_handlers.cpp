// The feed as its account reads it, and its preferences. Handlers of home_entity.
#include "actors/feed/feed_rules.hpp"
#include "actors/feed/feed_services.hpp"
#include "actors/feed/home_entity.hpp"
#include "actors/feed/ranking_rules.hpp"
#include "protocols/core/page.hpp"
#include "protocols/feed/feed.nova.hpp"

#include <algorithm>

namespace nova::feed {
namespace {

using runtime::context;
using runtime::need;
using runtime::reads;
using runtime::share;
using decision = runtime::decision<home_state>;
using outcome = home_entity::outcome;

struct page_question {
  page_position from;
  std::int64_t limit = 0;
  bool first = true;
};

result<page_question> read_question(const home_state& s, const GetPageRequest& q,
                                    const context& c) {
  const auto limit = page_limit(q);
  if (limit.has_error()) return limit.error();
  page_question out;
  out.limit = *limit;
  if (q.has_cursor()) {
    const auto from = c.service<feed_services>().cursors.read(s.account, q.cursor(), c.now);
    if (from.has_error()) return from.error();
    out.from = *from;
    out.first = false;
  } else {
    out.from = {s.preferences.mode() == "ranked", c.now, 0, store::end_of_time, store::last_id()};
  }
  return out;
}

void add(Page& page, const entry_row& row, std::optional<std::int64_t> score) {
  auto& item = *page.add_items();
  item.mutable_post()->set_post_id(to_string(row.post_id));
  item.mutable_post()->mutable_author()->set_account_id(to_string(row.author_id));
  item.set_reason(std::string(name_of(row.reason)));
  if (row.reason == reason::share) item.mutable_shared_by()->set_account_id(to_string(row.via_id));
  if (score) item.set_score(score_number(*score));
}

outcome answer(const home_state& s, const context& c, Page page, const page_position& at,
               bool more) {
  page.set_as_of(at.as_of);
  if (more) page.set_next_cursor(c.service<feed_services>().cursors.make(s.account, at, c.now));
  decision d;
  d.reply = share(std::move(page));
  return d;
}

// Reads: the written entries; then the merged ones, when there are any.
outcome chronological(const home_state& s, const page_question& q, const context& c,
                      const reads& r) {
  const auto limit = std::min(q.limit, store::kept_entries - q.from.shown);
  auto view = view_of(s.account, c.shard_of(c.key), s.preferences, q.from.as_of, c.now, limit + 1);
  view.before_at = q.from.at;
  view.before_id = q.from.post_id;
  if (r.size() == 0) return need{{store::page(view)}};
  auto found = read_page(r.rows(0));
  if (found.merges && r.size() == 1) return need{{store::merged_page(view)}};
  if (r.size() > 1) found = read_page(r.rows(1));
  Page page;
  auto at = q.from;
  at.as_of = found.as_of.value_or(q.from.as_of);
  bool more = false;
  for (const auto& row : found.entries) {
    if ((more = page.items_size() == limit)) break;
    add(page, row, std::nullopt);
    ++at.shown;
    at.at = row.at;
    at.post_id = row.post_id;
  }
  return answer(s, c, std::move(page), at, more && at.shown < store::kept_entries);
}

need keep(const ranking_row& order, unix_ms made_at) {
  KeepRankingRequest k;
  k.set_made_at(made_at);
  for (const auto& id : order.post_ids) k.add_post_ids(std::string(id.begin(), id.end()));
  for (const auto score : order.scores) k.add_scores(score);
  return need{{runtime::ask{&feed_interface::keep_ranking::info(), share(std::move(k))}}};
}

// Reads: the candidates; then for the first page that its order is kept, for a later one the order.
outcome ranked(const home_state& s, const page_question& q, const context& c, const reads& r) {
  if (r.size() == 0) {
    need n{{store::candidates(view_of(s.account, c.shard_of(c.key), s.preferences, q.from.as_of,
                                      c.now, ranked_entries))}};
    if (!q.first) n.items.emplace_back(store::ranking(s.account, q.from.as_of));
    return n;
  }
  const auto there = read_candidates(r.rows(0));
  ranking_row order;
  auto at = q.from;
  if (q.first) {
    const bool more = static_cast<std::int64_t>(there.size()) > q.limit;
    if (more && r.size() == 1)
      return keep(rank(there, s.preferences.weights(), q.from.as_of), q.from.as_of);
    if (more && r.answer(1).has_error()) return r.answer(1).error();
    if (more) at.as_of = static_cast<const KeptRanking&>(**r.answer(1)).made_at();
    order = rank(there, s.preferences.weights(), at.as_of);
  } else {
    auto kept = read_ranking(r.rows(1));
    if (!kept)
      return make_error(errc::expired, "This order is not kept any more; begin with a fresh page.");
    order = *std::move(kept);
  }
  const auto found = page_of(order, there, q.from.shown, q.limit);
  Page page;
  for (const auto& item : found.items) add(page, item.row->entry, item.score);
  at.shown += found.scanned;
  return answer(s, c, std::move(page), at,
                at.shown < static_cast<std::int64_t>(order.post_ids.size()));
}

}  // namespace

outcome home_entity::get_page(const state& s, const GetPageRequest& q, const context& c,
                              const reads& r) {
  const auto question = read_question(s, q, c);
  if (question.has_error()) return question.error();
  return question->from.ranked ? ranked(s, *question, c, r) : chronological(s, *question, c, r);
}

outcome home_entity::why(const state& s, const WhyRequest& q, const context& c, const reads& r) {
  const auto post = parse_uuid(q.post_id());
  if (!post) return make_error(errc::not_found);
  if (r.size() == 0)
    return need{{store::candidate(
        view_of(s.account, c.shard_of(c.key), s.preferences, c.now, c.now, 1), *post)}};
  const auto found = read_candidates(r.rows(0));
  if (found.empty()) return make_error(errc::not_found, "This post is not in your feed.");
  WhyReply reply;
  reply.set_reason(std::string(name_of(found.front().entry.reason)));
  *reply.mutable_parts() = parts_of(found.front(), c.now);
  const auto& w = s.preferences.weights();
  auto& weights = *reply.mutable_weights();
  weights.set_recency(w.recency());
  weights.set_affinity(w.affinity());
  weights.set_reactions(w.reactions());
  weights.set_conversation(w.conversation());
  reply.set_score(score_number(score_of(reply.parts(), w)));
  decision d;
  d.reply = share(std::move(reply));
  return d;
}

outcome home_entity::get_preferences(const state& s, const GetPreferencesRequest&, const context&,
                                     const reads&) {
  decision d;
  d.reply = share(Preferences(s.preferences));
  return d;
}

outcome home_entity::set_preferences(const state& s, const SetPreferencesRequest& q,
                                     const context& c, const reads&) {
  const auto checked = checked_preferences(q, c.service<feed_services>().settings);
  if (checked.has_error()) return checked.error();
  decision d;
  d.statements.push_back(store::set_preferences(s.account, checked->SerializeAsString()));
  d.apply = [p = *checked](state& x) { x.preferences = p; };
  d.reply = share(Preferences(*checked));
  return d;
}

outcome home_entity::keep_ranking(const state& s, const KeepRankingRequest& q, const context&,
                                  const reads&) {
  ranking_row order;
  for (const auto& bytes : q.post_ids()) {
    uuid id{};
    if (bytes.size() != id.size()) return make_error(errc::invalid_request, "An id has 16 bytes.");
    std::ranges::copy(bytes, id.begin());
    order.post_ids.push_back(id);
  }
  order.scores.assign(q.scores().begin(), q.scores().end());
  decision d;
  d.statements.push_back(store::keep_ranking(s.account, q.made_at(), std::move(order)));
  d.statements.push_back(store::cut_rankings(s.account));
  KeptRanking kept;
  kept.set_made_at(q.made_at());
  d.reply = share(std::move(kept));
  return d;
}

}  // namespace nova::feed
